"""Whole event streams of contract §4.4 as text. `python -m tests.golden.scenarios` writes them anew."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from localassist.errors import GenerationFailed
from localassist.objects.events import Event
from localassist.objects.faults import validate
from localassist.objects.run_bodies import CreateThreadAndRun
from localassist.protocols import TextPiece
from localassist.testing import Hold, ManualClock, Turn, call, call_all, say
from tests.scripted_engine import FUNCTION, bench

FOLDER = Path(__file__).parent
ID = re.compile(r"\b(asst|thread|msg|run|step|call)_[A-Za-z0-9]{24}\b")


def as_text(events: Iterable[Event]) -> str:
    """One event a line: its name and its data, ids numbered in order of appearance."""
    lines = "".join(f"{event.name} {json.dumps(event.wire(), ensure_ascii=False)}\n" for event in events)
    names: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        prefix = match.group(1)
        count = sum(name.startswith(f"{prefix}_") for name in names.values())
        return names.setdefault(match.group(), f"{prefix}_{count + 1}")

    return ID.sub(numbered, lines)


def plain_answer() -> list[Event]:
    with bench(say("Hello there friend"), clock=ManualClock()) as b:
        return b.events(b.run(b.thread("hi"), b.assistant(name="Greeter", instructions="Be kind.")))


def thread_and_run() -> list[Event]:
    with bench(say("Hello"), clock=ManualClock()) as b:
        thread = {"messages": [{"role": "user", "content": "hi"}]}
        body = validate(CreateThreadAndRun, {"assistant_id": b.assistant(), "thread": thread})
        return b.events(b.engine.runs.create_with_thread(body))


def function_calls() -> list[Event]:
    with bench(call("get_weather", before="Let me look.", city="Paris"), clock=ManualClock()) as b:
        return b.events(b.run(b.thread("weather?"), b.assistant(tools=[FUNCTION])))


def submitted_outputs() -> list[Event]:
    calls = call_all(("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Seoul"}))
    clock = ManualClock()
    with bench(calls, say("Both sunny"), clock=clock) as b:
        waiting = b.finish(b.run(b.thread("weather?"), b.assistant(tools=[FUNCTION])))
        clock.advance(5)
        return b.events(b.submit(waiting, "sunny", "sunny too"))


def failure() -> list[Event]:
    with bench(Turn(TextPiece("So"), GenerationFailed("The engine failed.")), clock=ManualClock()) as b:
        return b.events(b.run(b.thread("hi"), b.assistant()))


def cancelled() -> list[Event]:
    hold = Hold()
    with bench(Turn(TextPiece("Half"), hold, TextPiece(" more")), clock=ManualClock()) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
        b.engine.runs.cancel(started.run.thread_id, started.run.id)
        return b.events(started)


def expired() -> list[Event]:
    clock, hold = ManualClock(), Hold()
    with bench(Turn(TextPiece("Slow"), hold), clock=clock) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
        clock.advance(600)
        b.engine.expire_due()
        return b.events(started)


def token_limit() -> list[Event]:
    long = Turn(TextPiece("start "), *(TextPiece("") for _ in range(255)), TextPiece("never sent"))
    with bench(long, clock=ManualClock()) as b:
        events = b.events(b.run(b.thread("hi"), b.assistant(), max_completion_tokens=256))
        return [event for event in events if event.name != "thread.message.delta"]


SCENARIOS: dict[str, Callable[[], list[Event]]] = {
    made.__name__: made
    for made in (
        plain_answer,
        thread_and_run,
        function_calls,
        submitted_outputs,
        failure,
        cancelled,
        expired,
        token_limit,
    )
}


if __name__ == "__main__":
    for name, scenario in SCENARIOS.items():
        (FOLDER / f"{name}.txt").write_text(as_text(scenario()), encoding="utf-8")
