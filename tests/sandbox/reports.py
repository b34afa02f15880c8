"""Runs the suite's modules as root and as an ordinary user, once each, and keeps what they report."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox import users

PEOPLE = ("root", "user")
SANDBOXES = ("bwrap", "landlock")


@cache
def person(name: str, place: Path) -> users.Person:
    if name == "root":
        root = users.root()
        if root is None:
            pytest.skip("not run: the tests do not run as root")
        return root
    (place / "user").mkdir()
    return users.ordinary_user(place / "user")


@cache
def run_as(name: str, place: Path, *arguments: str, in_container: bool = False) -> dict[str, Any]:
    """What a module of the suite prints when that person runs it."""
    who = person(name, place)
    where = place if name == "root" else place / "user"
    container = (*who.command, "-m", "tests.sandbox.docker") if in_container else ()
    module, *rest = arguments
    command = [*container, *(who.command if not in_container else who.command[-1:]), "-m", f"tests.sandbox.{module}"]
    done = subprocess.run(
        [argument.format(where=where) for argument in (*command, *rest)],
        env=who.environment, cwd="/", capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


told: dict[str, dict[str, Any]] = {}
"""Every report on attacks so far, by what it is about, for the summary at the end."""


def report_on(name: str, sandbox: str, place: Path, *, in_container: bool = False) -> dict[str, Any]:
    report = run_as(name, place, "driver", sandbox, "{where}", in_container=in_container)
    told[f"{name}, {sandbox}{', in a container' if in_container else ''}"] = report
    if "unavailable" in report:
        pytest.skip(f"not run: {report['unavailable']}")
    return report


def by_outcome(report: dict[str, Any], outcome: str) -> dict[str, str]:
    return {name: found["detail"] for name, found in report["outcomes"].items() if found["outcome"] == outcome}
