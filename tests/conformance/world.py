"""Shorthands for tests that speak plain HTTP."""

import time
from typing import Any

import httpx

from tests.conformance import lab

RESTING = {"requires_action", "cancelled", "failed", "completed", "incomplete", "expired"}
TOOL = lab.TOOL
USER = {"role": "user", "content": "How is the weather in Paris?"}
DEADLINE_S = 60


def post(http: httpx.Client, path: str, body: Any = None) -> Any:
    """The object a request that has to succeed answers with."""
    response = http.post(path, json={} if body is None else body)
    assert response.status_code == 200, response.text
    return response.json()


def new_assistant(http: httpx.Client, model: str = lab.PLAIN, **settings: Any) -> str:
    return post(http, "/assistants", {"model": model, **settings})["id"]


def new_thread(http: httpx.Client, *texts: str) -> str:
    return post(http, "/threads", {"messages": [{"role": "user", "content": text} for text in texts]})["id"]


def new_file(http: httpx.Client, name: str = "a.txt", content: bytes = b"hello", purpose: str = "assistants") -> Any:
    response = http.post("/files", data={"purpose": purpose}, files={"file": (name, content)})
    assert response.status_code == 200, response.text
    return response.json()


def rested(http: httpx.Client, run: Any) -> Any:
    """The run when it has come to rest."""
    deadline = time.monotonic() + DEADLINE_S
    while run["status"] not in RESTING:
        assert time.monotonic() < deadline, f"still {run['status']}"
        time.sleep(0.01)
        run = http.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json()
    return run


def new_run(http: httpx.Client, model: str = lab.PLAIN, **settings: Any) -> Any:
    """A run at rest, on a thread and an assistant of its own; the model that calls functions has them."""
    tools = {lab.WEATHER: [lab.TOOL], lab.TWO_CALLS: [lab.TOOL, lab.TIME_TOOL]}.get(model, [])
    body = {"assistant_id": new_assistant(http, model, tools=tools), "thread": {"messages": [USER]}, **settings}
    return rested(http, post(http, "/threads/runs", body))


def run_path(run: Any) -> str:
    return f"/threads/{run['thread_id']}/runs/{run['id']}"


def outputs_for(run: Any, *outputs: str) -> list[dict[str, str]]:
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    given = outputs or ("sunny",) * len(calls)
    return [{"tool_call_id": call["id"], "output": output} for call, output in zip(calls, given, strict=True)]


def submitted(http: httpx.Client, run: Any) -> Any:
    """The run at rest again after its outputs are given."""
    return rested(http, post(http, f"{run_path(run)}/submit_tool_outputs", {"tool_outputs": outputs_for(run)}))


def events_of(http: httpx.Client, path: str, body: Any) -> list[tuple[str, str]]:
    """The frames of a stream: names and data, as sent."""
    with http.stream("POST", path, json={**body, "stream": True}) as response:
        assert response.status_code == 200
        text = response.read().decode()
    frames = [frame.split("\n") for frame in text.split("\n\n") if frame and not frame.startswith(":")]
    return [(frame[0].removeprefix("event: "), frame[1].removeprefix("data: ")) for frame in frames]
