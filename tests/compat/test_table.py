"""The table has a row for all that the code takes in, and `GET /_compat` gives it out."""

import ast
import inspect
import re
import textwrap
from typing import Any

import pytest

from localassist.http.compatibility.endpoints import ENDPOINTS, NOT_SERVED, Endpoint
from localassist.http.compatibility.parts import PARTS
from localassist.http.compatibility.table import bodies_in, report, rows, verdict
from localassist.http.routes import ROUTERS
from localassist.http.v1.view import ViewV1
from localassist.objects.assistants import CreateAssistant, ModifyAssistant
from localassist.objects.base import RequestBody
from localassist.objects.v1 import CreateAssistantV1, ModifyAssistantV1
from tests.compat import samples_v1  # noqa: F401  (its senders register themselves)
from tests.compat.samples import SENDERS
from tests.compat.world import World

BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
ROUTES: dict[str, Any] = {
    f"{method} /v1{route.path}": route.endpoint  # type: ignore[attr-defined]
    for router in ROUTERS
    for route in router.routes
    for method in route.methods  # type: ignore[attr-defined]
    if "files_batches" not in route.path  # type: ignore[attr-defined]
}
DEPENDENCIES = {
    "PageOf": {"limit", "order", "after", "before"},
    "FilesPageOf": {"limit", "order", "after", "before"},
    "IncludeContent": {"include[]"},
}


def route_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} /v1{endpoint.path}"


def plain_name(endpoint: Endpoint) -> str:
    """The name of the endpoint in the second version."""
    return endpoint.name.partition(" (")[0]


def test_every_route_has_its_endpoint() -> None:
    assert {route_of(endpoint) for endpoint in ENDPOINTS} == set(ROUTES)
    assert len(BY_NAME) == len(ENDPOINTS)


FIRST_VERSION_ALONE = {one.name for one in ENDPOINTS if one.version and plain_name(one) not in BY_NAME}


@pytest.mark.parametrize("name", [one.name for one in ENDPOINTS if not one.version] + sorted(FIRST_VERSION_ALONE))
def test_an_endpoint_says_what_its_route_reads(name: str) -> None:
    """The body that is parsed, and the names that are looked up in the query, as the source of the route has them."""
    endpoint = BY_NAME[name]
    source = textwrap.dedent(inspect.getsource(ROUTES[route_of(endpoint)]))
    parsed = set(re.findall(r"(?:parse_body|view\.read)\((\w+)", source))
    parsed |= {f"{verb.title()}Assistant" for verb in re.findall(r"view\.(create|modify)_assistant", source)}
    assert parsed == ({endpoint.body.__name__} if endpoint.body else set())
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = [*function.args.args, *function.args.kwonlyargs]
    annotated = {ast.unparse(argument.annotation) for argument in arguments if argument.annotation}
    read = set(re.findall(r'query\.(?:one|many)\("(\w+)"\)', source))
    assert set(endpoint.query) == read.union(*(DEPENDENCIES[one] for one in annotated & set(DEPENDENCIES)))
    takes_form = any("form_of" in one for one in annotated)
    assert takes_form == bool(endpoint.form)


def test_the_first_version_reads_the_bodies_of_its_endpoints(world: World) -> None:
    own = {kind: own_kind for kind, (own_kind, _) in ViewV1(world.lab.engine)._bodies.items()}
    own |= {CreateAssistant: CreateAssistantV1, ModifyAssistant: ModifyAssistantV1}
    said = {BY_NAME[plain_name(one)].body: one.body for one in ENDPOINTS if one.version and plain_name(one) in BY_NAME}
    assert said == own


def reachable(kind: type[RequestBody]) -> set[type[RequestBody]]:
    """A body with all the bodies in it."""
    found = {kind}
    for field in kind.model_fields.values():
        for inner, _ in bodies_in(field.annotation):
            found |= reachable(inner)
    return found


BODIES = {inner for endpoint in ENDPOINTS if endpoint.body for inner in reachable(endpoint.body)}


@pytest.mark.parametrize("kind", sorted(BODIES, key=lambda kind: kind.__name__))
def test_every_field_has_its_row(kind: type[RequestBody]) -> None:
    for name in kind.model_fields:
        assert verdict(kind, name)


def test_no_row_is_left_of_a_field_that_went() -> None:
    used = {ancestor for kind in BODIES for ancestor in kind.__mro__}
    for kind, part in PARTS.items():
        assert kind in used, kind
        assert {*part.honoured, *part.without_effect, *part.notes} <= set(kind.model_fields), kind
        assert not set(part.refused) & set(kind.model_fields), kind


def test_what_is_not_honoured_says_why() -> None:
    assert all(row.note for row in rows() if row.status != "honoured")


def test_every_body_has_its_samples() -> None:
    with_bodies = {endpoint.name for endpoint in ENDPOINTS if endpoint.body}
    assert set(SENDERS) <= with_bodies


def test_the_table_is_served(world: World) -> None:
    answer = world.http.get("/_compat", headers={"OpenAI-Beta": ""})
    assert answer.status_code == 200
    assert answer.json() == report()
    temperature = {"endpoint": "POST /v1/assistants", "in": "body", "parameter": "temperature"}
    assert {**temperature, "status": "honoured", "note": None} in answer.json()["parameters"]


@pytest.mark.parametrize("path", NOT_SERVED)
def test_what_is_not_served_is_an_invalid_url(path: str, world: World) -> None:
    answer = world.http.post(path.removeprefix("/v1"), json={})
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Invalid URL (POST {path})"


@pytest.mark.parametrize("endpoint", [endpoint for endpoint in ENDPOINTS if "files_batches" in endpoint.note])
def test_old_samples_say_files_batches(endpoint: Endpoint) -> None:
    old = endpoint.path.replace("file_batches", "files_batches")
    paths = {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    assert old in paths
