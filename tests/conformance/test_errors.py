"""Errors of contract §5.3 and §5.4 on a real model, in more situations than the rows of `tests/compat`."""

import json
from typing import Any

import httpx
import pytest

from tests.conformance import lab
from tests.conformance.driver import Place
from tests.conformance.world import new_assistant, new_file, new_run, new_thread, outputs_for, run_path, submitted

GONE = "A" * 24
FUNCTION = {"type": "function", "function": {"name": "f"}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}


def error(message: str, *, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def with_detail(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"detail": {"message": body["error"]["message"], "code": None}}


def check(response: httpx.Response, status: int, body: dict[str, Any]) -> None:
    """The very bytes: compact JSON, keys in the recorded order."""
    expected = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert (response.status_code, response.text) == (status, expected)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"].startswith("req_")


# --- who asks, and for what (§5.3) ---------------------------------------------------------------------------------


def test_no_beta_header(server: Place) -> None:
    expected = error(
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the "
        "header 'OpenAI-Beta: assistants=v2'.",
        code="invalid_beta",
    )
    for headers in ({}, {"OpenAI-Beta": "assistants=v9"}):
        check(httpx.get(f"{server.url}/assistants", headers=headers, trust_env=False), 400, expected)


def test_no_key_and_a_wrong_key(server: Place) -> None:
    url = f"{server.locked_url}/models"
    answer = httpx.get(url, trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key. ")
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (None, None)
    for key, shown in (("not-a-real-key-at-all", "not-a-re*********-all"), ("short", "short")):
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
        expected = error(
            f"Incorrect API key provided: {shown}. You can find your API key at "
            "https://platform.openai.com/account/api-keys.",
            code="invalid_api_key",
        )
        check(answer, 401, expected)


def test_an_unknown_route(http: httpx.Client) -> None:
    check(http.post("/nothing"), 404, error("Invalid URL (POST /v1/nothing)"))
    check(http.patch("/assistants"), 404, error("Invalid URL (PATCH /v1/assistants)"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"/assistants/asst_{GONE}", f"No assistant found with id 'asst_{GONE}'."),
        (f"/threads/thread_{GONE}", f"No thread found with id 'thread_{GONE}'."),
        (f"/threads/thread_{GONE}/messages", f"No thread found with id 'thread_{GONE}'."),
        ("/threads/THREAD/messages/msg_" + GONE, f"No message found with id 'msg_{GONE}'."),
        ("/threads/THREAD/runs/run_" + GONE, f"No run found with id 'run_{GONE}'."),
    ],
)
def test_what_is_not_there(path: str, message: str, http: httpx.Client) -> None:
    check(http.get(path.replace("THREAD", new_thread(http))), 404, error(message))


def test_a_step_that_is_not_there(http: httpx.Client) -> None:
    run = new_run(http)
    answer = http.get(f"{run_path(run)}/steps/step_{GONE}")
    check(answer, 404, error(f"No run step found with id 'step_{GONE}'."))


def test_a_file_that_is_not_there(http: httpx.Client) -> None:
    expected = with_detail(error("No such File object: fake_id", param="id"))
    for method, path in (("GET", "/files/fake_id"), ("DELETE", "/files/fake_id"), ("GET", "/files/fake_id/content")):
        check(http.request(method, path), 404, expected)


def test_files_that_are_not_there_cannot_be_attached(http: httpx.Client) -> None:
    message = {
        "role": "user",
        "content": "x",
        "attachments": [{"file_id": "file-x", "tools": [{"type": "code_interpreter"}]}],
    }
    answer = http.post(f"/threads/{new_thread(http)}/messages", json=message)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Files ['file-x'] are invalid: they were not found"


@pytest.mark.parametrize(
    ("method", "path", "param", "prefix"),
    [
        ("GET", "/threads/undefined", "thread_id", "thread"),
        ("GET", "/assistants/undefined", "assistant_id", "asst"),
        ("GET", "/threads/THREAD/runs/undefined", "run_id", "run"),
        ("POST", "/threads/undefined/runs/run_x/cancel", "thread_id", "thread"),
    ],
)
def test_an_id_of_another_kind(method: str, path: str, param: str, prefix: str, http: httpx.Client) -> None:
    message = f"Invalid '{param}': 'undefined'. Expected an ID that begins with '{prefix}'."
    answer = http.request(method, path.replace("THREAD", new_thread(http)))
    check(answer, 400, error(message, param=param, code="invalid_value"))


def test_a_model_that_is_not_there(http: httpx.Client) -> None:
    message = "The requested model 'x' does not exist."
    answer = http.post("/assistants", json={"model": "x"})
    check(answer, 400, error(message, param="model", code="model_not_found"))
    expected = error("The model 'x' does not exist", param="model", code="model_not_found")
    check(http.get("/models/x"), 404, expected)


def test_a_waiting_run_and_what_it_refuses(http: httpx.Client) -> None:
    run = new_run(http, lab.TWO_CALLS)
    thread, messages, runs = run["thread_id"], f"/threads/{run['thread_id']}/messages", run_path(run).rsplit("/", 1)[0]
    answer = http.post(messages, json={"role": "user", "content": "x"})
    check(answer, 400, error(f"Can't add messages to {thread} while a run {run['id']} is active."))
    answer = http.post(runs, json={"assistant_id": run["assistant_id"]})
    check(answer, 400, error(f"Thread {thread} already has an active run {run['id']}."))
    both = outputs_for(run)
    first, second = (output["tool_call_id"] for output in both)
    answer = http.post(f"{run_path(run)}/submit_tool_outputs", json={"tool_outputs": both[:1]})
    check(answer, 400, error(f"Expected tool outputs for call_ids ['{first}', '{second}'], got ['{first}']"))
    answer = http.post(f"{run_path(run)}/submit_tool_outputs", json={"tool_outputs": []})
    check(answer, 400, error(f"Expected tool outputs for call_ids ['{first}', '{second}'], got []"))
    assert submitted(http, run)["status"] == "completed"


def test_a_finished_run_and_what_it_refuses(http: httpx.Client) -> None:
    run = new_run(http)
    answer = http.post(f"{run_path(run)}/cancel")
    check(answer, 400, error("Cannot cancel run with status 'completed'."))
    answer = http.post(f"{run_path(run)}/submit_tool_outputs", json={"tool_outputs": []})
    check(answer, 400, error('Runs in status "completed" do not accept tool outputs.'))


@pytest.mark.parametrize("purpose", ["assistants", "user_data"])
def test_files_that_may_not_be_downloaded(purpose: str, http: httpx.Client) -> None:
    answer = http.get(f"/files/{new_file(http, purpose=purpose)['id']}/content")
    check(answer, 400, with_detail(error(f"Not allowed to download files of purpose: {purpose}")))


def test_a_purpose_that_does_not_exist(http: httpx.Client) -> None:
    answer = http.post("/files", data={"purpose": "world_domination"}, files={"file": ("a.txt", b"x")})
    message = (
        "'world_domination' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - "
        "'purpose'"
    )
    check(answer, 400, with_detail(error(message, param="purpose")))


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_json_modes_beside_a_hosted_tool(kind: str, http: httpx.Client) -> None:
    response_format = JSON_SCHEMA if kind == "json_schema" else {"type": kind}
    body = {"model": lab.PLAIN, "tools": [{"type": "code_interpreter"}], "response_format": response_format}
    answer = http.post("/assistants", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        f"Invalid tools: all tools must be of type `function` when `response_format` is of type `{kind}`."
    )


# --- validation (§5.4) ---------------------------------------------------------------------------------------------

MODEL = {"model": lab.PLAIN}


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        (
            "limit=101",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "integer_above_max_value",
        ),
        (
            "limit=0",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
        ),
    ],
)
def test_a_limit_out_of_bounds(query: str, message: str, code: str, http: httpx.Client) -> None:
    check(http.get(f"/assistants?{query}"), 400, error(message, param="limit", code=code))


def test_a_query_key_given_twice(http: httpx.Client) -> None:
    answer = http.get("/assistants?limit=1&limit=2")
    assert answer.status_code == 400
    fault = answer.json()["error"]
    assert (fault["param"], fault["code"]) == ("limit", "duplicate_parameter")
    assert fault["message"].startswith(
        "Duplicate parameter: 'limit'. You provided multiple values for this parameter, whereas only one is allowed. "
    )


def test_one_fault_is_reported_and_missing_comes_first(http: httpx.Client) -> None:
    faults = {"unknown": 1, "temperature": 9}
    answer = http.post("/assistants", json=faults)
    assert answer.json()["error"]["message"] == "Missing required parameter: 'model'."
    answer = http.post("/assistants", json={**faults, **MODEL})
    assert answer.json()["error"]["message"] == "Unknown parameter: 'unknown'."


def test_a_body_that_is_no_json(http: httpx.Client) -> None:
    answer = http.post("/assistants", content=b'{"model": ')
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


def test_a_cursor_that_is_not_there(http: httpx.Client) -> None:
    new_assistant(http)
    answer = http.get(f"/assistants?after=asst_{GONE}")
    assert answer.status_code in (400, 404)
    assert f"asst_{GONE}" in answer.json()["error"]["message"]
