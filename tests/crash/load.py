"""Callers that work until the server is gone, and a ledger of everything it acknowledged to them."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.conformance.lab import TOOL

NUM_CALLERS = 5
DEADLINE_S = 60
MOVING = ("queued", "in_progress", "cancelling")


@dataclass
class Seen:
    """What a caller knows about one thread, each part from an answer of the server."""

    thread_id: str
    texts: list[str]
    run_id: str | None = None
    status: str | None = None
    calls: list[str] = field(default_factory=list)
    has_submitted: bool = False
    is_submitting: bool = False


class Ledger:
    """Every acknowledged write, and a way to wait for a number of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.num_acknowledged = 0
        self.threads: list[Seen] = []

    def acknowledge(self) -> None:
        with self._changed:
            self.num_acknowledged += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.num_acknowledged >= count, DEADLINE_S)


class Api:
    """JSON in and out; anything but 200 is a failure of the test."""

    def __init__(self, url: str) -> None:
        headers = {"OpenAI-Beta": "assistants=v2"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=DEADLINE_S)

    def get(self, path: str) -> Any:
        return self._answer(self._http.get(path))

    def post(self, path: str, body: Any = None) -> Any:
        return self._answer(self._http.post(path, json=body or {}))

    def _answer(self, response: httpx.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()

    def close(self) -> None:
        self._http.close()


def outputs_for(run: Any) -> dict[str, Any]:
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]}


def rested(api: Api, path: str) -> Any:
    """The run at the path, once it is not moving."""
    deadline = time.monotonic() + DEADLINE_S
    while (run := api.get(path))["status"] in MOVING:
        assert time.monotonic() < deadline, f"still {run['status']}: {run['id']}"
        time.sleep(0.005)
    return run


class Callers:
    """Threads that hold conversations with a server until it stops answering."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._ledger = ledger
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(url, i)) for i in range(NUM_CALLERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _work(self, url: str, number: int) -> None:
        api = Api(url)
        try:
            assistant = api.post("/assistants", {"model": "gpt-4o", "tools": [TOOL]})["id"]
            while True:
                self._converse(api, assistant, leaves_early=number == 0)
        except httpx.TransportError:
            pass  # the server was killed
        except BaseException as exc:
            self.failures.append(exc)
        finally:
            api.close()

    def _converse(self, api: Api, assistant: str, *, leaves_early: bool) -> None:
        """One conversation with a function call; a caller that leaves early never gives the output."""
        thread = api.post("/threads", {"messages": [{"role": "user", "content": "first"}]})
        seen = Seen(thread["id"], ["first"])
        self._ledger.threads.append(seen)
        self._ledger.acknowledge()
        path = f"/threads/{seen.thread_id}"
        api.post(f"{path}/messages", {"role": "user", "content": "second"})
        seen.texts.append("second")
        self._ledger.acknowledge()
        run = api.post(f"{path}/runs", {"assistant_id": assistant})
        seen.run_id, seen.status = run["id"], run["status"]
        self._ledger.acknowledge()
        run = rested(api, f"{path}/runs/{run['id']}")
        seen.status = run["status"]
        assert seen.status == "requires_action", run
        seen.calls = [call["tool_call_id"] for call in outputs_for(run)["tool_outputs"]]
        self._ledger.acknowledge()
        if leaves_early:
            return
        seen.is_submitting = True
        api.post(f"{path}/runs/{run['id']}/submit_tool_outputs", outputs_for(run))
        seen.has_submitted = True
        self._ledger.acknowledge()
        run = rested(api, f"{path}/runs/{run['id']}")
        seen.status = run["status"]
        assert seen.status == "completed", run
        self._ledger.acknowledge()
