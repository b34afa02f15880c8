"""The engine against llama.cpp's own programs: decode ÷ `llama-bench` (reach 0.97), together ÷ `llama-server` (1.0).

The engine runs as `serve` runs it, in a worker process.
"""

import argparse
import sys
from functools import partial

from _calm import calm_rounds, calmness
from _engine import median, qwen_shape, report, timed, tokens_per_second, words
from _llama_cpp import bench_decode, server, server_tokens_per_second
from localassist.config import environment_with
from localassist.http.server import SWITCH_INTERVAL_S
from localassist.inference.options import ENVIRONMENT, LlamaOptions
from localassist.inference.remote import WorkerBackend
from localassist.inference.threads import default_threads
from localassist.protocols import ModelBackend

TOKENS, SEQUENCES = 64, (1, 4, 8)

Pair = tuple[float, float]  # ours, theirs, in tokens per second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    count = parser.parse_args().rounds
    model, threads = qwen_shape(), default_threads()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    backend = WorkerBackend(model, LlamaOptions(threads=threads), environment=environment_with(ENVIRONMENT))
    timed(backend, words(16, seed=0), TOKENS)

    def decode(number: int) -> Pair:
        return _decode(backend, seed=number), bench_decode(model, threads=threads, tokens=TOKENS)

    measured = {"decode, llama-bench": calm_rounds(decode, count)}
    with server(model, threads=threads, slots=max(SEQUENCES)) as address:
        for together in SEQUENCES:
            measured[f"{together} at once, llama-server"] = calm_rounds(
                partial(_at_once, backend, address, together), count
            )
    backend.close()
    rows = [
        (name, *(median(side) for side in zip(*rounds.values, strict=True)), median(a / b for a, b in rounds.values))
        for name, rounds in measured.items()
    ]
    columns = ["", "ours, tokens/s", "theirs, tokens/s", "ratio (median of rounds)"]
    report("engine_llama_cpp", columns, rows, threads=threads, rounds=count, **calmness(*measured.values()))


def _decode(backend: ModelBackend, *, seed: int) -> float:
    """Tokens per second after the first."""
    arrivals = timed(backend, words(16, seed=seed), TOKENS).arrivals
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])


def _at_once(backend: ModelBackend, address: str, together: int, number: int) -> Pair:
    """The same prompts to one, then to the other, so that both meet the same machine."""
    prompts = [words(64, seed=1000 * number + 10 * together + index) for index in range(together)]
    ours = tokens_per_second(backend, prompts, TOKENS)
    return ours, server_tokens_per_second(address, prompts, TOKENS)


if __name__ == "__main__":
    main()
