"""Runs `localassist` as a person does: from a pipe, or on a terminal with keys typed and output read as it comes."""

import io
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from time import monotonic
from typing import TextIO

import pytest

from localassist.cli import main

# Makes the pseudo-terminal that is its standard input the controlling one, so that Ctrl-C becomes a signal, which is
# not to be ignored even where the tests themselves run in the background of a shell.
ON_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
COMMAND = [sys.executable, "-m", "localassist"]
STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATIENCE_S = 40.0


Done = subprocess.CompletedProcess[str]


def run(*arguments: str, stdin: str = "", settings: Mapping[str, object] | None = None, check: bool = True) -> Done:
    """One command in a pipe, in this process, which saves starting one; with `check`, it has to succeed."""
    out, err = _pipe(), _pipe()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        before = dict(os.environ)
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        patch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            main(arguments)
            code = 0
        except SystemExit as exc:
            code = int(exc.code or 0)
        finally:
            os.environ.clear()
            os.environ.update(before)
    done = Done([*arguments], code, _written(out), _written(err))
    assert not check or done.returncode == 0, done.stderr
    return done


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _written(pipe: io.TextIOWrapper) -> str:
    pipe.seek(0)
    return pipe.read()


def run_process(*arguments: str, stdin: str = "", settings: Mapping[str, object] | None = None) -> Done:
    """One command as a process of its own, in a real pipe."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        env=environment(settings),
        check=False,
    )


def environment(settings: Mapping[str, object] | None) -> dict[str, str]:
    given = {f"LOCALASSIST_{name.upper()}": str(value) for name, value in (settings or {}).items()}
    return {**os.environ, "PYTHONUTF8": "1", "TERM": "xterm-256color", "COLUMNS": "200", **given}


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, arguments: tuple[str, ...], settings: Mapping[str, object] | None) -> None:
        self._master, slave = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *COMMAND, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment(settings),
        )
        os.close(slave)
        self._raw = b""
        self.shown = ""
        self._read_to = 0

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def expect(self, pattern: str) -> re.Match[str]:
        """Wait until the pattern is shown after what was expected last."""
        end = monotonic() + PATIENCE_S
        while True:
            found = re.compile(pattern).search(self.shown, self._read_to)  # styles are left out of what is shown
            if found is not None:
                self._read_to = found.end()
                return found
            assert monotonic() < end, f"{pattern!r} was not shown:\n{self.shown[self._read_to :]}"
            assert self._read(end - monotonic()), f"ended without {pattern!r}:\n{self.shown[self._read_to :]}"

    def interrupt(self, pattern: str) -> None:
        """Press Ctrl-C at a prompt until the pattern is shown.

        A signal that arrives just before readline begins to wait is noticed only with the next key (CPython's
        readline module looks for signals when its wait is interrupted), so one press may not be enough.
        """
        end = monotonic() + PATIENCE_S
        while True:
            self.type("\x03")
            again = monotonic() + 2.0
            while monotonic() < again:
                found = re.compile(pattern).search(self.shown, self._read_to)
                if found is not None:
                    self._read_to = found.end()
                    return
                self._read(again - monotonic())
            assert monotonic() < end, f"{pattern!r} was not shown:\n{self.shown[self._read_to :]}"

    def wait(self) -> int:
        """The exit code, when the command ends."""
        end = monotonic() + PATIENCE_S
        while self._read(end - monotonic()):
            assert monotonic() < end, f"does not end:\n{self.shown[self._read_to :]}"
        return self.process.wait(timeout=PATIENCE_S)

    def _read(self, timeout_s: float) -> bool:
        """Read what is there; False at the end."""
        if not select.select([self._master], [], [], max(0.0, timeout_s))[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self._raw += data
        self.shown = STYLE.sub("", self._raw.decode("utf-8", "replace"))
        return bool(data)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


@contextmanager
def terminal(*arguments: str, settings: Mapping[str, object] | None = None) -> Iterator[Terminal]:
    """A command on a terminal; it is killed when it is still there at the end."""
    opened = Terminal(arguments, settings)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def serving(*arguments: str, settings: Mapping[str, object]) -> Iterator[str]:
    """`localassist serve` on a free port; gives the URL. It has to stop well at Ctrl-C."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:  # a pipe nobody reads would stop the server when full
        server = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(settings),
        )
        assert server.stdout is not None
        try:
            first = server.stdout.readline()
            found = re.search(r"http://\S+/v1", first)
            if found is None:
                server.kill()
                raise AssertionError(first + _logged(log))
            yield found[0]
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
            server.communicate(timeout=PATIENCE_S)
        assert server.returncode == 0, _logged(log)


def _logged(log: TextIO) -> str:
    log.seek(0)
    return log.read()
