"""The longest wait between two tokens of a running answer while a prompt of 768 tokens is read (reach: 250 ms)."""

import threading
import time
from collections.abc import Iterable

from _engine import median, qwen_shape, report, timed, words
from localassist.inference.backend import LlamaBackend
from localassist.protocols import GenerationRequest, Token

ROUNDS = 3


def main() -> None:
    backend = LlamaBackend(qwen_shape())
    timed(backend, words(600, seed=99), 20)  # the engine learns what reading and writing cost
    rows = []
    for number in range(ROUNDS):
        running = backend.generate(GenerationRequest(words(16, seed=number), max_tokens=4000, temperature=0))
        for _ in range(10):
            next(running)
        arrived = threading.Event()
        first: list[float] = []

        def read_newcomer(seed: int = 700 + number, into: list[float] = first, done: threading.Event = arrived) -> None:
            into.append(timed(backend, words(768, seed=seed), 2).first_s)
            done.set()

        newcomer = threading.Thread(target=read_newcomer)
        newcomer.start()
        gaps = _gaps_until(running, arrived)
        newcomer.join()
        running.close()
        rows.append((number, median(gaps) * 1e3, max(gaps) * 1e3, first[0]))
    backend.close()
    report(
        "engine_gap", ["round", "median gap, ms", "longest gap, ms", "newcomer's first token, s"], rows, reach_ms=250
    )


def _gaps_until(stream: Iterable[Token], done: threading.Event) -> list[float]:
    """Seconds between the tokens of a stream until something else is done."""
    gaps, last = [], time.perf_counter()
    for _ in stream:
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        if done.is_set():
            break
    return gaps


if __name__ == "__main__":
    main()
