"""`kill -9` of a server under load: whatever it acknowledged is there again, and every thread goes on."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lives import Lives, open_lives
from tests.crash.load import Api, Callers, Ledger, Seen, outputs_for, rested
from tests.models.scripted import WEATHER_ANSWER, WEATHER_CALL, build_scripted

STOPPED = "The engine stopped while this run was in progress."
ANSWER = "".join(WEATHER_ANSWER.chunks)


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    model = build_scripted(tmp_path / "weather.gguf", [WEATHER_CALL, WEATHER_ANSWER])
    with open_lives("tests.crash.server", str(model), str(tmp_path / "data"), log=tmp_path / "log") as opened:
        yield opened


def texts_of(api: Api, seen: Seen) -> list[str]:
    """The texts of a thread, oldest first."""
    page = api.get(f"/threads/{seen.thread_id}/messages?order=asc&limit=100")["data"]
    return ["".join(part["text"]["value"] for part in message["content"]) for message in page]


def check_thread(api: Api, seen: Seen) -> None:
    """Everything acknowledged about a thread is there, its run has a legal standing, and it takes a new message."""
    path = f"/threads/{seen.thread_id}"
    assert texts_of(api, seen)[: len(seen.texts)] == seen.texts
    if seen.run_id is not None:
        check_run(api, seen, rested(api, f"{path}/runs/{seen.run_id}"))
    for run in api.get(f"{path}/runs")["data"]:  # one may be there that was never acknowledged
        go_on(api, rested(api, f"{path}/runs/{run['id']}"))
    api.post(f"{path}/messages", {"role": "user", "content": "after the crash"})


def check_run(api: Api, seen: Seen, run: Any) -> None:
    status = run["status"]
    if seen.status == "completed":
        assert status == "completed", run
    elif seen.has_submitted:
        assert status in ("completed", "failed"), run
    elif seen.status == "requires_action" and not seen.is_submitting:
        assert status == "requires_action", run
        assert [call["tool_call_id"] for call in outputs_for(run)["tool_outputs"]] == seen.calls
    if status == "failed":
        assert run["last_error"]["code"] == "server_error"
        assert run["last_error"]["message"].startswith(STOPPED)
    if status == "completed":
        assert texts_of(api, seen)[-1] == ANSWER


def go_on(api: Api, run: Any) -> None:
    """A run that waits takes its outputs and comes to its end."""
    if run["status"] == "requires_action":
        path = f"/threads/{run['thread_id']}/runs/{run['id']}"
        api.post(f"{path}/submit_tool_outputs", outputs_for(run))
        assert rested(api, path)["status"] == "completed"


def endure(lives: Lives, num_kills: int) -> None:
    chance = random.Random(num_kills)
    everything: list[Seen] = []
    url = lives.begin()
    for _ in range(num_kills):
        ledger = Ledger()
        callers = Callers(url, ledger)
        ledger.wait_for(chance.randint(5, 80))
        lives.kill()
        callers.join()
        url = lives.begin()
        with closing(Api(url)) as api:
            for seen in ledger.threads:
                check_thread(api, seen)
                seen.texts = texts_of(api, seen)
        everything += ledger.threads
    with closing(Api(url)) as api:
        for seen in everything:  # nothing of an earlier life was lost in a later one
            assert texts_of(api, seen) == seen.texts


def test_three_kills_lose_nothing(lives: Lives) -> None:
    endure(lives, 3)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing(lives: Lives) -> None:
    endure(lives, 50)
