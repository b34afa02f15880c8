"""Tokens per second beside a program that keeps a core busy: adaptive threads ÷ the best fixed count (reach: 0.9)."""

import subprocess
import sys

from _calm import calm_rounds, calmness
from _engine import median, qwen_shape, report, tokens_per_second, words
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.inference.threads import ThreadGovernor, default_threads

ROUNDS, TOKENS = 4, 64


def main() -> None:
    most = default_threads()
    backends = {"adaptive": LlamaBackend(qwen_shape(), LlamaOptions(threads=most))}
    observe = ThreadGovernor.observe
    for count in range(1, most + 1):
        backends[f"fixed {count}"] = _fixed(count)
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def turn(number: int) -> dict[str, float]:
        prompts = [words(16, seed=number)]
        return {name: tokens_per_second(backend, prompts, TOKENS) for name, backend in backends.items()}

    try:
        rounds = calm_rounds(turn, ROUNDS)
    finally:
        neighbour.kill()
        neighbour.wait()
        ThreadGovernor.observe = observe  # type: ignore[method-assign]
    for backend in backends.values():
        backend.close()
    rows = [(name, median(speeds[name] for speeds in rounds.values)) for name in backends]
    best = max(speed for name, speed in rows if name != "adaptive")
    rows.append(("adaptive ÷ best fixed", rows[0][1] / best))
    report("engine_neighbour", ["threads", "tokens/s"], rows, reach=0.9, **calmness(rounds))


def _fixed(count: int) -> LlamaBackend:
    """A backend whose thread count stays as it is."""
    backend = LlamaBackend(qwen_shape(), LlamaOptions(threads=count))
    for governor in vars(backend._thread._scheduler._threads).values():
        governor.observe = lambda *_args, **_options: None
    return backend


if __name__ == "__main__":
    main()
