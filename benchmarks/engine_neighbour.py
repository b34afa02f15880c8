"""Tokens per second beside a program that keeps a core busy: adaptive threads ÷ the best fixed count (reach: 0.9)."""

import subprocess
import sys

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
    try:
        speeds: dict[str, list[float]] = {name: [] for name in backends}
        for number in range(ROUNDS):
            for name, backend in backends.items():
                speeds[name].append(tokens_per_second(backend, [words(16, seed=number)], TOKENS))
    finally:
        neighbour.kill()
        neighbour.wait()
        ThreadGovernor.observe = observe  # type: ignore[method-assign]
    for backend in backends.values():
        backend.close()
    rows = [(name, median(values)) for name, values in speeds.items()]
    best = max(speed for name, speed in rows if name != "adaptive")
    rows.append(("adaptive ÷ best fixed", rows[0][1] / best))
    report("engine_neighbour", ["threads", "tokens/s"], rows, reach=0.9)


def _fixed(count: int) -> LlamaBackend:
    """A backend whose thread count stays as it is."""
    backend = LlamaBackend(qwen_shape(), LlamaOptions(threads=count))
    for governor in vars(backend._thread._scheduler._threads).values():
        governor.observe = lambda *_args, **_options: None
    return backend


if __name__ == "__main__":
    main()
