"""Tokens per second while Python code of the same program is busy, ÷ without (reach, in a worker process: 0.95).

With one core taken by the busy code, the fair comparison leaves one thread to the engine in both cases.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from _calm import Rounds, calm_rounds, calmness
from _engine import median, qwen_shape, report, tokens_per_second, words
from localassist.http.server import SWITCH_INTERVAL_S
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.inference.remote import WorkerBackend
from localassist.protocols import ModelBackend

ROUNDS, TOKENS = 5, 48


@contextmanager
def busy_python() -> Iterator[None]:
    """A thread that computes for 300 ms, rests for 5, and so on."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.005):
            until = time.perf_counter() + 0.3
            while time.perf_counter() < until:
                sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def measure(backend: ModelBackend) -> Rounds[tuple[float, float]]:
    """Tokens per second without and with the busy thread, in turns."""

    def turn(number: int) -> tuple[float, float]:
        quiet = tokens_per_second(backend, [words(16, seed=number)], TOKENS)
        with busy_python():
            return quiet, tokens_per_second(backend, [words(16, seed=1000 + number)], TOKENS)

    rounds = calm_rounds(turn, ROUNDS)
    backend.close()
    return rounds


def main() -> None:
    options = LlamaOptions(threads=1)
    measured = {
        "thread": measure(LlamaBackend(qwen_shape(), options)),
        "worker process": measure(WorkerBackend(qwen_shape(), options)),
    }
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    measured["worker process, as `serve` runs it"] = measure(WorkerBackend(qwen_shape(), options))
    rows = [
        (name, *map(median, zip(*rounds.values, strict=True)), median(busy / quiet for quiet, busy in rounds.values))
        for name, rounds in measured.items()
    ]
    columns = ["engine in a", "quiet, tokens/s", "busy, tokens/s", "ratio (median of rounds)"]
    report("engine_busy_python", columns, rows, reach=0.95, **calmness(*measured.values()))


if __name__ == "__main__":
    main()
