"""Makes every attack in one sandbox, or in none for control, as the user it is started as; prints a report as JSON.

python -m tests.sandbox.driver bwrap|landlock|control DIRECTORY
"""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from localassist.interpreter.sandbox.base import Limits, Program
from localassist.interpreter.sandbox.choosing import MAKERS
from tests.sandbox import world as worlds
from tests.sandbox.attacks.registry import ATTACKS, Attack, libc

PATIENCE_S = 30.0
HERE = Path(__file__).resolve().parent
START = f"import sys; sys.path.insert(0, {str(HERE)!r}); from attacks.runner import main; main()"
TIMEOUT_S = 240


def drive(name: str, directory: Path) -> dict[str, Any]:
    """The outcome of each attack by name: "blocked", "succeeded", "broken" or "not run", each with its detail."""
    os.environ["LOCALASSIST_SECRET"] = "in the environment"
    with worlds.lay_out(directory) as host:
        os.environ["LOCALASSIST_SECRET"] = host.world["token"]
        runnable = [attack for attack in ATTACKS if is_runnable(attack, host.world, is_control=name == "control")]
        command = [sys.executable, "-I", "-c", START, "", *(attack.name for attack in runnable)]
        secret = os.open(host.world["secret"], os.O_RDONLY)
        if name == "control":
            command[4] = worlds.to_argument(host, str(host.session.data))
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, pass_fds=[secret]
            )
            alive_after = worlds.shows_life(host.session, within_s=PATIENCE_S)
        else:
            done, alive_after = attack_inside(name, host, command, secret)
        if done.returncode or not done.stdout:
            raise RuntimeError(f"{name}: {done.returncode} {done.stderr[-2000:]}")
        outcomes = json.loads(done.stdout)
        for seen, has_succeeded in {**worlds.seen_outside(host), "leave_a_daemon": alive_after}.items():
            outcomes[seen] = {"outcome": "succeeded" if has_succeeded else "blocked", "detail": "seen from outside"}
        for attack in ATTACKS:
            outcomes.setdefault(attack.name, {"outcome": "not run", "detail": why_not(attack, host.world)})
        return {"outcomes": outcomes, "damage": worlds.damage(host) if name != "control" else []}


def why_impossible(name: str) -> str | None:
    """What forbids the sandbox here, found without any of its code: where nothing does, it must work."""
    if name == "bwrap":
        command = ["bwrap", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "bubblewrap is not installed"
        return done.stderr.strip() or None
    if name == "landlock":
        create_ruleset = 444
        abi = libc.syscall(create_ruleset, None, ctypes.c_size_t(0), 1)
        return None if abi >= 6 else f"the kernel's Landlock has ABI {abi}"
    return None


def attack_inside(
    name: str, host: worlds.Host, command: list[str], secret: int
) -> tuple[subprocess.CompletedProcess[str], bool]:
    sandbox = MAKERS[name]()  # type: ignore[index]
    command[4] = worlds.to_argument(host, sandbox.places(host.session).data)
    launch = sandbox.wrap(Program(command, readable=[HERE]), host.session, Limits())
    process = subprocess.Popen(
        launch.argv, env=launch.env, cwd=launch.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True, pass_fds=[secret],
    )  # fmt: skip
    output, errors = process.communicate(timeout=TIMEOUT_S)
    sandbox.kill(process.pid)
    outlives = not worlds.falls_silent(host.session)
    return subprocess.CompletedProcess(command, process.returncode, output, errors), outlives


def is_runnable(attack: Attack, world: dict[str, Any], *, is_control: bool) -> bool:
    if attack.needs is not None and not world.get(attack.needs):
        return False
    return not is_control or attack.control == "all" or (attack.control == "root" and os.geteuid() == 0)


def why_not(attack: Attack, world: dict[str, Any]) -> str:
    if attack.needs is not None and not world.get(attack.needs):
        return f"this machine lacks what it needs: {attack.needs}"
    return (
        "no control: unconfined it would do harm, or depend on the machine"
        if attack.control == "none"
        else "only root could do it"
    )


def main() -> None:
    name, parent = sys.argv[1:3]
    with tempfile.TemporaryDirectory(dir=parent, prefix="w", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        obstacle = why_impossible(name)
        report = {"unavailable": obstacle} if obstacle else drive(name, Path(directory))
    report["counts"] = Counter(outcome["outcome"] for outcome in report.get("outcomes", {}).values())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
