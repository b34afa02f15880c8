"""The extensions: lists across threads, and a run's events from the beginning for whoever comes later."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from localassist.bus import MemoryBus
from localassist.testing import call, say
from tests.unit.http.calling import Api

TOOLS = [{"type": "function", "function": {"name": "f"}}]


def path_of(run: dict[str, Any]) -> str:
    return f"/v1/threads/{run['thread_id']}/runs/{run['id']}"


def wait_for(api: Api, run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(event.wire() for event in api.engine.bus.follow(run["id"]) if event.name == name)


def names(api: Api, run: dict[str, Any]) -> list[str]:
    reply = api.call("GET", f"{path_of(run)}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    return [name for name, _ in reply.events]


def test_threads_are_listed_newest_first_in_pages(api: Api) -> None:
    made = [api.call("POST", "/v1/threads", {}).json["id"] for _ in range(3)]
    page = api.call("GET", "/v1/threads?limit=2").json
    assert [item["id"] for item in page["data"]] == made[:0:-1]
    assert page["has_more"]
    rest = api.call("GET", f"/v1/threads?limit=2&after={page['last_id']}").json
    assert [item["id"] for item in rest["data"]] == made[:1]


def test_runs_are_listed_across_threads_and_found_by_their_id(api_of: Callable[..., Api]) -> None:
    api = api_of(say("one"), call("f", x=1))
    done = api.new_run()
    wait_for(api, done, "thread.run.completed")  # before the next begins: whichever asks first is told "one"
    waiting = api.new_run(tools=TOOLS)
    wait_for(api, waiting, "thread.run.requires_action")
    assert [run["id"] for run in api.call("GET", "/v1/runs").json["data"]] == [waiting["id"], done["id"]]
    found = api.call("GET", "/v1/runs?status=completed&status=failed").json["data"]
    assert [run["id"] for run in found] == [done["id"]]
    assert api.call("GET", f"/v1/runs/{done['id']}").json["status"] == "completed"


@pytest.mark.parametrize(("path", "status"), [("/v1/runs/run_none", 404), ("/v1/runs/x", 400)])
def test_an_unknown_run_is_an_error(path: str, status: int, api: Api) -> None:
    assert api.call("GET", path).status == status


def test_an_unknown_status_is_an_error(api: Api) -> None:
    reply = api.call("GET", "/v1/runs?status=sleeping")
    assert reply.status == 400
    assert reply.error["param"] == "status"


def test_the_lists_of_threads_want_the_beta_header_as_all_of_threads_do(api: Api) -> None:
    assert api.call("GET", "/v1/threads", headers={}).status == 400


def test_events_are_replayed_over_the_outputs_that_were_waited_for(api_of: Callable[..., Api]) -> None:
    api = api_of(call("f", x=1), say("done"))
    run = api.new_run(tools=TOOLS)
    waiting = wait_for(api, run, "thread.run.requires_action")
    made = waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    outputs = {"tool_outputs": [{"tool_call_id": made["id"], "output": "2"}]}
    api.call("POST", f"{path_of(run)}/submit_tool_outputs", outputs)
    seen = names(api, run)
    assert seen[:2] == ["thread.created", "thread.run.created"]
    assert "thread.run.requires_action" in seen
    assert seen[-2:] == ["thread.run.completed", "done"]


def test_of_a_run_whose_events_are_gone_the_end_is_sent(api_of: Callable[..., Api]) -> None:
    api = api_of(say("done"))
    run = api.new_run()
    wait_for(api, run, "thread.run.completed")
    api.engine.bus = MemoryBus()  # as after a restart
    reply = api.call("GET", f"{path_of(run)}/events")
    assert [name for name, _ in reply.events] == ["thread.run.completed", "done"]
    assert json.loads(reply.events[0][1])["id"] == run["id"]


def test_events_of_an_unknown_run_are_an_error(api: Api) -> None:
    thread = api.call("POST", "/v1/threads", {}).json["id"]
    assert api.call("GET", f"/v1/threads/{thread}/runs/run_none/events").status == 404
