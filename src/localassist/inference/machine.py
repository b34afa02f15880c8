"""What this machine can do: cores, memory, how fast memory is read, and what the llama.cpp build supports."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped, unused-ignore]

from localassist.inference.probe import available_bytes
from localassist.inference.threads import default_threads

_ROUNDS = 5
_BLOCK_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Machine:
    """Sizes in bytes. `load` is how many programs wanted a core in the last minute."""

    physical_cores: int
    logical_cores: int
    load: float
    memory_bytes: int
    available_bytes: int


def look_at_machine() -> Machine:
    return Machine(
        physical_cores=default_threads(),
        logical_cores=psutil.cpu_count() or 1,
        load=float(psutil.getloadavg()[0]),
        memory_bytes=int(psutil.virtual_memory().total),
        available_bytes=available_bytes(),
    )


def measure_bandwidth(*, threads: int, block_bytes: int = _BLOCK_BYTES, rounds: int = _ROUNDS) -> float:
    """Bytes per second that all cores together move when they copy blocks too large for the caches; the best round."""
    import numpy as np

    blocks = [(np.ones(block_bytes, np.uint8), np.empty(block_bytes, np.uint8)) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            began = time.perf_counter()
            list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), blocks))
            best = max(best, 2 * threads * block_bytes / (time.perf_counter() - began))
    return best


@dataclass(frozen=True, slots=True)
class LlamaBuild:
    """`has_gpu`: layers can be put on a GPU."""

    version: str
    has_gpu: bool


def llama_build() -> LlamaBuild:
    import llama_cpp

    return LlamaBuild(llama_cpp.__version__, bool(llama_cpp.llama_supports_gpu_offload()))
