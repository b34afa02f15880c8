"""The test that a sandbox must pass before any code is trusted to it: what it promises is tried, not assumed."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.base import Limits, Program, Sandbox, SessionDirs

TIMEOUT_S = 30.0
# Runs inside. Prints the names of the deeds that succeeded.
DEEDS = """
import json, os, socket, sys
data, port, engine, *secrets = sys.argv[1:]
done = []
def attempt(name, deed):
    try:
        deed()
    except OSError:
        return
    done.append(name)
for path in secrets:
    attempt("read " + path, lambda: open(path).read())
    attempt("list " + os.path.dirname(path), lambda: os.listdir(os.path.dirname(path)))
    attempt("write beside " + path, lambda: open(path + ".new", "w"))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", int(port)), timeout=5))
attempt("signal the engine", lambda: os.kill(int(engine), 0))
attempt("write", lambda: open(data + "/trial", "w").write("written"))
print(json.dumps(done))
"""
REMEDIES = (
    ("setting up uid map", "AppArmor forbids user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
    ("No space left", "user namespaces are used up or switched off: raise sysctl user.max_user_namespaces"),
    ("Operation not permitted", "namespaces are forbidden, as in most containers; Landlock does without them"),
    ("No permissions to create", "namespaces are forbidden: sysctl kernel.unprivileged_userns_clone=1"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """Whether the sandbox did all it should; if not, why, for a person."""

    passed: bool
    reason: str = ""


def try_out(sandbox: Sandbox, workspace: Path, protected: Path) -> Report:
    """Run one program in a session below `workspace`: it must write its files, and reach nothing else.

    What it must not reach are files in `protected` and beside its own, a listener on loopback, and this process.
    """
    with (
        _scratch(workspace) as beside,
        _scratch(protected) as outside,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        session = SessionDirs.make(beside / "data", beside / "run", beside / "tmp")
        hidden = [_secret(beside), _secret(outside)]
        arguments = [sandbox.places(session).data, str(listener.getsockname()[1]), str(os.getpid()), *map(str, hidden)]
        command = [sys.executable, "-I", "-c", DEEDS, *arguments]
        try:
            launch = sandbox.wrap(Program(command), session, Limits())
            ended = subprocess.run(
                launch.argv,
                env=launch.env,
                cwd=launch.cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                start_new_session=True,
                check=False,
            )
        except InterpreterUnavailable as exc:
            return Report(False, exc.message)
        except subprocess.TimeoutExpired:
            return Report(False, f"its test did not end within {TIMEOUT_S:.0f} s")
        if ended.returncode:
            return Report(False, _explain(ended.stderr.strip() or f"exit status {ended.returncode}"))
        return _judge(json.loads(ended.stdout), session)


def _judge(done: list[str], session: SessionDirs) -> Report:
    too_much = [deed for deed in done if deed != "write"]
    if too_much:
        return Report(False, f"it did not prevent the code from this: {', '.join(too_much)}")
    written = session.data / "trial"
    if not written.is_file() or written.read_text(encoding="utf-8") != "written":
        return Report(False, "the code could not write its files")
    return Report(True)


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="trial-", dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def _secret(directory: Path) -> Path:
    path = directory / "secret"
    path.write_text(secrets.token_hex(), encoding="utf-8")
    return path


def _explain(error: str) -> str:
    last = error.splitlines()[-1]
    hints = [remedy for text, remedy in REMEDIES if text in last]
    return f"{last} ({hints[0]})" if hints else last
