"""What running code costs: a kernel from nothing, one that waits, a cell, and output without end.

`python benchmarks/interpreter_kernels.py` prints a table and writes `benchmarks/results/interpreter_kernels.json`. The
kernels run in the sandbox that `auto` chooses, and are reached as the run loop reaches them.
"""

import io
import json
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from localassist.config import Config
from localassist.interpreter import KernelInterpreter
from localassist.interpreter.interpreter import SessionRules
from localassist.protocols import Cancellation, CellResult, SessionFile

NUM_STARTS = 7
NUM_CLAIMS = 7
NUM_CELLS = 300
NUM_LOOPS = 7
RESULTS = Path(__file__).parent / "results" / "interpreter_kernels.json"
REACH = {
    "cold start to the first cell's end (ms)": 800.0,
    "waiting kernel + file + first pandas cell (ms)": 30.0,
    "round trip of a cell (ms)": 8.0,
    "cold start, processor time (ms)": 800.0,
    "waiting kernel + file + first pandas cell, processor time (ms)": 30.0,
    "round trip of a cell, processor time (ms)": 8.0,
    "cancelled while it loops, to the cell's end (ms)": 1000.0,
    "100 MB printed: growth of the engine's memory (MiB)": 16.0,
    "100 MB printed in lines: growth (MiB)": 16.0,
    "64 MB forged as one message: growth (MiB)": 16.0,
    "100,000 forged messages: growth (MiB)": 16.0,
}
FORGED = 'kernel = get_ipython().kernel; send = lambda n: kernel.session.send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * n}, parent=kernel.get_parent())\n'  # noqa: E501
ATTACKS = {
    "100 MB printed: growth of the engine's memory (MiB)": "print('x' * 100_000_000)",
    "100 MB printed in lines: growth (MiB)": "for _ in range(1_000_000): print('x' * 99)",
    "64 MB forged as one message: growth (MiB)": f"{FORGED}send(64_000_000)",
    "100,000 forged messages: growth (MiB)": f"{FORGED}for _ in range(100_000): send(1000)",
}
CSV = b"month,units\njan,3\nfeb,4\n"
PANDAS = "import pandas as pd; pd.read_csv('/mnt/data/sales.csv').units.sum()"


def main() -> None:
    """Measure, show, keep."""
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data_dir=folder)
        times = list(REACH)
        figures[times[0]], figures[times[3]] = cold_starts(config)
        figures[times[1]], figures[times[4]] = claims(config)
        interpreter = KernelInterpreter(config, rules=SessionRules(num_ahead=0))
        figures[times[2]], figures[times[5]] = round_trips(interpreter)
        figures[times[6]] = interruptions(interpreter)
        for name, code in ATTACKS.items():
            figures[name] = [growth_mib(interpreter, code)]
        sandbox = interpreter.sandbox()["name"]
        interpreter.close()
    show(figures, sandbox)


def execute(interpreter: KernelInterpreter, session: str, code: str, *files: SessionFile) -> CellResult:
    return interpreter.execute(session, code, files=files, cancellation=Cancellation())


def timed_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def processor_ms() -> float:
    """Processor time so far of this process and of all kernels, which other programs on the machine do not add to."""
    kernels = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        kernels += times.user + times.system
    return (time.process_time() + kernels) * 1000


def cold_starts(config: Config) -> tuple[list[float], list[float]]:
    """A kernel that nobody started ahead: launched, connected, one cell run. The sandbox has been chosen before."""
    interpreter = KernelInterpreter(config, rules=SessionRules(num_ahead=0))
    interpreter.sandbox()
    before = processor_ms()
    found = [timed_ms(lambda i=i: execute(interpreter, f"cold {i}", "1 + 1")) for i in range(NUM_STARTS)]
    spent = (processor_ms() - before) / NUM_STARTS
    interpreter.close()
    return found, [spent]


def claims(config: Config) -> tuple[list[float], list[float]]:
    """A kernel that waits in the pool: taken, given a file, asked for the sum of a column."""
    interpreter = KernelInterpreter(config, rules=SessionRules(num_ahead=1))
    sales = SessionFile("file-1", "sales.csv", len(CSV), lambda: io.BytesIO(CSV))
    found, spent = [], []
    for i in range(NUM_CLAIMS):
        interpreter.prepare()
        while not interpreter.is_prepared:
            time.sleep(0.05)
        before = processor_ms()
        found.append(timed_ms(lambda i=i: execute(interpreter, f"claimed {i}", PANDAS, sales)))
        spent.append(processor_ms() - before)
    interpreter.close()
    return found, [statistics.mean(spent)]


def round_trips(interpreter: KernelInterpreter) -> tuple[list[float], list[float]]:
    execute(interpreter, "s", "1")
    before = processor_ms()
    found = [timed_ms(lambda: execute(interpreter, "s", "1 + 1")) for _ in range(NUM_CELLS)]
    return found, [(processor_ms() - before) / NUM_CELLS]


def interruptions(interpreter: KernelInterpreter) -> list[float]:
    """From the cancellation of a cell that loops to its end, with its output and the session kept."""
    found = []
    for _ in range(NUM_LOOPS):
        cancellation, cancelled_at = Cancellation(), list[float]()

        def cancel(cancellation: Cancellation = cancellation, cancelled_at: list[float] = cancelled_at) -> None:
            cancelled_at.append(time.perf_counter())
            cancellation.set("cancelled")

        threading.Timer(0.3, cancel).start()
        interpreter.execute("s", "while True: pass", files=(), cancellation=cancellation)
        found.append((time.perf_counter() - cancelled_at[0]) * 1000)
    return found


def growth_mib(interpreter: KernelInterpreter, code: str) -> float:
    """How far the process's resident memory rose above what it was, at its highest."""
    execute(interpreter, "s", "1")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before = status_kib("VmRSS")
    execute(interpreter, "s", code)
    return max(0, status_kib("VmHWM") - before) / 1024


def status_kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def show(figures: dict[str, list[float]], sandbox: str) -> None:
    table = Table("measure", "median", "lowest", "highest", "reach", title=f"sandbox: {sandbox}")
    for name, found in figures.items():
        reached = "reached" if statistics.median(found) <= REACH[name] else "not reached"
        numbers = (statistics.median(found), min(found), max(found))
        table.add_row(name, *(f"{number:.1f}" for number in numbers), f"≤ {REACH[name]:g}: {reached}")
    Console(width=120).print(table)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()}
    machine |= {"system": platform.platform(), "sandbox": sandbox}
    RESULTS.write_text(json.dumps({"machine": machine, "figures": figures}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
