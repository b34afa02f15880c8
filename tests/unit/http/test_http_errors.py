"""Exceptions become the contract's statuses and bodies."""

import json
import logging
from collections.abc import Callable

import pytest

from localassist import errors
from localassist.http.errors import error_response, status_of
from localassist.http.responses import json_bytes
from tests.unit.http.calling import Api


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequest("x"), 400),
        (errors.Conflict("x"), 400),
        (errors.NotFound("x"), 404),
        (errors.FileNotFound("file-x"), 404),
        (errors.AuthenticationFailed("x"), 401),
        (errors.PermissionRefused("x"), 403),
        (errors.ContextLengthExceeded("x"), 400),
        (errors.GenerationFailed("x"), 500),
        (errors.StoreFailed("x"), 500),
        (errors.ModelLoadFailed("x"), 503),
        (errors.DataDirectoryInUse("x"), 503),
        (errors.MissingExtra("x"), 500),
        (ValueError("x"), 500),
    ],
)
def test_status_is_that_of_the_nearest_class(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_no_error_is_answered_with_a_status_that_sdks_send_again_without_saying_so() -> None:
    for kind in (errors.Conflict, errors.InvalidRequest, errors.NotFound):
        assert status_of(kind("x")) not in (408, 409, 429)


def test_backend_errors_keep_their_message_and_ask_for_no_retry() -> None:
    response = error_response(errors.ModelLoadFailed("The model m.gguf is damaged."), {"path": "/threads"})
    assert response.status_code == 503
    assert response.headers["x-should-retry"] == "false"
    fields = {"message": "The model m.gguf is damaged.", "type": "server_error", "param": None, "code": None}
    assert json.loads(response.body) == {"error": fields}


def test_a_prompt_that_does_not_fit_is_the_callers_to_fix() -> None:
    response = error_response(errors.ContextLengthExceeded("too long"), {"path": "/chat/completions"})
    error = json.loads(response.body)["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "context_length_exceeded")


def test_an_error_body_has_its_four_fields_in_order(api: Api) -> None:
    reply = api.call("GET", "/v1/assistants/asst_missing")
    assert reply.status == 404
    assert list(reply.error) == ["message", "type", "param", "code"]
    assert reply.error["message"] == "No assistant found with id 'asst_missing'."


def test_files_endpoints_repeat_the_message_in_detail(api: Api) -> None:
    reply = api.call("GET", "/v1/files/fake_id", headers={})
    message = "No such File object: fake_id"
    error = {"message": message, "type": "invalid_request_error", "param": "id", "code": None}
    assert (reply.status, reply.json) == (404, {"error": error, "detail": {"message": message, "code": None}})


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/x"), ("GET", "/v1/containers"), ("PUT", "/v1/assistants"), ("PATCH", "/v1/models"), ("GET", "/")],
)
def test_unknown_routes_and_methods_are_one_404(api: Api, method: str, path: str) -> None:
    reply = api.call(method, path)
    assert reply.status == 404
    message = f"Invalid URL ({method} {path})"
    assert reply.json == {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def test_json_that_cannot_be_parsed_is_a_400(api: Api) -> None:
    reply = api.call("POST", "/v1/assistants", content=b'{"model": ')
    assert reply.status == 400
    assert reply.error["message"].startswith("We could not parse the JSON body of your request.")


def test_an_unexpected_error_is_a_logged_500(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(assistant_id: str) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(api.engine.assistants, "get", fail)
    with caplog.at_level(logging.ERROR):
        reply = api.call("GET", "/v1/assistants/asst_1")
    assert (reply.status, reply.error["type"], reply.headers["x-should-retry"]) == (500, "server_error", "false")
    assert "secret detail" not in reply.body.decode()
    assert "ZeroDivisionError" in caplog.text
    assert reply.headers["x-request-id"].startswith("req_")


def test_a_body_that_is_too_large_is_refused_while_it_is_read(
    api_of: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localassist.http.bodies.MAX_JSON_BYTES", 1000)
    num_read = 0

    def pieces() -> object:
        nonlocal num_read
        while True:
            num_read += 1
            yield b"x" * 300

    reply = api_of().call("POST", "/v1/assistants", content=pieces())
    assert reply.status == 400
    assert "too large" in reply.error["message"]
    assert num_read < 10


def test_a_lone_surrogate_does_not_break_an_answer() -> None:
    assert json_bytes({"a": "\ud800é"}) == '{"a":"?é"}'.encode()
