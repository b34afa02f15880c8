"""Runs whose model calls the code interpreter, on a scripted model and scripted cells."""

import io

from localassist.objects.faults import validate
from localassist.objects.runs import RunStep
from localassist.objects.threads import CreateMessage
from localassist.protocols import Page
from localassist.runs.code_interpreter import MAX_SAME_FAILURES
from localassist.testing import Hold, Turn, call, call_all, say
from tests.scripted_engine import FUNCTION, bench
from tests.unit.runs.hosted_doubles import ScriptedCells, made, printed

CODE_TOOL = [{"type": "code_interpreter"}]


def names(events):
    return [event.name for event in events]


def read_last(b):
    """The conversation of the last turn; shorter ones only measure what stands around it."""
    return max(b.model.transcripts, key=len)


def steps_of(b, run):
    return b.engine.runs.steps(run.thread_id, run.id, Page(order="asc")).items


def step_deltas(events):
    found = [event.data["delta"]["step_details"]["tool_calls"] for event in events if event.name.endswith("step.delta")]
    return [call for calls in found for call in calls]


def test_code_streams_as_it_is_written_runs_and_its_output_reaches_the_model():
    cells = ScriptedCells(printed("42\n"))
    with bench(call("python", code="print(6 * 7)"), say("It is 42."), interpreter=cells) as b:
        thread = b.thread("6 times 7?")
        started = b.run(thread, b.assistant(tools=CODE_TOOL))
        events = b.events(started)
        assert cells.cells == [(thread, "print(6 * 7)")]
        first, *rest = step_deltas(events)
        assert {**first, "id": "call_"} == {
            "index": 0,
            "id": "call_",
            "type": "code_interpreter",
            "code_interpreter": {"input": "", "outputs": []},
        }
        assert all("id" not in delta for delta in rest)
        assert "".join(delta["code_interpreter"].get("input", "") for delta in rest) == "print(6 * 7)"
        assert rest[-1]["code_interpreter"] == {"outputs": [{"index": 0, "type": "logs", "logs": "42\n"}]}
        tool_step, message_step = steps_of(b, started.run)
        details = tool_step.wire()["step_details"]["tool_calls"][0]["code_interpreter"]
        assert details == {"input": "print(6 * 7)", "outputs": [{"type": "logs", "logs": "42\n"}]}
        assert "internal" not in tool_step.wire()
        assert message_step.usage.completion_tokens == 3
        run = b.engine.runs.get(thread, started.run.id)
        assert run.usage == tool_step.usage + message_step.usage
        assert [(m.role, m.content) for m in read_last(b)][1:] == [("assistant", ""), ("tool", "42")]
        assert read_last(b)[1].tool_calls[0].arguments == '{"code": "print(6 * 7)"}'


def test_the_events_of_a_code_run_come_in_the_contract_s_order():
    with bench(call("python", code="1"), say("Done."), interpreter=ScriptedCells(printed("1"))) as b:
        events = names(b.events(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL))))
        assert [name.removeprefix("thread.") for name in events if not name.endswith("delta")] == [
            "run.created",
            "run.queued",
            "run.in_progress",
            "run.step.created",
            "run.step.in_progress",
            "run.step.completed",
            "run.step.created",
            "run.step.in_progress",
            "message.created",
            "message.in_progress",
            "message.completed",
            "run.step.completed",
            "run.completed",
        ]


def test_pictures_come_first_in_the_message_and_links_to_files_are_annotated():
    text = "Here: [table](sandbox:/mnt/data/out/table.csv)"
    cells = ScriptedCells(printed("", images=[b"png bytes"], files=[made("out/table.csv", b"a,b\n")]))
    with bench(call("python", code="plot()"), say(text), interpreter=cells) as b:
        thread = b.thread("plot it")
        run = b.finish(b.run(thread, b.assistant(tools=CODE_TOOL)))
        picture, answer = b.engine.messages.page(thread, Page(limit=1)).items[0].content
        (step, _) = steps_of(b, run)
        outputs = step.step_details.tool_calls[0].code_interpreter.outputs
        assert outputs == [{"type": "image", "image": {"file_id": picture.image_file.file_id}}]
        assert b.engine.files.open_content(picture.image_file.file_id)[1].read() == b"png bytes"
        (link,) = answer.text.annotations
        assert answer.text.value[link["start_index"] : link["end_index"]] == "sandbox:/mnt/data/out/table.csv"
        file = b.engine.files.get(link["file_path"]["file_id"])
        assert (file.filename, file.purpose, file.bytes) == ("table.csv", "assistants_output", 4)
        assert read_last(b)[-1].content == "[file] out/table.csv"


def test_a_picture_that_was_also_saved_is_one_file():
    cells = ScriptedCells(printed("", images=[b"same"], files=[made("chart.png", b"same")]))
    with bench(call("python", code="plot()"), say("sandbox:/mnt/data/chart.png"), interpreter=cells) as b:
        thread = b.thread("plot it")
        b.finish(b.run(thread, b.assistant(tools=CODE_TOOL)))
        picture, answer = b.engine.messages.page(thread, Page(limit=1)).items[0].content
        assert answer.text.annotations[0]["file_path"]["file_id"] == picture.image_file.file_id


def test_links_of_a_later_run_name_the_newest_file_of_that_path():
    cells = ScriptedCells(printed("", files=[made("a.txt", b"1")]), printed("", files=[made("a.txt", b"2")]))
    turns = [call("python", code="1"), say("ok"), call("python", code="2"), say("ok"), say("sandbox:/mnt/data/a.txt")]
    with bench(*turns, interpreter=cells) as b:
        thread, assistant = b.thread("one"), b.assistant(tools=CODE_TOOL)
        for _ in range(3):
            b.finish(b.run(thread, assistant))
            b.say(thread, "and again")
        newest = b.engine.messages.page(thread, Page(limit=2)).items[1]
        file_id = newest.content[0].text.annotations[0]["file_path"]["file_id"]
        assert b.engine.files.open_content(file_id)[1].read() == b"2"


def test_files_of_the_assistant_and_the_thread_are_laid_into_the_session():
    cells = ScriptedCells(printed("1"))
    with bench(call("python", code="1"), say("ok"), interpreter=cells) as b:
        own = b.engine.files.create(filename="own.csv", purpose="assistants", source=io.BytesIO(b"own"))
        sent = b.engine.files.create(filename="sent.csv", purpose="assistants", source=io.BytesIO(b"sent"))
        assistant = b.assistant(tools=CODE_TOOL, tool_resources={"code_interpreter": {"file_ids": [own.id]}})
        thread = b.thread()
        attachment = {"file_id": sent.id, "tools": CODE_TOOL}
        body = validate(CreateMessage, {"role": "user", "content": "sum it", "attachments": [attachment]})
        b.engine.messages.create(thread, body)
        b.finish(b.run(thread, assistant))
        assert cells.files == [[("own.csv", own.id, b"own"), ("sent.csv", sent.id, b"sent")]]


def test_failing_code_is_data_for_the_model():
    cells = ScriptedCells(printed("ZeroDivisionError: division by zero", failed=True), printed("0"))
    with bench(call("python", code="1/0"), call("python", code="0"), say("Zero."), interpreter=cells) as b:
        thread = b.thread("divide")
        run = b.finish(b.run(thread, b.assistant(tools=CODE_TOOL)))
        assert run.status == "completed"
        assert [step.type for step in steps_of(b, run)] == ["tool_calls", "tool_calls", "message_creation"]


def test_the_same_failure_again_and_again_stops_the_run_and_keeps_the_steps():
    turns = [call("python", code="x")] * (MAX_SAME_FAILURES + 1)
    failures = [
        printed(f"Cell In[{number}], line 1\nNameError: name 'x' is not defined", failed=True)
        for number in range(len(turns))
    ]
    with bench(*turns, interpreter=ScriptedCells(*failures)) as b:
        run = b.finish(b.run(b.thread("x?"), b.assistant(tools=CODE_TOOL)))
        assert run.status == "failed"
        assert "NameError: name 'x' is not defined" in run.last_error.message
        steps = steps_of(b, run)
        assert [step.status for step in steps] == ["completed"] * (MAX_SAME_FAILURES - 1) + ["failed"]
        assert steps[-1].step_details.tool_calls[0].code_interpreter.outputs[0]["logs"].startswith("Cell In[2]")


def test_a_function_called_beside_code_waits_and_both_results_reach_the_model():
    cells = ScriptedCells(printed("5"))
    both = call_all(("python", {"code": "5"}), ("get_weather", {}))
    with bench(both, say("Five and sunny."), interpreter=cells) as b:
        thread = b.thread("both")
        waiting = b.finish(b.run(thread, b.assistant(tools=[*CODE_TOOL, FUNCTION])))
        (asked,) = waiting.required_action.submit_tool_outputs.tool_calls
        assert asked.function.name == "get_weather"
        run = b.finish(b.submit(waiting, "sunny"))
        assert run.status == "completed"
        outputs = [(m.name, m.content) for m in read_last(b) if m.role == "tool"]
        assert outputs == [("python", "5"), ("get_weather", "sunny")]


def test_a_cancelled_run_stops_its_cell_and_keeps_what_it_printed():
    hold = Hold()

    def until_cancelled(cancellation):
        hold.reached.set()
        cancellation.subscribe(hold.released.set)
        assert hold.released.wait(5)
        return printed("partial", failed=True, note="The cell was stopped.")

    with bench(call("python", code="loop()"), interpreter=ScriptedCells(until_cancelled)) as b:
        thread = b.thread("go")
        started = b.run(thread, b.assistant(tools=CODE_TOOL))
        assert hold.reached.wait(5)
        b.engine.runs.cancel(thread, started.run.id)
        run = b.finish(started)
        assert run.status == "cancelled"
        assert run.usage.completion_tokens > 0
        (step,) = steps_of(b, run)
        assert step.status == "cancelled"
        assert "partial" in step.step_details.tool_calls[0].code_interpreter.outputs[0]["logs"]


def test_a_forced_code_interpreter_is_forced_by_the_model_s_name_for_it_once():
    with bench(call("python", code="1"), say("ok"), interpreter=ScriptedCells(printed("1"))) as b:
        b.finish(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL), tool_choice={"type": "code_interpreter"}))
        assert [request.constraint.grammar for request in b.model.requests] == ["required python", "auto"]


def test_a_function_named_python_keeps_its_name():
    function = {"type": "function", "function": {"name": "python", "parameters": {"type": "object", "properties": {}}}}
    turns = [call("code_interpreter", code="1"), call("python")]
    with bench(*turns, interpreter=ScriptedCells(printed("1"))) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[*CODE_TOOL, function])))
        assert run.status == "requires_action"


def test_a_call_that_is_not_read_is_told_to_the_model():
    cells = ScriptedCells()
    with bench(call("python", nothing=1), say("Sorry."), interpreter=cells) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL)))
        assert (run.status, cells.cells) == ("completed", [])
        assert "arguments" in read_last(b)[-1].content


def test_hosted_calls_that_were_not_finished_stay_out_of_later_prompts():
    def stop(cancellation):
        cancellation.set("expired")
        return printed("late", failed=True)

    with bench(call("python", code="1"), say("fine"), interpreter=ScriptedCells(stop)) as b:
        thread, assistant = b.thread("hi"), b.assistant(tools=CODE_TOOL)
        assert b.finish(b.run(thread, assistant)).status == "expired"
        b.say(thread, "again")
        b.finish(b.run(thread, assistant))
        assert [m.role for m in read_last(b)] == ["user", "user"]


def test_text_before_code_is_a_message_of_its_own():
    with bench(
        call("python", before="Let me compute.", code="1"), say("One."), interpreter=ScriptedCells(printed("1"))
    ) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL)))
        assert [step.type for step in steps_of(b, run)] == ["message_creation", "tool_calls", "message_creation"]
        assert len(b.store.all(RunStep, run_id=run.id)) == 3


def test_a_model_that_only_calls_tools_is_stopped():
    turns = [Turn(*call("python", code=str(number)).pieces) for number in range(70)]
    with bench(*turns, interpreter=ScriptedCells(*[printed("ok")] * 70)) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL)))
        assert run.status == "failed"
        assert "64 times" in run.last_error.message


def test_deleting_a_thread_ends_its_session():
    cells = ScriptedCells(printed("1"))
    with bench(call("python", code="1"), say("ok"), interpreter=cells) as b:
        thread = b.thread("hi")
        b.finish(b.run(thread, b.assistant(tools=CODE_TOOL)))
        b.engine.threads.delete(thread)
        assert cells.forgotten == [thread]


def test_every_step_of_an_interpreter_without_a_sandbox_says_so_to_people_alone():
    class Unconfined(ScriptedCells):
        def sandbox(self):
            return {"name": "none"}

    with bench(call("python", code="1"), say("One."), interpreter=Unconfined(printed("1"))) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=CODE_TOOL)))
        (logs,) = steps_of(b, run)[0].step_details.tool_calls[0].code_interpreter.outputs
        assert "without a sandbox" in logs["logs"]
        assert all("sandbox" not in message.content for message in read_last(b))
