"""Streams of runs: frames, endings, silence, readers that leave."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message

from localassist.bus import MemoryBus
from localassist.http.sse import DONE, KEEP_ALIVE, EventStream, OpenStreams, RunFrames, Wakeup, error_frame, frame
from localassist.objects.events import Event, message_delta
from localassist.objects.runs import Run
from localassist.protocols import TextPiece
from localassist.testing import Hold, ScriptedModel, Turn, call, say
from tests.unit.http.calling import TIMEOUT_S, Api

RUN_ID = "run_1"


def run_event(name: str) -> Event:
    status = "queued" if name == "created" else name
    run = Run(id=RUN_ID, created_at=1, assistant_id="asst_1", thread_id="thread_1", status=status, model="m")
    return Event(f"thread.run.{name}", run)


class Reader:
    """A connection: collects what is sent, and can go away."""

    def __init__(self, bus: MemoryBus, *, after: int = 0, include: bool = False, keep_alive_s: float = 60) -> None:
        self.streams = OpenStreams()
        frames = RunFrames(bus, RUN_ID, after=after, include_content=include)
        self._stream = EventStream(frames, self.streams, keep_alive_s=keep_alive_s)
        self._gone = asyncio.Event()
        self._news = asyncio.Event()
        self.chunks: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}

    async def read(self) -> list[bytes]:
        await self._stream({"type": "http"}, self._receive, self._send)
        return self.chunks

    async def seen(self, num_chunks: int) -> None:
        while len(self.chunks) < num_chunks:
            self._news.clear()
            await self._news.wait()

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        elif message["body"]:
            self.chunks.append(message["body"])
            self._news.set()


def readers(bus: MemoryBus) -> int:
    return sum(len(log.readers) for log in bus._log_by_run_id.values())


def test_a_frame_is_one_line_of_compact_unicode_json() -> None:
    assert frame("x", {"a": [1, "ü\n"]}) == 'event: x\ndata: {"a":[1,"ü\\n"]}\n\n'.encode()


def test_events_that_are_there_come_in_one_piece_and_end_with_done() -> None:
    bus = MemoryBus()
    events = [run_event("created"), message_delta("msg_1", {"index": 0}), run_event("completed"), run_event("failed")]
    for event in events:
        bus.publish(RUN_ID, event)
    reader = Reader(bus)
    chunks = asyncio.run(reader.read())
    assert chunks == [b"".join(frame(event.name, event.wire()) for event in events[:3]) + DONE]
    assert reader.headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert readers(bus) == 0


def test_a_stream_begins_at_its_position() -> None:
    bus = MemoryBus()
    for status in ("created", "requires_action", "queued", "completed"):
        bus.publish(RUN_ID, run_event(status))
    names = [line for line in b"".join(asyncio.run(Reader(bus, after=2).read())).split(b"\n") if b"event" in line]
    assert names == [b"event: thread.run.queued", b"event: thread.run.completed", b"event: done"]


async def publish_when_read(bus: MemoryBus, reader: Reader) -> list[bytes]:
    reading = asyncio.create_task(reader.read())
    for number, event in enumerate((run_event("queued"), run_event("in_progress"), run_event("expired"))):
        await asyncio.to_thread(bus.publish, RUN_ID, event)
        await reader.seen(number + 1)
    return await reading


def test_events_are_sent_as_other_threads_publish_them() -> None:
    bus = MemoryBus()
    chunks = asyncio.run(publish_when_read(bus, Reader(bus)))
    assert [chunk.split(b"\n")[0] for chunk in chunks] == [
        b"event: thread.run.queued",
        b"event: thread.run.in_progress",
        b"event: thread.run.expired",
    ]


def test_silence_is_filled_with_comments() -> None:
    async def scenario() -> list[bytes]:
        bus = MemoryBus()
        reader = Reader(bus, keep_alive_s=0.01)
        reading = asyncio.create_task(reader.read())
        await reader.seen(2)
        bus.publish(RUN_ID, run_event("completed"))
        return await reading

    chunks = asyncio.run(scenario())
    assert chunks[:2] == [KEEP_ALIVE, KEEP_ALIVE]
    assert chunks[-1].endswith(DONE)


def test_a_reader_that_leaves_ends_its_subscription_only() -> None:
    async def scenario() -> tuple[int, int]:
        bus = MemoryBus()
        leaving, staying = Reader(bus), Reader(bus)
        tasks = [asyncio.create_task(leaving.read()), asyncio.create_task(staying.read())]
        bus.publish(RUN_ID, run_event("queued"))
        await leaving.seen(1)
        leaving.leave()
        await tasks[0]
        left = readers(bus)
        bus.publish(RUN_ID, run_event("completed"))
        return left, len(b"".join(await tasks[1]))

    left, size = asyncio.run(scenario())
    assert left == 1
    assert size > 0


def test_a_send_that_fails_closes_the_subscription() -> None:
    async def scenario() -> int:
        bus = MemoryBus()
        bus.publish(RUN_ID, run_event("queued"))

        async def refuse(message: Message) -> None:
            raise OSError("broken pipe")

        stream = EventStream(RunFrames(bus, RUN_ID, after=0, include_content=False), OpenStreams())
        await stream({"type": "http"}, asyncio.Event().wait, refuse)  # type: ignore[arg-type]
        return readers(bus)

    assert asyncio.run(scenario()) == 0


def test_a_server_that_stops_ends_its_streams() -> None:
    async def scenario() -> list[bytes]:
        bus = MemoryBus()
        bus.publish(RUN_ID, run_event("queued"))
        reader = Reader(bus)
        reading = asyncio.create_task(reader.read())
        await reader.seen(1)
        reader.streams.end_all()
        return await reading

    assert asyncio.run(scenario())[-1] == error_frame("The server is stopping; the run goes on.")


def test_an_engine_that_stops_is_no_silent_end() -> None:
    bus = MemoryBus()
    bus.publish(RUN_ID, run_event("queued"))
    bus.end(RUN_ID)
    assert b"event: error\n" in asyncio.run(Reader(bus).read())[-1]


def test_a_fault_becomes_an_error_event_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    bus = MemoryBus()
    bus.publish(RUN_ID, Event("thread.run.queued", {"not": {"json"}}))
    with caplog.at_level(logging.ERROR):
        chunk = asyncio.run(Reader(bus).read())[-1].decode()
    assert "TypeError" in caplog.text
    data = json.loads(chunk.split("\n")[1].removeprefix("data: "))
    assert data["error"] == {key: data[key] for key in ("message", "type", "param", "code")}
    assert data["type"] == "server_error"


def search_step() -> dict[str, Any]:
    result = {"file_id": "file-1", "content": [{"type": "text", "text": "passage"}]}
    call = {"id": "call_1", "type": "file_search", "file_search": {"results": [result]}}
    return {"id": "step_1", "step_details": {"type": "tool_calls", "tool_calls": [call]}}


@pytest.mark.parametrize("include", [True, False])
def test_search_results_have_text_only_when_asked_for(include: bool) -> None:
    bus = MemoryBus()
    bus.publish(RUN_ID, Event("thread.run.step.completed", search_step()))
    bus.publish(RUN_ID, run_event("completed"))
    assert (b"passage" in b"".join(asyncio.run(Reader(bus, include=include).read()))) is include


def test_many_wakeups_are_scheduled_once() -> None:
    async def scenario() -> int:
        wakeup, loop = Wakeup(), asyncio.get_running_loop()
        scheduled = 0
        original = loop.call_soon_threadsafe

        def count(*args: Any, **options: Any) -> Any:
            nonlocal scheduled
            scheduled += 1
            return original(*args, **options)

        loop.call_soon_threadsafe = count  # type: ignore[method-assign]
        for _ in range(100):
            wakeup()
        assert await wakeup.wait(5)
        return scheduled

    assert asyncio.run(scenario()) == 1


# --- with an engine -----------------------------------------------------------------------------------------------


def test_a_run_streams_over_the_api(api_of: Callable[..., Api]) -> None:
    api = api_of(say("good day"))
    assistant = api.call("POST", "/v1/assistants", {"model": "scripted"}).json
    reply = api.call("POST", "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
    names = [name for name, _ in reply.events]
    assert names[:3] == ["thread.created", "thread.run.created", "thread.run.queued"]
    assert names[-2:] == ["thread.run.completed", "done"]
    assert reply.events[-1] == ("done", "[DONE]")


def test_a_refused_stream_is_an_ordinary_error(api: Api) -> None:
    reply = api.call("POST", "/v1/threads/thread_missing/runs", {"assistant_id": "asst_missing", "stream": True})
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/json"


def test_the_second_stream_may_open_inside_the_first(api_of: Callable[..., Api]) -> None:
    api = api_of(call("f"), say("done"))
    function = {"type": "function", "function": {"name": "f"}}
    assistant = api.call("POST", "/v1/assistants", {"model": "scripted", "tools": [function]}).json
    first = api.begin("POST", "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
    first.begin(TIMEOUT_S)
    chunks = first.chunks(TIMEOUT_S)
    text = ""
    while "thread.run.requires_action" not in text:
        text += next(chunks).decode()
    run = json.loads(text.split("event: thread.run.requires_action\ndata: ")[1].split("\n")[0])
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": made["id"], "output": "42"} for made in calls]
    path = f"/v1/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    second = api.call("POST", path, {"tool_outputs": outputs, "stream": True})
    names = [name for name, _ in second.events]
    assert names[:2] == ["thread.run.step.completed", "thread.run.queued"]
    assert names[-2:] == ["thread.run.completed", "done"]
    assert (text + b"".join(chunks).decode()).endswith(DONE.decode())


def test_leaving_a_stream_leaves_the_run(api_of: Callable[..., Api]) -> None:
    hold = Hold()
    api = api_of(Turn(TextPiece("a"), hold, TextPiece("b")))
    assistant = api.call("POST", "/v1/assistants", {"model": "scripted"}).json
    exchange = api.begin("POST", "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
    exchange.begin(TIMEOUT_S)
    next(exchange.chunks(TIMEOUT_S))
    assert hold.reached.wait(TIMEOUT_S)
    exchange.hang_up()
    thread_id = next(iter(api.engine.runs._store.all(Run))).thread_id
    run_id = api.call("GET", f"/v1/threads/{thread_id}/runs").json["data"][0]["id"]
    hold.released.set()
    last = [event.name for event in api.engine.bus.follow(run_id)][-1]
    assert last == "thread.run.completed"


def test_two_hundred_idle_streams_starve_nobody(api_of: Callable[..., Api]) -> None:
    hold = Hold()
    api = api_of(Turn(hold), max_concurrent_runs=1)
    assistant = api.call("POST", "/v1/assistants", {"model": "scripted"}).json
    idle = []
    for _ in range(200):
        exchange = api.begin("POST", "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
        exchange.begin(TIMEOUT_S)
        idle.append(exchange)
    assert api.call("GET", f"/v1/assistants/{assistant['id']}").status == 200
    assert isinstance(api.engine.library, ScriptedModel)
    for exchange in idle:
        exchange.hang_up()
