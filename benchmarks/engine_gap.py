"""The longest wait between two tokens of a running answer while a prompt of 768 tokens is read (reach: 250 ms)."""

import threading
import time
from collections.abc import Iterable
from functools import partial

from _calm import calm_rounds, calmness
from _engine import median, qwen_shape, report, timed, words
from localassist.inference.backend import LlamaBackend
from localassist.protocols import GenerationRequest, Token

ROUNDS = 3


def main() -> None:
    backend = LlamaBackend(qwen_shape())
    timed(backend, words(600, seed=99), 20)  # the engine learns what reading and writing cost
    rounds = calm_rounds(partial(_arrival, backend), ROUNDS)
    backend.close()
    columns = ["round", "median gap, ms", "longest gap, ms", "newcomer's first token, s"]
    rows = [(number, *value) for number, value in enumerate(rounds.values)]
    report("engine_gap", columns, rows, reach_ms=250, **calmness(rounds))


def _arrival(backend: LlamaBackend, number: int) -> tuple[float, float, float]:
    """A prompt arrives while an answer runs: that one's median and longest gap in ms, the first token's time in s."""
    running = backend.generate(GenerationRequest(words(16, seed=number), max_tokens=4000, temperature=0))
    for _ in range(10):
        next(running)
    arrived = threading.Event()
    first: list[float] = []

    def read_newcomer() -> None:
        first.append(timed(backend, words(768, seed=700 + number), 2).first_s)
        arrived.set()

    newcomer = threading.Thread(target=read_newcomer)
    newcomer.start()
    gaps = _gaps_until(running, arrived)
    newcomer.join()
    running.close()
    return median(gaps) * 1e3, max(gaps) * 1e3, first[0]


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
