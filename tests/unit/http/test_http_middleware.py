"""What happens to every request before its route."""

import re
from collections.abc import Callable

import pytest

from localassist.http.access import Access
from localassist.http.middleware import canonical_path
from tests.unit.http.calling import BETA, Api

KEY = "sk-local-0123456789abcdef"
LOCAL = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/v1/assistants", ("/assistants", False)),
        ("/assistants", ("/assistants", False)),
        ("//v1//threads//thread_1/", ("/threads/thread_1", False)),
        ("/openai/assistants", ("/assistants", True)),
        ("/openai/v1/assistants/asst_1", ("/assistants/asst_1", True)),
        ("/openai/deployments/gpt-4o/assistants", ("/assistants", True)),
        ("/openai/deployments/gpt-4o/v1/threads/runs", ("/threads/runs", True)),
        ("/", ("/", False)),
    ],
)
def test_paths(path: str, canonical: tuple[str, bool]) -> None:
    assert canonical_path(path) == canonical


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/v1//models", "//models", "/openai/models?api-version=x"])
def test_every_shape_of_a_path_is_served(api: Api, path: str) -> None:
    assert api.call("GET", path, headers={}).json["data"][0]["id"] == "scripted"


def test_every_response_is_named_and_timed(api: Api) -> None:
    for path in ("/v1/models", "/v1/nowhere", "/v1/assistants"):
        headers = api.call("GET", path, headers={}).headers
        assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-processing-ms"].isdecimal()
        assert headers["openai-organization"] == "localassist"


@pytest.mark.parametrize("value", ["assistants=v2", "Assistants=V2", "foo=v1, assistants=v2", "assistants=v1"])
def test_the_beta_header_is_read_as_a_list(api: Api, value: str) -> None:
    assert api.call("GET", "/v1/assistants", headers={"openai-beta": value}).status == 200


@pytest.mark.parametrize("headers", [{}, {"openai-beta": "assistants=v3"}, {"openai-beta": "realtime=v1"}])
@pytest.mark.parametrize("path", ["/v1/assistants", "/v1/threads/thread_1/messages", "/v1/threads/thread_1/runs"])
def test_without_the_beta_header_the_beta_is_closed(api: Api, path: str, headers: dict[str, str]) -> None:
    reply = api.call("GET", path, headers=headers)
    assert (reply.status, reply.error["code"]) == (400, "invalid_beta")
    assert reply.error["message"] == (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
        "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    )


@pytest.mark.parametrize("path", ["/v1/files", "/v1/models", "/openai/assistants?api-version=2024-05-01-preview"])
def test_where_no_beta_header_is_needed(api: Api, path: str) -> None:
    assert api.call("GET", path, headers={}).status == 200


def test_keys_guard_every_route(api_of: Callable[..., Api]) -> None:
    api = api_of(access=Access(api_keys=(KEY,)))
    refused = api.call("GET", "/v1/models", headers=LOCAL)
    assert (refused.status, refused.error["code"], refused.error["param"]) == (401, None, None)
    assert api.call("GET", "/v1/models", headers={"authorization": f"Bearer {KEY}"}).status == 200
    assert api.call("GET", "/openai/assistants", headers={"api-key": KEY}).status == 200


def test_another_hosts_name_is_refused(api_of: Callable[..., Api]) -> None:
    api = api_of(access=Access())
    assert api.call("GET", "/v1/models", headers=LOCAL).status == 200
    assert api.call("GET", "/v1/models", headers={"host": "evil.example"}).status == 403


def test_a_page_of_another_site_is_refused_and_its_preflight_not_answered(api_of: Callable[..., Api]) -> None:
    api = api_of(access=Access())
    evil = LOCAL | {"origin": "https://evil.example"}
    assert api.call("POST", "/v1/threads", {}, headers=BETA | evil).status == 403
    preflight = api.call("OPTIONS", "/v1/threads", headers=evil | {"access-control-request-method": "POST"})
    assert preflight.status == 403
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_a_configured_origin_may_call(api_of: Callable[..., Api]) -> None:
    api = api_of(access=Access(allowed_origins=("https://app.example",)))
    page = LOCAL | {"origin": "https://app.example"}
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "openai-beta"}
    preflight = api.call("OPTIONS", "/v1/threads", headers=page | asked)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "https://app.example")
    reply = api.call("POST", "/v1/threads", {}, headers=BETA | page)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://app.example")
