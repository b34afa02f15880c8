"""Tokens per second while Python code of the same program is busy, ÷ without (reach, in a worker process: 0.95).

With one core taken by the busy code, the fair comparison leaves one thread to the engine in both cases.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from _engine import median, qwen_shape, report, tokens_per_second, words
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


def measure(backend: ModelBackend) -> tuple[float, float]:
    """Tokens per second without and with the busy thread, in turns."""
    quiet, busy = [], []
    for number in range(ROUNDS):
        quiet.append(tokens_per_second(backend, [words(16, seed=number)], TOKENS))
        with busy_python():
            busy.append(tokens_per_second(backend, [words(16, seed=100 + number)], TOKENS))
    backend.close()
    return median(quiet), median(busy)


def main() -> None:
    options, rows = LlamaOptions(threads=1), []
    for name, backend in (
        ("thread", LlamaBackend(qwen_shape(), options)),
        ("worker process", WorkerBackend(qwen_shape(), options)),
    ):
        quiet, busy = measure(backend)
        rows.append((name, quiet, busy, busy / quiet))
    report("engine_busy_python", ["engine in a", "quiet, tokens/s", "busy, tokens/s", "ratio"], rows, reach=0.95)


if __name__ == "__main__":
    main()
