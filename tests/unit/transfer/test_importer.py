"""Objects of the hosted API taken in under their own ids."""

import io

import pytest

from localassist.errors import InvalidRequest
from localassist.objects.assistants import Assistant
from localassist.objects.files import File
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import Message, Thread
from localassist.protocols import Page
from localassist.testing import say
from tests.scripted_engine import Bench, bench
from tests.unit.transfer.records import (
    ASSISTANT,
    ASSISTANT_ID,
    FILE,
    FILE_ID,
    THREAD_ID,
    answer,
    code_step,
    message_step,
    record,
    run,
    user,
)

TALK = record(
    [user(1, "6 times 7?"), answer(1, "It is 42."), user(2, "Thanks."), answer(2, "Welcome.")],
    [run(1, [code_step(1, "print(6 * 7)", "42\n"), message_step(1)]), run(2, [message_step(2)])],
)


def reasons(report, outcome):
    return {(entry.kind, entry.object_id): entry.reason for entry in report.entries if entry.outcome == outcome}


def test_objects_keep_their_ids_times_and_settings():
    with bench() as b:
        report = b.engine.imports.take({"objects": [ASSISTANT], "threads": [TALK]})
        assistant = b.engine.assistants.get(ASSISTANT_ID)
        assert (assistant.created_at, assistant.temperature, assistant.top_p) == (1699009709, 0.0, 0.5)
        assert assistant.tools[2].function.parameters == {"type": "object", "default": None}
        assert assistant.tool_resources.code_interpreter.file_ids == [FILE_ID]
        messages = b.engine.messages.page(THREAD_ID, Page(order="asc")).items
        assert [message.id for message in messages] == ["msg_user1", "msg_answer1", "msg_user2", "msg_answer2"]
        assert all(message.status == "completed" for message in messages)
        (first, _) = b.engine.runs.page(THREAD_ID, Page(order="asc")).items
        assert (first.status, first.usage.prompt_token_details.cached_tokens) == ("completed", 1)
        steps = b.engine.runs.steps(THREAD_ID, "run_1", Page(order="asc")).items
        assert [step.id for step in steps] == ["step_c1", "step_m1"]
        assert report.counts["thread.message"]["imported"] == 4


def test_a_second_import_changes_nothing():
    with bench() as b:
        body = {"objects": [ASSISTANT], "threads": [TALK]}
        b.engine.imports.take(body)
        stored = [b.store.all(kind) for kind in (Assistant, Thread, Message, Run, RunStep, File)]
        report = b.engine.imports.take(body)
        assert [b.store.all(kind) for kind in (Assistant, Thread, Message, Run, RunStep, File)] == stored
        assert all({k for k, n in counts.items() if n} == {"present"} for counts in report.counts.values())


def test_a_dry_run_stores_nothing_and_reports_the_same():
    with bench() as b:
        body = {"objects": [ASSISTANT], "threads": [TALK]}
        planned = b.engine.imports.take(body, dry_run=True)
        assert b.store.all(Thread) == []
        assert b.engine.imports.take(body).counts == planned.counts


def test_what_cannot_be_here_is_named():
    with bench() as b:
        report = b.engine.imports.take({"objects": [ASSISTANT], "threads": [TALK]})
        missing = reasons(report, "missing")
        assert "vector store" in missing["vector_store", "vs_gone"]
        assert "매출.csv" in missing["file_content", FILE_ID]
        assert "'gpt-4o' is not here" in reasons(report, "mapped")["assistant", ASSISTANT_ID]
        assert b.engine.assistants.get(ASSISTANT_ID).tool_resources.file_search.vector_store_ids == []


def test_what_was_active_is_over():
    with bench() as b:
        active = run(3, [], status="requires_action", required_action={"type": "submit_tool_outputs"})
        cut = answer(3, "Half an", status="in_progress")
        report = b.engine.imports.take({"threads": [record([user(3, "?"), cut], [active])]})
        assert b.engine.runs.get(THREAD_ID, "run_3").status == "expired"
        assert b.engine.messages.get(THREAD_ID, "msg_answer3").status == "incomplete"
        assert "requires_action" in reasons(report, "mapped")["thread.run", "run_3"]


def test_the_first_version_s_shapes_are_read():
    old = {**ASSISTANT, "id": "asst_old", "tools": [{"type": "retrieval"}, {"type": "browser"}], "file_ids": [FILE_ID]}
    del old["tool_resources"]
    message = user(1, "see file", file_ids=[FILE_ID])
    del message["attachments"]
    with bench() as b:
        report = b.engine.imports.take({"objects": [old], "threads": [record([message], [])]})
        assistant = b.engine.assistants.get("asst_old")
        assert [tool.type for tool in assistant.tools] == ["file_search"]
        assert assistant.tool_resources.code_interpreter.file_ids == [FILE_ID]
        assert b.engine.messages.get(THREAD_ID, "msg_user1").attachments[0].file_id == FILE_ID
        mapped = reasons(report, "mapped")["assistant", "asst_old"]
        assert "'retrieval'" in mapped
        assert "'browser'" in mapped


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"object": "assistant", "id": "asst_1"}, "created_at"),
        ({**ASSISTANT, "id": "thread_1"}, "thread_1"),
        ({"object": "vector_store", "id": "vs_1"}, "created_at"),
        ({"object": "vector_store.file", "id": "file-1"}, "vector_store_id"),
        ({"object": "fine_tuning.job", "id": "ftjob-1"}, "not imported"),
        ({**ASSISTANT, "id": "asst_../../x"}, "asst_../../x"),
        ({**ASSISTANT, "tools": "all"}, "tools: expected an array"),
        ({**ASSISTANT, "tool_resources": ["x"]}, "tool_resources: expected an object"),
        (user(1, "", content=["text"]), "content: expected an array of objects"),
        ("text", "not imported"),
    ],
)
def test_what_is_not_readable_is_skipped_with_a_reason(raw, reason):
    with bench() as b:
        (entry,) = b.engine.imports.take({"objects": [raw]}).entries
        assert entry.outcome == "skipped"
        assert reason in entry.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"messages": "none"}, "messages: expected an array"),
        ({"runs": [None]}, "runs: expected an array of objects"),
        ({"runs": [{"steps": {}}]}, "steps: expected an array"),
        ({"files": ["x"]}, "files: expected an object"),
        ({"errors": ["x"]}, "errors: expected an array of objects"),
        ({"thread": {"id": "thread_../x", "object": "thread", "created_at": 1}}, "thread_../x"),
    ],
)
def test_a_broken_record_is_skipped_whole_and_the_others_come_in(changes, reason):
    with bench() as b:
        broken = {**TALK, "thread_id": "thread_broken", **changes}
        whole = record([], [], thread={"id": "thread_whole", "object": "thread", "created_at": 1})
        report = b.engine.imports.take({"threads": [broken, whole]})
        assert [thread.id for thread in b.store.all(Thread)] == ["thread_whole"]
        assert b.store.all(Message) == []
        (skipped,) = reasons(report, "skipped").values()
        assert reason in skipped


def test_a_vector_store_keeps_its_id_and_its_days_begin_again():
    store = {
        "object": "vector_store",
        "id": "vs_gone",
        "created_at": 1699009700,
        "last_active_at": 1699009700,
        "expires_after": {"anchor": "last_active_at", "days": 7},
        "expires_at": 1699009800,
        "file_counts": {"in_progress": 0, "completed": 3, "failed": 0, "cancelled": 0, "total": 3},
        "status": "in_progress",
        "usage_bytes": 12,
    }
    with bench() as b:
        report = b.engine.imports.take({"objects": [ASSISTANT, store]})
        assert "begin today" in reasons(report, "mapped")["vector_store", "vs_gone"]
        taken = b.engine.vector_stores.get("vs_gone")
        assert (taken.status, taken.file_counts.total, taken.usage_bytes) == ("completed", 0, 0)
        assert b.engine.assistants.get(ASSISTANT_ID).tool_resources.vector_store_ids == ["vs_gone"]


def test_a_file_of_a_vector_store_waits_for_its_bytes():
    with bench() as b:
        inside = {"object": "vector_store.file", "id": FILE_ID, "vector_store_id": "vs_gone", "created_at": 1}
        report = b.engine.imports.take({"objects": [FILE, inside]})
        assert "bytes" in reasons(report, "missing")["vector_store.file", FILE_ID]


def test_a_body_of_another_shape_is_refused():
    with bench() as b, pytest.raises(InvalidRequest, match="'threads'"):
        b.engine.imports.take({"threads": {}})


def test_errors_of_the_export_are_passed_on():
    lost = record([], [], thread=None, errors=[{"object": "thread", "id": THREAD_ID, "error": "not_found_or_deleted"}])
    with bench() as b:
        report = b.engine.imports.take({"threads": [lost]})
        assert reasons(report, "missing") == {("thread", THREAD_ID): "not_found_or_deleted"}
        assert b.store.all(Thread) == []


def talked(b: Bench) -> list[tuple[str, str]]:
    b.say(THREAD_ID, "And 7 times 8?")
    b.finish(b.run(THREAD_ID, b.assistant()))
    return [(message.role, message.content) for message in max(b.model.transcripts, key=len)]


def test_a_conversation_goes_on_where_it_was_with_its_code_and_results():
    with bench(say("56.")) as b:
        b.engine.imports.take({"threads": [TALK]})
        assert talked(b) == [
            ("user", "6 times 7?"),
            ("assistant", ""),
            ("tool", "42"),
            ("assistant", "It is 42."),
            ("user", "Thanks."),
            ("assistant", "Welcome."),
            ("user", "And 7 times 8?"),
        ]


def test_bytes_complete_a_file_once():
    with bench() as b:
        b.engine.imports.take({"objects": [FILE]})
        b.engine.imports.take_bytes(FILE_ID, filename="ignored.csv", source=io.BytesIO(b"a,b\n1,2\n"))
        b.engine.imports.take_bytes(FILE_ID, filename="x", source=io.BytesIO(b"other"))
        file, source = b.engine.imports.open_bytes(FILE_ID)
        assert (file.filename, file.bytes, source.read()) == ("매출.csv", 8, b"a,b\n1,2\n")


def test_bytes_of_an_unknown_file_make_one():
    with bench() as b:
        made = b.engine.imports.take_bytes("file-new1", filename="new.txt", source=io.BytesIO(b"hi"))
        assert b.engine.files.get("file-new1") == made
