"""Runs attacks one after the other, each in a process of its own, and prints what became of them as JSON."""

import json
import os
import signal
import sys
from typing import Any

from . import files, machine, network, privileges, processes, sessions  # noqa: F401 - they register
from .registry import ATTACKS, Attack, World

TIMEOUT_S = 60  # for what hangs; none should


def carry_out(attack: Attack, world: World) -> dict[str, str]:
    """In a child process: an attack may change or end the process that makes it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(TIMEOUT_S)
        os.write(writing, json.dumps(attempt(attack, world)).encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if answer:
        return json.loads(answer)
    ended_by = os.waitstatus_to_exitcode(status)
    if ended_by == -signal.SIGSYS:
        return {"outcome": "blocked", "detail": "killed for the system call"}
    return {"outcome": "broken", "detail": f"ended with {ended_by}"}


def attempt(attack: Attack, world: World) -> dict[str, str]:
    try:
        evidence: Any = attack.run(world)
    except OSError as exc:
        return {"outcome": "blocked", "detail": f"{type(exc).__name__}: {exc}"[:300]}
    except BaseException as exc:
        return {"outcome": "broken", "detail": f"{type(exc).__name__}: {exc}"[:300]}
    if evidence:
        return {"outcome": "succeeded", "detail": str(evidence)[:300]}
    return {"outcome": "blocked", "detail": "nothing found"}


def main() -> None:
    given: World = json.loads(sys.argv[1])
    names = set(sys.argv[2:])
    outcomes = {attack.name: carry_out(attack, given) for attack in ATTACKS if attack.name in names}
    print(json.dumps(outcomes))
