"""Every row of the table of errors, byte for byte."""

import json
from collections.abc import Iterator

import pytest

from localassist.http.access import Access
from localassist.http.compatibility.errors import ERRORS, ErrorText
from localassist.http.server import serve_in_thread
from localassist.testing import SCRIPTED_MODEL, ManualClock
from tests.compat.provocations import KEY, PROVOCATIONS, Later, Place
from tests.compat.world import World, open_world

DAY_S = 86400


@pytest.fixture(scope="module")
def place(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    clock = ManualClock()
    locked = serve_in_thread(world.lab.engine, access=Access(api_keys=(KEY,)))
    with locked as url, open_world(tmp_path_factory.mktemp("later"), clock=clock) as later:
        yield Place(world, url, Later(later, lambda days: clock.advance(days * DAY_S)))


@pytest.mark.parametrize("error", [pytest.param(error, id=error.situation.replace(" ", "-")) for error in ERRORS])
def test_an_error_has_its_text(error: ErrorText, place: Place) -> None:
    provoked = PROVOCATIONS[error.situation](place)
    message = error.message.format(**provoked.values)
    param = error.param and error.param.format(**provoked.values)
    expected = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": error.code}}
    if "with `detail`" in error.situation:
        expected["detail"] = {"message": message, "code": None}
    assert provoked.answer.text == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    assert provoked.answer.status_code == error.status
    assert provoked.answer.headers["content-type"] == "application/json"


def test_every_provocation_belongs_to_a_row() -> None:
    assert set(PROVOCATIONS) == {error.situation for error in ERRORS}
    assert len(PROVOCATIONS) == len(ERRORS)


def test_no_status_makes_an_sdk_send_again() -> None:
    assert not {error.status for error in ERRORS} & {408, 409, 429, 500, 503}


# --- texts that are never raised: the same requests succeed --------------------------------------------------------


def test_an_image_is_not_looked_at(world: World) -> None:
    file = world.file("report.pdf", purpose="vision")
    parts = [{"type": "image_file", "image_file": {"file_id": file}}]
    parts.append({"type": "image_url", "image_url": {"url": "https://example.com/none"}})
    made = world.post(f"/threads/{world.thread()}/messages", {"role": "user", "content": parts})
    assert [part["type"] for part in made["content"]] == ["image_file", "image_url"]


def test_file_search_works_on_azures_paths(world: World) -> None:
    root = str(world.http.base_url).removesuffix("/v1/")
    body = {"model": SCRIPTED_MODEL, "tools": [{"type": "file_search"}]}
    answer = world.http.post(f"{root}/openai/assistants?api-version=2024-05-01-preview", json=body)
    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["assistants=v1", "assistants=v2"])
def test_every_model_works_under_every_version(version: str, world: World) -> None:
    answer = world.http.post("/assistants", json={"model": SCRIPTED_MODEL}, headers={"OpenAI-Beta": version})
    assert answer.status_code == 200


def test_a_failed_run_says_what_went_wrong(world: World) -> None:
    run = world.run(world.thread({"role": "user", "content": "FAIL"}))
    expected = {"code": "server_error", "message": "The disk is full. Make room."}
    assert (run["status"], run["last_error"]) == ("failed", expected)
