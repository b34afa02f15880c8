"""Long use of the code interpreter: eight sessions, two hundred cells each, and nothing that stays behind.

`python benchmarks/interpreter_soak.py` prints a table and writes `benchmarks/results/interpreter_soak.json`: processes,
descriptors, threads, files and memory, of the engine and of the kernels, in the course of the cells and after closing.
"""

import json
import os
import platform
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from localassist.config import Config
from localassist.interpreter import KernelInterpreter
from localassist.protocols import Cancellation

NUM_SESSIONS = 8
NUM_ROUNDS = 8
CELLS_PER_ROUND = 25
RESULTS = Path(__file__).parent / "results" / "interpreter_soak.json"
CELLS = (
    "total = sum(range(1000)); total",
    "import pandas as pd; pd.DataFrame({'a': range(100)}).describe()",
    "import matplotlib.pyplot as plt; plt.plot([1, 2, 3]); plt.show()",
    "_ = open('/mnt/data/out.txt', 'w').write(str(total))",
    "1 / 0",
    "print('x' * 1_000_000)",
)
Sample = dict[str, float]


def main() -> None:
    """Run the cells, sampling after each round, then close."""
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        interpreter = KernelInterpreter(Config(data_dir=folder))
        for session in range(NUM_SESSIONS):
            work(interpreter, session, 0)
        for round_number in range(NUM_ROUNDS):
            with ThreadPoolExecutor(NUM_SESSIONS) as pool:
                list(pool.map(lambda s, r=round_number: work(interpreter, s, r), range(NUM_SESSIONS)))
            samples.append(sample(Path(folder)))
        interpreter.close()
        samples.append(sample(Path(folder)))
    show(samples)


def work(interpreter: KernelInterpreter, session: int, round_number: int) -> None:
    for i in range(CELLS_PER_ROUND):
        code = CELLS[(round_number * CELLS_PER_ROUND + i) % len(CELLS)]
        result = interpreter.execute(f"s{session}", code, files=(), cancellation=Cancellation())
        if result.note is not None:
            sys.exit(f"session {session}, cell {i}: {result.note}")


def sample(folder: Path) -> Sample:
    engine = psutil.Process()
    kernels = engine.children(recursive=True)
    return {
        "engine memory (MiB)": engine.memory_info().rss / 2**20,
        "engine descriptors": engine.num_fds(),
        "engine threads": threading.active_count(),
        "child processes": len(kernels),
        "kernels' memory (MiB)": sum(memory(kernel) for kernel in kernels) / 2**20,
        "kernels' descriptors": sum(descriptors(kernel) for kernel in kernels),
        "files in the data directory": sum(len(files) for _, _, files in os.walk(folder)),
        "scratch directories": len(list(Path(tempfile.gettempdir()).glob("la-*/[0-9]*"))),
    }


def memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss) if process.is_running() else 0


def descriptors(process: psutil.Process) -> int:
    try:
        return int(process.num_fds())
    except psutil.Error:
        return 0


def show(samples: list[Sample]) -> None:
    cells = [f"{(i + 1) * CELLS_PER_ROUND}" for i in range(NUM_ROUNDS)]
    table = Table("after cells of each session", *cells, "closed")
    for name in samples[0]:
        table.add_row(name, *(f"{one[name]:.0f}" for one in samples))
    Console(width=140).print(table)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()}
    RESULTS.write_text(json.dumps({"machine": machine, "samples": samples}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
