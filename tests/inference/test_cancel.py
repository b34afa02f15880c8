"""Closing a stream stops its generation, at once when it runs alone, without touching others."""

import threading

import pytest

from localassist.inference.llama import Context, DecodeOutcome
from tests.inference.conftest import OpenBackend
from tests.inference.helpers import answer, greedy, outcome, turn

LONG = turn("why " * 1500)


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[DecodeOutcome]:
    """What every decode of the test ended with."""
    seen: list[DecodeOutcome] = []
    decode = Context.decode

    def watched(context: Context) -> DecodeOutcome:
        seen.append(decode(context))
        return seen[-1]

    monkeypatch.setattr(Context, "decode", watched)
    return seen


def test_a_cancelled_stream_ends_and_the_next_request_is_served(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", max_sequences=1)
    stream = backend.generate(greedy(turn("Hi"), max_tokens=None))
    next(stream)
    stream.close()
    assert list(stream) == []
    assert answer(backend, turn("Hi"), max_tokens=2) == "one two"


def test_a_cancel_alone_interrupts_the_reading_of_a_prompt(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decode is held at its door until the cancel has been heard, then must end as aborted by itself."""
    backend = open_backend("random")
    at_door, go_on = threading.Event(), threading.Event()
    outcomes: list[DecodeOutcome] = []
    decode = Context.decode

    def held(context: Context) -> DecodeOutcome:
        at_door.set()
        go_on.wait()
        outcomes.append(decode(context))
        return outcomes[-1]

    monkeypatch.setattr(Context, "decode", held)
    stream = backend.generate(greedy(LONG))
    at_door.wait()
    stream.close()
    go_on.set()
    assert answer(backend, turn("Hi"), max_tokens=3) != ""
    assert outcomes[0] is DecodeOutcome.ABORTED


def test_a_cancel_beside_others_aborts_nothing(open_backend: OpenBackend, outcomes: list[DecodeOutcome]) -> None:
    backend = open_backend("endless")
    others = [backend.generate(greedy(turn(f"Hi {n}"), max_tokens=100)) for n in range(3)]
    cancelled = backend.generate(greedy(turn("Hi"), max_tokens=None))
    next(cancelled)
    cancelled.close()
    assert all(list(stream)[-1].finish_reason == "length" for stream in others)
    assert answer(backend, turn("Hi"), max_tokens=3) == "one two three,"
    assert set(outcomes) == {DecodeOutcome.DONE} or outcomes.count(DecodeOutcome.ABORTED) <= 1


def test_what_waits_can_be_cancelled_too(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", max_sequences=1)
    running = backend.generate(greedy(turn("Hi"), max_tokens=50))
    waiting = backend.generate(greedy(turn("Yo"), max_tokens=None))
    waiting.close()
    assert list(running)[-1].finish_reason == "length"
    assert answer(backend, turn("Hi"), max_tokens=1) == "one"


def test_a_forgotten_stream_does_not_go_on(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", max_sequences=1)
    next(backend.generate(greedy(turn("Hi"), max_tokens=None)))
    assert answer(backend, turn("Hi"), max_tokens=1) == "one"


def test_an_aborted_prompt_is_reused_as_far_as_it_was_read(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", batch_size=64)
    stream = backend.generate(greedy(LONG, max_tokens=None))
    next(stream)
    stream.close()
    usage = outcome(backend, greedy(LONG, max_tokens=2))[2]
    assert usage.cached_tokens == usage.prompt_tokens - 1
