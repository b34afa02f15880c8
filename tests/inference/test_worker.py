"""The same engine in a process of its own, which may die."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.errors import ContextLengthExceeded, GenerationFailed, InvalidRequest, ModelLoadFailed
from localassist.inference.options import LlamaOptions
from localassist.inference.remote import WorkerBackend
from localassist.protocols import Constraint
from tests.inference.helpers import answer, greedy, text_of, turn

OPTIONS = LlamaOptions(threads=1, memory_limit_bytes=10**15)


@pytest.fixture(scope="module")
def backend(models: dict[str, Path]) -> Iterator[WorkerBackend]:
    opened = WorkerBackend(models["endless"], OPTIONS)
    yield opened
    opened.close()


def test_it_answers_like_the_engine_in_this_process(backend: WorkerBackend) -> None:
    assert backend.facts.name == "scripted"
    assert answer(backend, turn("Hi"), max_tokens=4) == "one two three,one"
    assert backend.count_tokens(turn("Hi")) == 11


def test_errors_come_back_as_what_they_are(backend: WorkerBackend) -> None:
    with pytest.raises(ContextLengthExceeded, match="8192"):
        backend.generate(greedy(turn("x" * 9000)))
    with pytest.raises(InvalidRequest, match="nowhere"):
        backend.check(Constraint("start: nowhere"))
    backend.check(Constraint('start: "a"'))


def test_closing_a_stream_cancels_there(backend: WorkerBackend) -> None:
    for _ in range(20):  # more than run at once
        stream = backend.generate(greedy(turn("Hi"), max_tokens=None))
        next(stream)
        stream.close()
    assert answer(backend, turn("Hi"), max_tokens=1) == "one"


def test_many_at_once(backend: WorkerBackend) -> None:
    expected = "one two three," * 10
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(answer(backend, turn("Hi"), max_tokens=30))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [expected] * 16


def test_when_it_is_killed_its_generations_fail_and_the_next_is_served(backend: WorkerBackend) -> None:
    for _ in range(2):
        streams = [backend.generate(greedy(turn("Hi"), max_tokens=None)) for _ in range(3)]
        for stream in streams:
            next(stream)
        os.kill(backend.process_id, signal.SIGKILL)
        for stream in streams:
            with pytest.raises(GenerationFailed, match=r"killed by SIGKILL .*loaded again for the next request"):
                text_of(stream)
        assert answer(backend, turn("Hi"), max_tokens=2) == "one two"


def test_when_it_is_killed_it_can_be_woken_before_it_is_needed(backend: WorkerBackend) -> None:
    stream = backend.generate(greedy(turn("Hi"), max_tokens=None))
    assert backend.is_ready
    os.kill(backend.process_id, signal.SIGKILL)
    with pytest.raises(GenerationFailed):
        text_of(stream)
    assert not backend.is_ready
    seen: list[float] = []
    backend.wake(seen.append)
    assert backend.is_ready
    assert seen[-1] == 1.0
    assert answer(backend, turn("Hi"), max_tokens=2) == "one two"


def test_it_ends_when_it_is_closed(models: dict[str, Path]) -> None:
    backend = WorkerBackend(models["short"], OPTIONS)
    process_id = backend.process_id
    backend.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)
    with pytest.raises(GenerationFailed, match="closed"):
        backend.generate(greedy(turn("Hi")))


def test_a_process_that_cannot_start_does_not_blame_the_file(models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "localassist").mkdir()
    (tmp_path / "localassist" / "__init__.py").write_text("raise ImportError('half installed')")
    with pytest.raises(ModelLoadFailed, match=r"could not be started: .*half installed") as caught:
        WorkerBackend(models["short"], OPTIONS, environment={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert "was not looked at" in caught.value.message
