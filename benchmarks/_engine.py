"""What the engine benchmarks share: the model they run on, and how they report."""

import json
import platform
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localassist.config import default_cache_dir
from localassist.protocols import GenerationRequest, ModelBackend
from tests.models.random_weights import QWEN_05B, build_random
from tests.models.scripted import build_scripted, endless

RESULTS: Final = Path(__file__).parent / "results"
CACHE: Final = default_cache_dir() / "benchmarks"


def qwen_shape() -> Path:
    """Qwen2.5-0.5B's shape with a vocabulary of 150k and random weights in Q4_0; built once."""
    return _cached("qwen05-q4_0.gguf", lambda path: build_random(path, QWEN_05B, architecture="qwen2"))


def endless_script() -> Path:
    """A tiny model that never stops: what it costs is the engine around it."""
    return _cached("endless.gguf", lambda path: build_scripted(path, [endless("one", " two", " three,")]))


def _cached(name: str, build: Callable[[Path], Path]) -> Path:
    path = CACHE / name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        build(path.with_suffix(".part")).rename(path)
    return path


def words(count: int, seed: int) -> str:
    """Text of that many tokens of the shape above, unlike any other seed's: a blank with a letter is one token."""
    return "".join(f" {letter}" for letter in random.Random(seed).choices(ascii_lowercase, k=count))


@dataclass(slots=True)
class Timeline:
    """When the tokens of one generation came, in seconds since it was asked for."""

    arrivals: list[float]

    @property
    def first_s(self) -> float:
        return self.arrivals[0]

    def longest_gap_s(self, start_s: float = 0.0) -> float:
        late = [at for at in self.arrivals if at >= start_s]
        return max((after - before for before, after in pairwise(late)), default=0.0)


def timed(backend: ModelBackend, prompt: str, max_tokens: int, **options: Any) -> Timeline:
    """Generate greedily to the end of the budget."""
    started = time.perf_counter()
    request = GenerationRequest(prompt, max_tokens=max_tokens, temperature=0, **options)
    return Timeline([time.perf_counter() - started for _ in backend.generate(request)])


def tokens_per_second(backend: ModelBackend, prompts: Sequence[str], max_tokens: int) -> float:
    """All prompts at once, the reading of them included."""
    threads = [threading.Thread(target=timed, args=(backend, prompt, max_tokens)) for prompt in prompts]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(prompts) * max_tokens / (time.perf_counter() - started)


def report(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], **facts: Any) -> None:
    """Print a table and keep it as JSON."""
    rows = [list(row) for row in rows]
    table = [list(columns), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    RESULTS.mkdir(exist_ok=True)
    result = {"machine": platform.processor() or platform.machine(), "columns": columns, "rows": rows, **facts}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def _shown(cell: Any) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
