"""A program that serves again and again, each life to be ended by `kill -9`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Lives:
    """One server after another on the same data directory."""

    def __init__(self, program: "subprocess.Popen[str]") -> None:
        self._program = program
        self._pid: int | None = None

    def begin(self) -> str:
        """Start a life and return its URL."""
        assert self._program.stdin is not None
        self._program.stdin.write("live\n")
        self._program.stdin.flush()
        pid, url = self._line().split()
        self._pid = int(pid)
        return url

    def kill(self) -> None:
        """End the life that has begun, if it has not ended yet."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            self._pid = None
            assert self._line() == "died"

    def _line(self) -> str:
        assert self._program.stdout is not None
        return self._program.stdout.readline().strip()


@contextmanager
def open_lives(module: str, *arguments: str, log: Path) -> Iterator[Lives]:
    """A program of this package with its arguments; what it complains of goes to the log."""
    command = [sys.executable, "-m", module, *arguments]
    with log.open("w") as complaints:
        program = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        lives = Lives(program)
        try:
            yield lives
        finally:
            try:
                lives.kill()  # the last life, whether the test failed or not: the program waits for it
            finally:
                program.communicate()
