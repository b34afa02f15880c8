"""Every route of the contract reaches its service and answers with its object."""

from collections.abc import Callable

import pytest

from localassist.errors import GenerationFailed
from localassist.http.responses import poll_after_ms
from localassist.objects.base import now
from localassist.objects.runs import Run
from localassist.protocols import TextPiece
from localassist.testing import Hold, Turn, call, say
from tests.unit.http.calling import TIMEOUT_S, Api


def test_assistants(api: Api) -> None:
    made = api.call("POST", "/v1/assistants", {"model": "scripted", "name": "a"}).json
    path = f"/v1/assistants/{made['id']}"
    assert api.call("GET", path).json == made
    assert api.call("POST", path, {"name": "b"}).json["name"] == "b"
    listed = api.call("GET", "/v1/assistants").json
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == (made["id"], made["id"], False)
    assert api.call("DELETE", path).json == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    assert api.call("GET", path).status == 404


def test_an_empty_list_has_null_ids(api: Api) -> None:
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert api.call("GET", "/v1/assistants").json == empty


def test_pages_follow_their_cursor(api: Api) -> None:
    ids = [api.call("POST", "/v1/assistants", {"model": "scripted"}).json["id"] for _ in range(5)]
    first = api.call("GET", "/v1/assistants?limit=2&order=asc").json
    second = api.call("GET", f"/v1/assistants?limit=2&order=asc&after={first['last_id']}").json
    last = api.call("GET", f"/v1/assistants?limit=2&order=asc&after={second['last_id']}").json
    assert [item["id"] for page in (first, second, last) for item in page["data"]] == ids
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]


@pytest.mark.parametrize("content", [b"", b"  ", b"{}"])
def test_a_thread_needs_no_body(api: Api, content: bytes) -> None:
    made = api.call("POST", "/v1/threads", content=content)
    assert (made.status, made.json["object"]) == (200, "thread")


def test_threads_and_messages(api: Api) -> None:
    thread = api.call("POST", "/v1/threads", {"messages": [{"role": "user", "content": "one"}]}).json
    path = f"/v1/threads/{thread['id']}"
    assert api.call("POST", path, {"metadata": {"k": "v"}}).json["metadata"] == {"k": "v"}
    assert api.call("GET", path).json["metadata"] == {"k": "v"}
    message = api.call("POST", f"{path}/messages", {"role": "user", "content": "two"}).json
    one = f"{path}/messages/{message['id']}"
    assert api.call("GET", one).json == message
    assert api.call("POST", one, {"metadata": {"a": "b"}}).json["metadata"] == {"a": "b"}
    texts = [m["content"][0]["text"]["value"] for m in api.call("GET", f"{path}/messages").json["data"]]
    assert texts == ["two", "one"]
    assert api.call("GET", f"{path}/messages?run_id=run_other").json["data"] == []
    assert api.call("DELETE", one).json["object"] == "thread.message.deleted"
    assert api.call("DELETE", path).json["object"] == "thread.deleted"


def test_runs_and_steps(api_of: Callable[..., Api]) -> None:
    api = api_of(say("hello"))
    run = api.new_run()
    events = list(api.engine.bus.follow(run["id"]))
    assert events[-1].name == "thread.run.completed"
    path = f"/v1/threads/{run['thread_id']}/runs"
    done = api.call("GET", f"{path}/{run['id']}")
    assert done.json["status"] == "completed"
    assert "openai-poll-after-ms" not in done.headers
    assert api.call("POST", f"{path}/{run['id']}", {"metadata": {"a": "b"}}).json["metadata"] == {"a": "b"}
    assert [item["id"] for item in api.call("GET", path).json["data"]] == [run["id"]]
    steps = api.call("GET", f"{path}/{run['id']}/steps").json["data"]
    assert [step["type"] for step in steps] == ["message_creation"]
    assert api.call("GET", f"{path}/{run['id']}/steps/{steps[0]['id']}").json == steps[0]


def test_a_run_at_work_says_when_to_ask_again_and_can_be_cancelled(api_of: Callable[..., Api]) -> None:
    hold = Hold()
    api = api_of(Turn(TextPiece("a"), hold))
    run = api.new_run()
    assert hold.reached.wait(TIMEOUT_S)
    path = f"/v1/threads/{run['thread_id']}/runs/{run['id']}"
    assert api.call("GET", path).headers["openai-poll-after-ms"] == "50"
    assert api.call("POST", f"{path}/cancel").json["status"] in ("cancelling", "cancelled")
    list(api.engine.bus.follow(run["id"]))
    assert api.call("GET", path).json["status"] == "cancelled"


def test_tool_outputs_are_submitted_and_polled(api_of: Callable[..., Api]) -> None:
    api = api_of(call("f", x=1), say("done"))
    run = api.new_run(tools=[{"type": "function", "function": {"name": "f"}}])
    path = f"/v1/threads/{run['thread_id']}/runs/{run['id']}"
    waiting = Run
    for event in api.engine.bus.follow(run["id"]):
        if event.name == "thread.run.requires_action":
            waiting = event.wire()
            break
    made = waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    again = api.call("POST", f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": made["id"]}]})
    assert again.json["status"] == "queued"


@pytest.mark.parametrize(("age_s", "pace_ms"), [(0, 50), (5, 100), (30, 250), (300, 500)])
def test_old_runs_are_polled_gently(age_s: int, pace_ms: int) -> None:
    run = Run(id="run_1", created_at=now() - age_s, assistant_id="asst_1", thread_id="thread_1", model="m")
    assert poll_after_ms(run) == pace_ms


def test_models(api: Api) -> None:
    listed = api.call("GET", "/v1/models").json
    assert list(listed) == ["object", "data"]
    assert api.call("GET", "/v1/models/scripted").json == listed["data"][0]
    missing = api.call("GET", "/v1/models/org/model")
    assert (missing.status, missing.error["param"], missing.error["code"]) == (404, "model", "model_not_found")
    assert missing.error["message"] == "The model 'org/model' does not exist"
    assert api.call("DELETE", "/v1/models/scripted").status == 400


CHAT = {"model": "scripted", "messages": [{"role": "user", "content": "hi"}]}


def test_chat_completions(api_of: Callable[..., Api]) -> None:
    api = api_of(say("hello there"), say("hello again"))
    whole = api.call("POST", "/v1/chat/completions", CHAT, headers={}).json
    assert whole["choices"][0]["message"]["content"] == "hello there"
    stream = api.call("POST", "/v1/chat/completions", CHAT | {"stream": True}, headers={})
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = stream.body.decode().strip().split("\n\n")
    assert all(frame.startswith("data: ") for frame in frames)
    assert frames[-1] == "data: [DONE]"


def test_a_chat_stream_that_is_refused_is_an_ordinary_error(api: Api) -> None:
    reply = api.call("POST", "/v1/chat/completions", CHAT | {"stream": True, "model": "unknown"}, headers={})
    assert (reply.status, reply.error["code"]) == (400, "model_not_found")


def test_a_chat_stream_that_fails_says_so(api_of: Callable[..., Api]) -> None:
    api = api_of(Turn(TextPiece("a"), GenerationFailed("The engine failed.")))
    reply = api.call("POST", "/v1/chat/completions", CHAT | {"stream": True}, headers={})
    assert '"error":{"message":"The engine failed."' in reply.body.decode().split("\n\n")[-2]


def test_leaving_a_chat_stream_ends_its_generation(api_of: Callable[..., Api]) -> None:
    hold = Hold()
    api = api_of(Turn(TextPiece("a"), hold, TextPiece("b")))
    exchange = api.begin("POST", "/v1/chat/completions", CHAT | {"stream": True}, headers={})
    exchange.begin(TIMEOUT_S)
    assert hold.reached.wait(TIMEOUT_S)
    exchange.hang_up()
    hold.released.set()
    api.app.state.chat_threads.shutdown(wait=True)  # the pump ends, so its thread can be joined


def test_embeddings_without_a_model_are_refused(api: Api) -> None:
    reply = api.call("POST", "/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"}, headers={})
    assert reply.status in (400, 404)


def test_embeddings_need_their_body(api: Api) -> None:
    reply = api.call("POST", "/v1/embeddings", {"model": "m"}, headers={})
    assert reply.error["message"] == "Missing required parameter: 'input'."
