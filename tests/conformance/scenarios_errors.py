"""Every class of error that the server can raise, as the SDK's own exception, with its code, param and body."""

from collections.abc import Callable
from functools import partial
from typing import Any

import openai

from tests.conformance.lab import BROKEN, FIRST, PLAIN, Lab, Row, error_of, scenario

GONE = "A" * 24


def refusal(call: Callable[[], Any], kind: type[openai.APIStatusError]) -> Any:
    """The exception, which has to be of exactly this class and carry a whole error body."""
    try:
        call()
    except openai.APIStatusError as exc:
        assert type(exc) is kind, exc
        assert exc.response.headers["x-request-id"].startswith("req_")
        error = error_of(exc)
        assert list(error) == ["message", "type", "param", "code"]
        assert error["message"] in str(exc)
        return exc
    raise AssertionError("the request was accepted")


@scenario(Row.ERRORS, since=FIRST)
def what_the_caller_can_mend_is_a_bad_request(lab: Lab) -> None:
    assistants, threads = lab.client.beta.assistants, lab.client.beta.threads
    top_p = ("unknown_parameter" if lab.is_v1 else "decimal_above_max_value", "top_p")
    faults: list[tuple[dict[str, Any], str, str]] = [
        ({"model": "no-such-model"}, "model_not_found", "model"),
        ({"extra_body": {"x": 1}}, "unknown_parameter", "x"),
        ({"name": "n" * 257}, "string_above_max_length", "name"),
        ({"tools": [{"type": "x"}]}, "invalid_value", "tools[0].type"),
        ({"tools": [{"type": "code_interpreter"}] * 129}, "array_above_max_length", "tools"),
        ({"extra_body": {"top_p": 2}}, *top_p),
        ({"metadata": {str(i): "" for i in range(17)}}, "object_above_max_properties", "metadata"),
    ]
    for given, code, param in faults:
        error = error_of(refusal(partial(assistants.create, **{"model": PLAIN, **given}), openai.BadRequestError))
        assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    cases: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: assistants.list(limit=101), "integer_above_max_value", "limit"),
        (lambda: threads.retrieve("undefined"), "invalid_value", "thread_id"),
        (lambda: threads.messages.create(lab.thread(), role="user", content=5), "invalid_type", "content"),
        (lambda: threads.create_and_run(assistant_id=None), "invalid_type", "assistant_id"),
    ]
    for call, code, param in cases:
        error = error_of(refusal(call, openai.BadRequestError))
        assert (error["code"], error["param"]) == (code, param)


@scenario(Row.ERRORS, since=FIRST)
def what_is_not_there_is_not_found(lab: Lab) -> None:
    client, thread = lab.client.beta, lab.thread()
    for call in (
        lambda: client.assistants.retrieve(f"asst_{GONE}"),
        lambda: client.threads.retrieve(f"thread_{GONE}"),
        lambda: client.threads.messages.retrieve(f"msg_{GONE}", thread_id=thread),
        lambda: client.threads.runs.retrieve(f"run_{GONE}", thread_id=thread),
        lambda: lab.client.files.retrieve(f"file-{GONE}"),
        lambda: lab.client.models.retrieve("nothing"),
    ):
        assert refusal(call, openai.NotFoundError).status_code == 404


@scenario(Row.ERRORS, since=FIRST, needs="keys")
def a_page_of_another_site_is_refused_permission(lab: Lab) -> None:
    stranger = {"Origin": "https://stranger.example"}
    exc = refusal(lambda: lab.client.models.list(extra_headers=stranger), openai.PermissionDeniedError)
    assert exc.status_code == 403


@scenario(Row.ERRORS, since=FIRST)
def a_model_that_cannot_be_loaded_is_a_server_error_and_a_failed_run(lab: Lab) -> None:
    hello = [{"role": "user", "content": "hi"}]
    exc = refusal(lambda: lab.client.chat.completions.create(model=BROKEN, messages=hello), openai.InternalServerError)
    assert (exc.status_code, error_of(exc)["type"]) == (503, "server_error")
    assert exc.response.headers["x-should-retry"] == "false"
    run = lab.finished_run(lab.thread("hi"), lab.assistant(BROKEN))
    assert (run.status, run.last_error.code) == ("failed", "server_error")
    assert run.last_error.message
