"""Uses up the machine from inside a sandbox, as the user it is started as, and prints how each session ended, as JSON.

    python -m tests.sandbox.resources bwrap|landlock DIRECTORY [SCENARIO …]

Beside each attack a second session of the same engine works on; it must not notice.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from localassist.interpreter.sandbox import processes, trees
from localassist.interpreter.sandbox.base import Breach, Limits, Program, Sandbox, SessionDirs
from localassist.interpreter.sandbox.choosing import MAKERS
from localassist.interpreter.sandbox.watchdog import Watchdog
from tests.sandbox.attacks.exhaustion import MIB, SCENARIOS

LIMITS = Limits(
    memory_bytes=400 * MIB,
    address_space_bytes=400 * MIB,
    num_processes=48,
    disk_bytes=200 * MIB,
    file_size_bytes=100 * MIB,
    num_files=2000,
    tmp_bytes=64 * MIB,
    num_open_files=256,
)
MANY_ADDRESSES = replace(LIMITS, address_space_bytes=1 << 36)
ENGINE_DIES = "the_engine_dies"
PATIENCE_S = 60.0
HERE = Path(__file__).resolve().parent
START = f"import sys; sys.path.insert(0, {str(HERE)!r}); from attacks.exhaustion import main; main()"


@dataclass(slots=True)
class Started:
    session: SessionDirs
    process: subprocess.Popen[str]

    @property
    def beat(self) -> Path:
        return self.session.data / "beat"


def start(sandbox: Sandbox, directory: Path, limits: Limits, scenario: str) -> Started:
    session = SessionDirs.make(directory / "data", directory / "run", directory / "tmp")
    command = [sys.executable, "-I", "-c", START, scenario, *sandbox.places(session)]
    launch = sandbox.wrap(Program(command, readable=[HERE]), session, limits)
    sandbox.seal(session)
    process = subprocess.Popen(
        launch.argv, env=launch.env, cwd=launch.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    return Started(session, process)


def run_scenarios(names: list[str], sandbox: Sandbox, directory: Path) -> dict[str, Any]:
    """The report on each, beside a session of its own that works on all the time."""
    report = {}
    for name in names:
        watchdog = Watchdog(sandbox, LIMITS)
        neighbour = start(sandbox, directory / name / "n", LIMITS, "work_in_peace")
        watchdog.watch(neighbour.session, neighbour.process.pid, lambda breach: None)
        wait_until(neighbour.beat.exists)
        report[name] = run_scenario(name, sandbox, directory / name, neighbour)
        watchdog.close()
        end(sandbox, neighbour)
    return report


def run_scenario(name: str, sandbox: Sandbox, directory: Path, neighbour: Started) -> dict[str, Any]:
    """How the session ended, how long after its limit was crossed, and what was left of it."""
    limits = MANY_ADDRESSES if name == "memory_with_addresses_to_spare" else LIMITS
    watchdog = Watchdog(sandbox, limits)
    breaches: Queue[Breach] = Queue()
    attacker = start(sandbox, directory, limits, name)
    watchdog.watch(attacker.session, attacker.process.pid, breaches.put)
    report = observe(attacker, sandbox, limits, breaches)
    beat_at = neighbour.beat.stat().st_mtime_ns
    report["neighbour_works_on"] = wait_until(lambda: neighbour.beat.stat().st_mtime_ns > beat_at)
    report["neighbour_was_refused_processes"] = (neighbour.session.data / "refused").exists()
    watchdog.close()
    end(sandbox, attacker)
    directories = (attacker.session.data, attacker.session.run, attacker.session.tmp)
    for root in directories:
        trees.delete(root)
    report["files_can_be_deleted"] = not any(root.exists() for root in directories)
    return report


def observe(attacker: Started, sandbox: Sandbox, limits: Limits, breaches: "Queue[Breach]") -> dict[str, Any]:
    pid, gives_up_at = attacker.process.pid, time.monotonic() + PATIENCE_S
    crossed_at, most_bytes, ended = None, 0, None
    assert attacker.process.stdout is not None
    os.set_blocking(attacker.process.stdout.fileno(), False)
    while ended is None and time.monotonic() < gives_up_at:
        is_over, disk_bytes = look_at(attacker, sandbox.processes(pid), limits)
        most_bytes = max(most_bytes, disk_bytes)
        said = attacker.process.stdout.readline().strip()
        if crossed_at is None and (is_over or said == "looping"):
            crossed_at = time.monotonic()
        if said == "looping":
            sandbox.kill(pid)
            said = "killed"
        ended = said or how_it_ended(attacker, breaches)
    report: dict[str, Any] = {"ended": ended, "disk_mib": most_bytes // MIB}
    if ended in ("killed", "ended by itself") or str(ended).startswith("stopped"):
        report["is_gone"] = wait_until(lambda: all(map(is_zombie, sandbox.processes(pid))))
        if crossed_at is not None:
            report["seconds_after_crossing"] = round(time.monotonic() - crossed_at, 2)
    return report


def look_at(attacker: Started, pids: list[int], limits: Limits) -> tuple[bool, int]:
    """Whether a limit is crossed, seen with the watchdog's eyes but more often, and the bytes on disk."""
    uses = [trees.measure(root, most_files=10**4) for root in (attacker.session.data, attacker.session.run)]
    disk_bytes = sum(use.size_bytes for use in uses)
    is_over = (
        processes.usage(pids).num_tasks > limits.num_processes
        or disk_bytes > limits.disk_bytes
        or uses[0].num_files > limits.num_files
        or processes.proportional_bytes(pids) > limits.memory_bytes
    )
    return is_over, disk_bytes


def how_it_ended(attacker: Started, breaches: "Queue[Breach]") -> str | None:
    has_ended = attacker.process.poll() is not None
    try:
        return f"stopped: {breaches.get(timeout=10 if has_ended else 0.02).limit_name}"
    except Empty:
        return "ended by itself" if has_ended else None


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    ends_at = time.monotonic() + timeout_s
    while time.monotonic() < ends_at:
        if condition():
            return True
        time.sleep(0.02)
    return False


def end(sandbox: Sandbox, started: Started) -> None:
    sandbox.kill(started.process.pid)
    started.process.wait(timeout=60)
    assert started.process.stdout is not None
    started.process.stdout.close()


def engine_dies(sandbox: Sandbox, directory: Path) -> dict[str, Any]:
    """Kill a process that has started a session: the session must end by itself."""
    reading, writing = os.pipe()
    engine = os.fork()
    if engine == 0:
        started = start(sandbox, directory, LIMITS, "work_in_peace")
        wait_until(started.beat.exists)
        os.write(writing, b"x")
        signal.pause()
    os.read(reading, 1)
    os.kill(engine, signal.SIGKILL)
    os.waitpid(engine, 0)
    beat = directory / "data" / "beat"

    def is_silent() -> bool:
        before = beat.stat().st_mtime_ns
        time.sleep(1.0)
        return beat.stat().st_mtime_ns == before

    return {"ended": "ended with the engine" if wait_until(is_silent) else "went on"}


def main() -> None:
    sandbox = MAKERS[sys.argv[1]]()  # type: ignore[index]
    directory = Path(tempfile.mkdtemp(dir=sys.argv[2]))
    directory.chmod(0o755)
    report = run_scenarios(sys.argv[3:] or [*SCENARIOS], sandbox, directory)
    if not sys.argv[3:]:
        report[ENGINE_DIES] = engine_dies(sandbox, directory / "e")
    trees.delete(directory)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
