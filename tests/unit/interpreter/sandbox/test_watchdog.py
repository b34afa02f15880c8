"""What the watchdog stops, and what it lets be; the processes are the test's own, and nobody is killed."""

import os
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localassist.interpreter.sandbox.base import Breach, Limits, SessionDirs
from localassist.interpreter.sandbox.watchdog import Watchdog

PID = os.getpid()


@dataclass
class StubSandbox:
    """`look` is done whenever a session is looked at."""

    look: Any
    killed: list[int] = field(default_factory=list)

    def processes(self, pid: int) -> list[int]:
        self.look()
        return [pid]

    def kill(self, pid: int) -> None:
        self.killed.append(pid)


@pytest.fixture
def session(tmp_path: Path) -> SessionDirs:
    return SessionDirs.make(tmp_path / "data", tmp_path / "run", tmp_path / "tmp")


def test_a_session_that_crosses_a_limit_is_killed_and_told_why(session: SessionDirs) -> None:
    (session.data / "file").touch()
    (session.data / "another").touch()
    told, sandbox = threading.Event(), StubSandbox(lambda: None)
    breaches: list[tuple[Breach, bool]] = []
    watchdog = Watchdog(sandbox, Limits(num_files=1))
    watchdog.watch(session, PID, lambda breach: (breaches.append((breach, PID in sandbox.killed)), told.set()))
    assert told.wait(60)
    watchdog.close()
    # The reason is known before anybody can see the death.
    assert [(breach.limit_name, was_killed) for breach, was_killed in breaches] == [("files", False)]
    assert sandbox.killed == [PID]


def test_a_session_that_cannot_be_watched_is_stopped(session: SessionDirs) -> None:
    shutil.rmtree(session.data)
    told, sandbox = threading.Event(), StubSandbox(lambda: None)
    watchdog = Watchdog(sandbox, Limits())
    watchdog.watch(session, PID, lambda breach: told.set())
    assert told.wait(60)
    watchdog.close()
    assert sandbox.killed == [PID]


def test_a_session_that_ends_while_it_is_looked_at_is_let_be(session: SessionDirs) -> None:
    """Its directories vanish, and its process id may soon be another's."""
    ended = threading.Event()

    def end() -> None:
        watchdog.forget(PID)
        shutil.rmtree(session.data)
        ended.set()

    sandbox = StubSandbox(end)
    breaches: list[Breach] = []
    watchdog = Watchdog(sandbox, Limits())
    watchdog.watch(session, PID, breaches.append)
    assert ended.wait(60)
    watchdog.close()
    assert breaches == []
    assert sandbox.killed == []
