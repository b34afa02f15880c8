"""The engine against llama.cpp's own programs: decode ÷ `llama-bench` (reach 0.97), together ÷ `llama-server` (1.0)."""

import argparse

from _engine import median, qwen_shape, report, timed, tokens_per_second, words
from _llama_cpp import bench_decode, server, server_tokens_per_second
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.inference.threads import default_threads

TOKENS, SEQUENCES = 64, (1, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    model, threads = qwen_shape(), default_threads()
    backend = LlamaBackend(model, LlamaOptions(threads=threads))
    timed(backend, words(16, seed=0), TOKENS)
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    with server(model, threads=threads, slots=max(SEQUENCES)) as address:
        for number in range(rounds):  # in turns, so that both meet the same neighbours
            ours.setdefault("decode, llama-bench", []).append(_decode(backend, seed=number))
            theirs.setdefault("decode, llama-bench", []).append(bench_decode(model, threads=threads, tokens=TOKENS))
            for count in SEQUENCES:
                prompts = [words(64, seed=1000 * number + 10 * count + index) for index in range(count)]
                name = f"{count} at once, llama-server"
                ours.setdefault(name, []).append(tokens_per_second(backend, prompts, TOKENS))
                theirs.setdefault(name, []).append(server_tokens_per_second(address, prompts, TOKENS))
    backend.close()
    rows = [
        (name, median(ours[name]), median(theirs[name]), median(ours[name]) / median(theirs[name])) for name in ours
    ]
    report("engine_llama_cpp", ["", "ours, tokens/s", "theirs, tokens/s", "ratio"], rows, threads=threads)


def _decode(backend: LlamaBackend, *, seed: int) -> float:
    """Tokens per second after the first."""
    arrivals = timed(backend, words(16, seed=seed), TOKENS).arrivals
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])


if __name__ == "__main__":
    main()
