"""Contract §11, the behaviours most often got wrong: one test each, in its order, for the parts that exist."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import openai
import pytest

from localassist.engine import Engine
from localassist.http.server import serve_in_thread
from tests.conformance import lab
from tests.conformance.driver import KEY, OPTIONS, Place
from tests.conformance.world import (
    TOOL,
    events_of,
    new_assistant,
    new_file,
    new_run,
    new_thread,
    outputs_for,
    post,
    rested,
    run_path,
    submitted,
)

BETA = {"OpenAI-Beta": "assistants=v2"}
HI = {"messages": [{"role": "user", "content": "hi"}]}
Events = list[tuple[str, Any]]


def streamed(http: httpx.Client, model: str = lab.PLAIN, **settings: Any) -> Events:
    """The events of a run on a new thread, the last frame left out."""
    tools = {lab.WEATHER: [TOOL], lab.TWO_CALLS: [lab.TOOL, lab.TIME_TOOL]}.get(model, [])
    body = {"assistant_id": new_assistant(http, model, tools=tools), "thread": HI, **settings}
    return loaded(events_of(http, "/threads/runs", body))


def loaded(frames: list[tuple[str, str]]) -> Events:
    assert frames[-1] == ("done", "[DONE]")
    return [(name, json.loads(data)) for name, data in frames[:-1]]


def submit_stream(http: httpx.Client, run: Any) -> Events:
    return loaded(events_of(http, f"{run_path(run)}/submit_tool_outputs", {"tool_outputs": outputs_for(run)}))


def names(events: Events) -> list[str]:
    return [name for name, _ in events]


def the(events: Events, name: str) -> Any:
    (found,) = (data for event, data in events if event == name)
    return found


def test_01_02_07_locks_are_400_name_their_ids_and_hold_while_outputs_are_awaited(http: httpx.Client) -> None:
    run = new_run(http, lab.WEATHER)
    answer = http.post(f"/threads/{run['thread_id']}/messages", json={"role": "user", "content": "x"})
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert re.findall(r"(thread|run)_([a-zA-Z0-9]+)", message) == [
        ("thread", run["thread_id"].removeprefix("thread_")),
        ("run", run["id"].removeprefix("run_")),
    ]
    answer = http.post(f"/threads/{run['thread_id']}/runs", json={"assistant_id": run["assistant_id"]})
    assert answer.status_code == 400
    assert run["expires_at"] == run["created_at"] + 600


def test_04_a_wrong_prefix_is_400_and_an_unknown_id_404(http: httpx.Client) -> None:
    assert http.get("/threads/asst_abc").status_code == 400
    assert http.get("/threads/thread_abc").status_code == 404


def test_06_files_uploads_and_models_need_no_beta_header(server: Place) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as bare:
        assert bare.get("/files").status_code == 200
        assert bare.get("/models").status_code == 200
        assert bare.post("/uploads", json={}).json()["error"]["code"] == "missing_required_parameter"
        assert bare.get("/assistants").json()["error"]["code"] == "invalid_beta"


def test_06_the_beta_header_may_hold_several_tokens(server: Place) -> None:
    headers = {"OpenAI-Beta": "realtime=v1, Assistants=V2"}
    assert httpx.get(f"{server.url}/assistants", headers=headers, trust_env=False).status_code == 200


def test_08_09_11_submitting_requeues_without_more_time_and_restarts_the_clock_of_work(http: httpx.Client) -> None:
    run = new_run(http, lab.WEATHER)
    again = post(http, f"{run_path(run)}/submit_tool_outputs", {"tool_outputs": outputs_for(run)})
    assert (again["status"], again["required_action"]) == ("queued", None)
    assert (again["expires_at"], again["started_at"]) == (run["expires_at"], run["started_at"])
    done = rested(http, again)
    assert done["expires_at"] is None
    assert done["started_at"] >= run["started_at"]


def test_10_usage_is_null_while_waiting_and_the_sum_of_the_steps_at_the_end(http: httpx.Client) -> None:
    run = new_run(http, lab.WEATHER)
    assert run["usage"] is None
    run = submitted(http, run)
    steps = http.get(f"{run_path(run)}/steps").json()["data"]
    for counter in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert run["usage"][counter] == sum(step["usage"][counter] for step in steps)
    assert "prompt_token_details" in run["usage"]


def test_12_13_16_the_waiting_step_completes_at_submit_and_first_of_all(http: httpx.Client) -> None:
    events = streamed(http, lab.WEATHER)
    assert names(events)[0] == "thread.created"
    assert names(events)[-1] == "thread.run.requires_action"
    assert "thread.run.step.completed" not in names(events)
    submit = submit_stream(http, events[-1][1])
    assert names(submit)[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert not {"thread.run.created", "thread.created"} & set(names(submit))
    assert submit[0][1]["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"


def test_14_every_stream_ends_with_done(http: httpx.Client) -> None:
    assistant = new_assistant(http, lab.ENDLESS)
    body = {"assistant_id": assistant, "thread": HI, "max_completion_tokens": 256}
    frames = events_of(http, "/threads/runs", body)
    assert [name for name, _ in frames[-2:]] == ["thread.run.incomplete", "done"]
    failing = {"assistant_id": new_assistant(http, tools=[{"type": "code_interpreter"}]), "thread": HI}
    frames = events_of(http, "/threads/runs", failing)
    assert frames[-1] == ("done", "[DONE]")


def test_14_frames_are_an_event_line_a_data_line_and_a_blank_one(http: httpx.Client) -> None:
    body = {"assistant_id": new_assistant(http), "thread": HI, "stream": True}
    response = http.post("/threads/runs", json=body)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    frame = r'event: [a-z_.]+\ndata: (\{"id":.*\}|\[DONE\])\n\n'
    assert re.fullmatch(f"({frame})+", response.text)


def test_15_created_and_queued_are_two_events_with_one_object(http: httpx.Client) -> None:
    events = streamed(http)
    assert names(events)[1:3] == ["thread.run.created", "thread.run.queued"]
    assert events[1][1] == events[2][1]


def test_17_a_message_is_announced_before_its_deltas_and_completed_before_its_step(http: httpx.Client) -> None:
    order = names(streamed(http))
    marks = ["thread.run.step.created", "thread.message.created", "thread.message.in_progress", "thread.message.delta"]
    marks += ["thread.message.completed", "thread.run.step.completed", "thread.run.completed"]
    places = [order.index(mark) for mark in marks]
    assert places == sorted(places)


def test_18_only_the_first_text_delta_has_annotations(http: httpx.Client) -> None:
    deltas = [data["delta"]["content"][0] for name, data in streamed(http) if name == "thread.message.delta"]
    assert deltas[0]["text"]["annotations"] == []
    assert all(set(delta) == {"index", "type", "text"} for delta in deltas)
    assert all(set(delta["text"]) == {"value"} for delta in deltas[1:])


def test_18_only_the_first_delta_of_a_call_names_it(http: httpx.Client) -> None:
    events = streamed(http, lab.TWO_CALLS)
    deltas = [data for name, data in events if name == "thread.run.step.delta"]
    by_index: dict[int, list[Any]] = {}
    for delta in deltas:
        for call in delta["delta"]["step_details"]["tool_calls"]:
            by_index.setdefault(call["index"], []).append(call)
    asked = events[-1][1]["required_action"]["submit_tool_outputs"]["tool_calls"]
    for index, (first, *rest) in by_index.items():
        assert (first["id"], first["function"]["name"]) == (asked[index]["id"], asked[index]["function"]["name"])
        assert first["function"]["output"] is None
        assert all(set(call) == {"index", "type", "function"} for call in rest)
        assert all(set(call["function"]) == {"arguments"} for call in rest)
        pieces = [call["function"]["arguments"] for call in (first, *rest)]
        assert "".join(pieces) == asked[index]["function"]["arguments"]


def test_22_an_error_event_is_raised_by_the_sdk(scripted_engine: Engine) -> None:
    """The one error that a stream itself can meet: its server is told to stop."""
    with serve_in_thread(scripted_engine) as lasting, httpx.Client(base_url=lasting, headers=BETA) as http:
        body = {"assistant_id": new_assistant(http, lab.ENDLESS), "thread": HI}
        with ExitStack() as serving, ThreadPoolExecutor(1) as pool:
            client = openai.OpenAI(base_url=serving.enter_context(serve_in_thread(scripted_engine)), api_key=KEY)
            stream = client.beta.threads.create_and_run(**body, stream=True)
            run = next(event.data for event in stream if event.event == "thread.run.in_progress")
            pool.submit(serving.close)
            with pytest.raises(openai.APIError, match=r"The server is stopping; the run goes on\."):
                list(stream)
        client.close()
        cancelled = post(http, f"/threads/{run.thread_id}/runs/{run.id}/cancel")
        assert rested(http, cancelled)["status"] == "cancelled"


def test_24_text_before_a_call_is_a_message_and_a_step_of_its_own(http: httpx.Client) -> None:
    done = submitted(http, new_run(http, lab.WEATHER))
    steps = http.get(f"{run_path(done)}/steps?order=asc").json()["data"]
    messages = [step for step in steps if step["type"] == "message_creation"]
    assert [step["status"] for step in steps] == ["completed"] * len(steps)
    assert len({step["step_details"]["message_creation"]["message_id"] for step in messages}) == len(messages)


def test_25_text_goes_in_as_a_string_and_comes_out_as_an_object(http: httpx.Client) -> None:
    parts = [{"type": "text", "text": "hi"}]
    made = post(http, f"/threads/{new_thread(http)}/messages", {"role": "user", "content": parts})
    assert made["content"] == [{"type": "text", "text": {"value": "hi", "annotations": []}}]


def test_26_a_message_has_a_status_everywhere(http: httpx.Client) -> None:
    run = new_run(http)
    listed = http.get(f"/threads/{run['thread_id']}/messages").json()["data"]
    assert [message["status"] for message in listed] == ["completed", "completed"]


def test_27_a_step_has_expires_at(http: httpx.Client) -> None:
    run = new_run(http, lab.WEATHER)
    (step,) = http.get(f"{run_path(run)}/steps").json()["data"]
    assert step["expires_at"] == run["expires_at"]


def test_32_messages_of_one_second_keep_their_order(http: httpx.Client) -> None:
    texts = [f"m{i}" for i in range(20)]
    page = http.get(f"/threads/{new_thread(http, *texts)}/messages?order=asc").json()["data"]
    assert len({message["created_at"] for message in page}) <= 2
    assert [message["content"][0]["text"]["value"] for message in page] == texts


@pytest.mark.parametrize("key", ["include[]", "include%5B%5D", "include"])
def test_33_include_is_read_in_every_spelling(key: str, http: httpx.Client) -> None:
    run = new_run(http)
    content = "step_details.tool_calls%5B%2A%5D.file_search.results%5B%2A%5D.content"
    assert http.get(f"{run_path(run)}/steps?{key}={content}").status_code == 200
    assert http.get(f"{run_path(run)}/steps?{key}=nothing").status_code == 400


def test_35_token_budgets_end_incomplete_and_start_at_256(http: httpx.Client) -> None:
    run = new_run(http, lab.ENDLESS, max_completion_tokens=256)
    assert (run["status"], run["incomplete_details"]) == ("incomplete", {"reason": "max_completion_tokens"})
    assert (run["completed_at"], run["expires_at"], run["last_error"]) == (None, None, None)
    (message,) = http.get(f"/threads/{run['thread_id']}/messages?limit=1").json()["data"]
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})
    body = {"assistant_id": run["assistant_id"], "max_completion_tokens": 255}
    assert http.post("/threads/runs", json=body).json()["error"]["code"] == "integer_below_min_value"


def test_39_uploaded_files_of_assistants_are_not_downloadable(http: httpx.Client) -> None:
    assert http.get(f"/files/{new_file(http)['id']}/content").status_code == 400
    assert http.get(f"/files/{new_file(http, purpose='vision')['id']}/content").content == b"hello"


def test_40_a_force_holds_until_it_is_satisfied(http: httpx.Client) -> None:
    for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        waiting = new_run(http, lab.WEATHER, tool_choice=choice)
        assert waiting["status"] == "requires_action"
        assert waiting["tool_choice"] == choice
        assert submitted(http, waiting)["status"] == "completed"


def test_40_without_parallel_calls_a_turn_makes_one(http: httpx.Client) -> None:
    waiting = new_run(http, lab.TWO_CALLS, parallel_tool_calls=False)
    assert len(waiting["required_action"]["submit_tool_outputs"]["tool_calls"]) == 1
    rested(http, post(http, f"{run_path(waiting)}/cancel"))


def test_a_refused_request_is_sent_once(server: Place) -> None:
    """Statuses that SDKs retry would be sent three times; ours say that once is enough."""
    sent: list[Any] = []
    options = {**OPTIONS, "max_retries": 2}
    transport = type(openai.OpenAI(api_key="x")._client)(event_hooks={"request": [sent.append]}, trust_env=False)
    with openai.OpenAI(base_url=server.url, api_key="x", http_client=transport, **options) as client:
        with pytest.raises(openai.NotFoundError):
            client.beta.assistants.retrieve("asst_x")
        with pytest.raises(openai.BadRequestError):
            client.beta.threads.retrieve("x")
    assert len(sent) == 2
