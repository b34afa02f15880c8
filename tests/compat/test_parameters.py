"""Every row of the table of parameters is true: honoured, without effect, or refused by the named error."""

from collections.abc import Callable
from typing import Any

import pytest

from localassist.http.compatibility.endpoints import HEADERS
from localassist.http.compatibility.table import Row, rows
from tests.compat import samples_v1  # noqa: F401  (its senders register themselves)
from tests.compat.effects import EFFECTS, completed, embeddings
from tests.compat.paths import changed, contains, first_place, values
from tests.compat.samples import SENDERS, Pair
from tests.compat.shelf import Shelf
from tests.compat.silence import asked, two_values
from tests.compat.world import World
from tests.conformance.world import new_file

ROWS = rows()
BODY = [row for row in ROWS if row.place in ("body", "form")]
QUERIES = [row for row in ROWS if row.place == "query"]
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def having(rows_: list[Row], status: str) -> list[Any]:
    return [
        pytest.param(row, id=f"{row.endpoint.name} {row.path}".replace(" ", "-"))
        for row in rows_
        if row.status == status
    ]


@pytest.fixture(scope="session")
def pairs(world: World) -> Callable[[str], list[Pair]]:
    """The samples of an endpoint, each sent once."""
    sent: dict[str, list[Pair]] = {}

    def pairs_of(name: str) -> list[Pair]:
        if name not in sent:
            speaking = world.speaking("v1" if name.endswith("(assistants=v1)") else "v2")
            sent[name] = list(SENDERS[name](speaking)) if name in SENDERS else []
        return sent[name]

    return pairs_of


@pytest.mark.parametrize("row", having(BODY, "honoured"))
def test_honoured(row: Row, world: World, pairs: Callable[[str], list[Pair]]) -> None:
    """It does what its function in `effects` says, or is given back by the object it makes."""
    effect = EFFECTS.get((f"{row.endpoint.method} /v1{row.endpoint.path}", row.path))
    if effect is not None:
        effect(world.speaking(row.endpoint.version))
        return
    given = [(values(body, row.path), seen) for body, seen in pairs(row.endpoint.name)]
    used = [(sent, seen) for sent, seen in given if sent]
    assert used, "no sample uses the parameter"
    for sent, seen in used:
        assert contains(values(seen, row.path), sent), values(seen, row.path)


@pytest.mark.parametrize("row", having(BODY, "accepted without effect"))
def test_accepted_without_effect(row: Row, world: World) -> None:
    """What a model is asked does not depend on it; elsewhere, what is made does not."""
    name = row.endpoint.name
    if name == "POST /v1/uploads":
        made = [completed(world, mime_type=kind)["file"] for kind in ("text/plain", "image/png")]
        assert made[0] | {"id": "", "created_at": 0} == made[1] | {"id": "", "created_at": 0}
    elif name == "POST /v1/embeddings":
        assert embeddings(**{row.path: "one"})["data"] == embeddings(**{row.path: "another"})["data"]
    else:
        name, speaking = f"{row.endpoint.method} /v1{row.endpoint.path}", world.speaking(row.endpoint.version)
        one, other = two_values(world, row.path)
        assert asked(speaking, name, row.path, one) == asked(speaking, name, row.path, other)


@pytest.mark.parametrize("row", having(BODY, "refused"))
def test_refused(row: Row, world: World, pairs: Callable[[str], list[Pair]]) -> None:
    parent = row.path.rpartition(".")[0]
    bodies = [body for body, _ in pairs(row.endpoint.name)]
    body = next((body for body in bodies if not parent or values(body, parent)), changed(bodies[0], parent, {}))
    url = row.endpoint.path
    for name, value in (("thread_id", world.thread()), ("assistant_id", world.assistant())):
        url = url.replace(f"{{{name}}}", value)
    answer = world.speaking(row.endpoint.version).http.post(url, json=changed(body, row.path, "x"))
    place = first_place(row.path)
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": f"Unknown parameter: '{place}'.",
        "type": "invalid_request_error",
        "param": place,
        "code": "unknown_parameter",
    }


# --- queries ------------------------------------------------------------------------------------------------------


def of_queries(*names: str) -> list[Any]:
    return having([row for row in QUERIES if row.path in names], "honoured")


@pytest.mark.parametrize("row", of_queries("limit", "order", "after", "before"))
def test_pages(row: Row, shelf: Shelf) -> None:
    name = row.endpoint.name
    ids = shelf.ids(name)
    assert len(ids) >= 3
    if row.path == "limit":
        page = shelf.world.speaking(row.endpoint.version).get(f"{shelf.urls[name]}?limit=1")
        assert ([one["id"] for one in page["data"]], page["has_more"]) == (ids[:1], True)
    elif row.path == "order":
        assert shelf.ids(name, "order=asc") == ids[::-1]
    elif row.path == "after":
        assert shelf.ids(name, f"after={ids[0]}") == ids[1:]
    else:
        assert shelf.ids(name, f"before={ids[2]}") == ids[:2]


@pytest.mark.parametrize("row", of_queries("filter"))
def test_files_are_filtered_by_status(row: Row, shelf: Shelf) -> None:
    url = shelf.urls[row.endpoint.name]
    assert shelf.world.get(f"{url}?filter=failed")["data"] == []
    assert shelf.world.http.get(f"{url}?filter=nonsense").status_code == 400


def test_messages_are_listed_by_run(shelf: Shelf) -> None:
    messages = "GET /v1/threads/{thread_id}/messages"
    run = shelf.ids("GET /v1/threads/{thread_id}/runs")[0]
    assert len(shelf.ids(messages, f"run_id={run}")) == 1 < len(shelf.ids(messages))


def test_files_are_listed_by_purpose(world: World) -> None:
    made = new_file(world.http, purpose="evals")
    assert [file["id"] for file in world.get("/files?purpose=evals")["data"]] == [made["id"]]


def test_threads_are_searched(world: World) -> None:
    thread = world.thread({"role": "user", "content": "the plumage of a quetzal"})
    assert [found["id"] for found in world.get("/threads?search=QUETZAL")["data"]] == [thread]


def test_runs_are_listed_by_status(shelf: Shelf) -> None:
    assert shelf.ids("GET /v1/runs", "status=failed") == []
    assert len(shelf.ids("GET /v1/runs", "status=failed,completed")) == len(shelf.ids("GET /v1/runs"))


@pytest.mark.parametrize("row", of_queries("include[]"))
def test_the_text_of_results_is_included(row: Row, world: World) -> None:
    """Of the steps that hold it; elsewhere only that value is a value. `test_file_search_flow` has the texts."""
    run = world.waiting_run()
    ids = {"thread_id": run["thread_id"], "run_id": run["id"], "step_id": world.steps(run)[0]["id"]}
    cancelled = world.post(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel")
    url = row.endpoint.path.format(**ids)
    body = {"assistant_id": world.assistant(), "tool_outputs": []} if row.endpoint.method == "POST" else None
    world.rested(cancelled)
    answer = world.http.request(row.endpoint.method, f"{url}?include[]=nonsense", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "include")
    answer = world.http.request(row.endpoint.method, f"{url}?include[]={CONTENT}", json=body)
    assert "include" not in answer.text


def test_every_query_has_its_test() -> None:
    tested = {"limit", "order", "after", "before", "filter", "run_id", "purpose", "search", "status", "include[]"}
    assert {row.path for row in QUERIES} == tested | {"dry_run"}


def test_a_dry_run_changes_nothing(world: World) -> None:
    EFFECTS["POST /v1/_transfer/objects", "dry_run"](world)


# --- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, (status, _) in HEADERS.items() if status != "honoured"])
def test_headers_without_effect(name: str, world: World) -> None:
    url = "/vector_stores/" + world.store()
    one, other = (world.http.get(url, headers={name: value}).json() for value in ("a", "b"))
    assert one == other == world.get(url)
    made = [world.http.post("/threads", headers={name: "same"}).json()["id"] for _ in range(2)]
    assert made[0] != made[1]
