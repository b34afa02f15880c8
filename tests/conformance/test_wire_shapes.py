"""The keys of every object, in the order of contract §2, with the choices at the head of `notes/clients.md`."""

from typing import Any

import httpx

from tests.conformance import lab
from tests.conformance.world import (
    TOOL,
    events_of,
    new_assistant,
    new_file,
    new_run,
    new_thread,
    post,
    run_path,
    submitted,
)

ASSISTANT = (
    "id object created_at name description model instructions tools top_p temperature reasoning_effort tool_resources "
    "metadata response_format"
)
THREAD = "id object created_at metadata tool_resources"
MESSAGE = (
    "id object created_at assistant_id thread_id run_id status incomplete_details incomplete_at completed_at role "
    "content attachments metadata"
)
RUN = (
    "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at "
    "required_action last_error model instructions tools tool_resources metadata temperature top_p reasoning_effort "
    "max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details usage response_format tool_choice "
    "parallel_tool_calls"
)
STEP = (
    "id object created_at run_id assistant_id thread_id type status cancelled_at completed_at expires_at expired_at "
    "failed_at last_error step_details usage metadata"
)
USAGE = "prompt_tokens completion_tokens total_tokens prompt_token_details completion_tokens_details"
FILE = "object id purpose filename bytes created_at status"
UPLOAD = "id object bytes created_at filename purpose status expires_at"
LIST = "object data first_id last_id has_more"


def keys(data: dict[str, Any]) -> str:
    return " ".join(data)


def contract_keys(data: dict[str, Any]) -> str:
    """The keys without the one of our own, which must come last."""
    assert "localassist" not in list(data)[:-1]
    return keys({key: value for key, value in data.items() if key != "localassist"})


def test_an_assistant_and_its_defaults(http: httpx.Client) -> None:
    made = post(http, "/assistants", {"model": lab.PLAIN})
    assert keys(made) == ASSISTANT
    assert (made["object"], made["top_p"], made["temperature"], made["response_format"]) == ("assistant", 1, 1, "auto")
    assert (made["tools"], made["metadata"], made["tool_resources"]) == ([], {}, {})
    assert {made[key] for key in ("name", "description", "instructions", "reasoning_effort")} == {None}
    deleted = http.delete(f"/assistants/{made['id']}").json()
    assert deleted == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    assert keys(deleted) == "id object deleted"


def test_numbers_of_sampling_are_decimals(http: httpx.Client) -> None:
    assert '"top_p":1.0,"temperature":1.0' in http.post("/assistants", json={"model": lab.PLAIN}).text


def test_tools_are_echoed_with_their_defaults(http: httpx.Client) -> None:
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}, TOOL]
    made = post(http, "/assistants", {"model": lab.PLAIN, "tools": tools})
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert made["tools"] == [
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"ranking_options": ranking}},
        {"type": "function", "function": {**TOOL["function"], "strict": False}},
    ]
    assert made["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_a_thread(http: httpx.Client) -> None:
    made = http.post("/threads").json()
    assert keys(made) == THREAD
    assert (made["object"], made["metadata"], made["tool_resources"]) == ("thread", {}, {})
    deleted = http.delete(f"/threads/{made['id']}").json()
    assert deleted == {"id": made["id"], "object": "thread.deleted", "deleted": True}


def test_a_message_of_the_user(http: httpx.Client) -> None:
    made = post(http, f"/threads/{new_thread(http)}/messages", {"role": "user", "content": "hi"})
    assert keys(made) == MESSAGE
    assert (made["object"], made["status"], made["attachments"]) == ("thread.message", "completed", [])
    assert (made["assistant_id"], made["run_id"]) == (None, None)
    assert made["content"] == [{"type": "text", "text": {"value": "hi", "annotations": []}}]
    path = f"/threads/{made['thread_id']}/messages/{made['id']}"
    assert keys(post(http, path, {"metadata": {"k": "v"}})) == MESSAGE
    assert http.delete(path).json() == {"id": made["id"], "object": "thread.message.deleted", "deleted": True}


def test_a_run_from_queue_to_end(http: httpx.Client) -> None:
    body = {"assistant_id": new_assistant(http), "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    queued = post(http, "/threads/runs", body)
    assert contract_keys(queued) == RUN
    assert queued["expires_at"] == queued["created_at"] + 600
    assert (queued["usage"], queued["required_action"], queued["instructions"]) == (None, None, "")
    assert queued["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (queued["tool_choice"], queued["response_format"], queued["parallel_tool_calls"]) == ("auto", "auto", True)
    run = new_run(http)
    assert contract_keys(run) == RUN
    assert keys(run["usage"]) == USAGE
    assert run["usage"]["prompt_token_details"].keys() == {"cached_tokens"}
    assert run["usage"]["completion_tokens_details"].keys() == {"reasoning_tokens"}
    assert (run["expires_at"], run["completed_at"] is None, run["last_error"]) == (None, False, None)


def test_steps_of_both_kinds(http: httpx.Client) -> None:
    waiting = new_run(http, lab.WEATHER)
    (step,) = http.get(f"{run_path(waiting)}/steps").json()["data"]
    assert keys(step) == STEP
    assert (step["status"], step["usage"], step["expires_at"]) == ("in_progress", None, waiting["expires_at"])
    (call,) = step["step_details"]["tool_calls"]
    assert keys(call) == "id type function"
    assert keys(call["function"]) == "name arguments output"
    assert call["function"]["output"] is None
    run = submitted(http, waiting)
    steps = http.get(f"{run_path(run)}/steps?order=asc").json()["data"]
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert {keys(step) for step in steps} == {STEP}
    assert {keys(step["usage"]) for step in steps} == {USAGE}
    assert [step["expires_at"] for step in steps] == [None, None]
    assert keys(steps[1]["step_details"]) == "type message_creation"
    totals = sum(step["usage"]["total_tokens"] for step in steps)
    assert run["usage"]["total_tokens"] == totals


def test_a_required_action(http: httpx.Client) -> None:
    action = new_run(http, lab.TWO_CALLS)["required_action"]
    assert keys(action) == "type submit_tool_outputs"
    for call in action["submit_tool_outputs"]["tool_calls"]:
        assert keys(call) == "id type function"
        assert keys(call["function"]) == "name arguments"


def test_a_file(http: httpx.Client) -> None:
    made = new_file(http)
    assert keys(made) == FILE
    assert (made["object"], made["status"], made["bytes"]) == ("file", "processed", 5)
    deleted = http.delete(f"/files/{made['id']}")
    assert deleted.json() == {"object": "file", "deleted": True, "id": made["id"]}


def test_an_upload_and_its_part(http: httpx.Client) -> None:
    body = {"filename": "a.txt", "purpose": "assistants", "bytes": 4, "mime_type": "text/plain"}
    made = post(http, "/uploads", body)
    assert keys(made) == UPLOAD
    assert made["expires_at"] == made["created_at"] + 3600
    part = http.post(f"/uploads/{made['id']}/parts", files={"data": ("part", b"abcd")}).json()
    assert keys(part) == "id object created_at upload_id"
    done = post(http, f"/uploads/{made['id']}/complete", {"part_ids": [part["id"]]})
    assert keys(done) == f"{UPLOAD} file"
    assert keys(done["file"]) == FILE


def test_lists_with_and_without_objects(http: httpx.Client) -> None:
    thread = new_thread(http)
    empty = http.get(f"/threads/{thread}/messages")
    assert empty.text == '{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'
    ids = [post(http, f"/threads/{thread}/messages", {"role": "user", "content": "x"})["id"] for _ in range(3)]
    page = http.get(f"/threads/{thread}/messages?limit=2").json()
    assert keys(page) == LIST
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)


def test_models(http: httpx.Client) -> None:
    page = http.get("/models").json()
    assert keys(page) == "object data"
    assert {contract_keys(model) for model in page["data"]} == {"id object created owned_by"}


def test_ids_are_prefixed_alphanumerics(http: httpx.Client) -> None:
    run = new_run(http, lab.WEATHER)
    (step,) = http.get(f"{run_path(run)}/steps").json()["data"]
    call = step["step_details"]["tool_calls"][0]
    for made, prefix in (
        (run["id"], "run_"),
        (run["thread_id"], "thread_"),
        (run["assistant_id"], "asst_"),
        (step["id"], "step_"),
        (call["id"], "call_"),
    ):
        assert made.startswith(prefix)
        assert made.removeprefix(prefix).isalnum()
        assert len(made.removeprefix(prefix)) == 24
    file_id = new_file(http)["id"]
    assert file_id.startswith("file-")
    assert file_id.removeprefix("file-").isalnum()


def test_streamed_objects_have_the_same_keys(http: httpx.Client) -> None:
    import json

    body = {"assistant_id": new_assistant(http), "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    shape = {"thread": THREAD, "thread.run": RUN, "thread.run.step": STEP, "thread.message": MESSAGE}
    for name, data in events_of(http, "/threads/runs", body):
        if name == "done":
            assert data == "[DONE]"
            continue
        assert ": " not in data.split('"', 1)[0]
        found = json.loads(data)
        if found["object"] == "thread.message.delta":
            assert keys(found) == "id object delta"
        else:
            assert contract_keys(found) == shape[found["object"]], name
