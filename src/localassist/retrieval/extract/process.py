"""Extraction in a child process: one file at a time, within limits of time, CPU time and memory."""

import json
import logging
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

from localassist.config import environment_with
from localassist.protocols import SourceText
from localassist.retrieval.extract.faults import FileRefused

logger = logging.getLogger(__name__)

MEMORY_BYTES = 2 << 30
FILE_BYTES = 1 << 30  # the largest file that a child may write
_BLOCK_BYTES = 1 << 16
FILES_PER_CHILD = 100  # parsers leak; and what a hostile file did to a child must not last
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
# No usage reports, no adverts, no hub; one thread for each native library.
_SETTINGS = {
    "SCARF_NO_ANALYTICS": "1", "DO_NOT_TRACK": "1", "UNSTRUCTURED_DISABLE_NOTICE": "1", "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8",
}  # fmt: skip


class _Callbacks(NamedTuple):
    check: Callable[[], None]
    on_pages: Callable[[int, int], None]


class Extractor:
    """Reads files in a child process that is started when it is needed. One caller at a time; others wait."""

    def __init__(self, *, base_s: float = 60.0, per_megabyte_s: float = 2.0, memory_bytes: int = MEMORY_BYTES) -> None:
        """A file may take `base_s` seconds, and `per_megabyte_s` more for each megabyte it has."""
        self._base_s = base_s
        self._per_megabyte_s = per_megabyte_s
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._num_files = 0
        self._received = b""  # from the child, and not a whole line yet
        self._scratch = Path(tempfile.mkdtemp(prefix="localassist-extract-"))

    def extract(
        self,
        path: Path,
        filename: str,
        *,
        check: Callable[[], None] = lambda: None,
        on_pages: Callable[[int, int], None] = lambda done, total: None,
    ) -> SourceText:
        """The text of a file. `check` is called at least every second and may raise to stop.

        `on_pages` is told (pages read, pages in all) about twice a second, for a file that has pages.

        Raises FileRefused: as `invalid_file` or `unsupported_file` for the file's own faults, as `server_error` when
        the child crashed or took too long.
        """
        with self._lock:
            limit_s = self._base_s + self._per_megabyte_s * path.stat().st_size / 1e6
            output = self._scratch / "text"
            try:
                answer = self._ask(path, filename, output, limit_s, _Callbacks(check, on_pages))
                if "fault" in answer:
                    raise FileRefused(answer["fault"], answer["message"])
                headings = tuple((offset, title) for offset, title in answer["headings"])
                return SourceText(_read_exactly(output), tuple(answer["page_starts"]), headings, answer["has_lines"])
            except BaseException as exc:
                if not isinstance(exc, FileRefused):
                    self._stop()
                raise
            finally:
                output.unlink(missing_ok=True)

    def close(self) -> None:
        """End the child, and delete its folder."""
        with self._lock:
            self._stop()
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _ask(self, path: Path, filename: str, output: Path, limit_s: float, callbacks: "_Callbacks") -> dict[str, Any]:
        child = self._running()
        request = {
            "path": str(path),
            "filename": filename,
            "output": str(output),
            "scratch": str(self._scratch),
            "cpu_s": int(limit_s),
        }
        _send(child, request)
        until = time.monotonic() + limit_s
        while (answer := self._answer(child)) is None or "pages" in answer:
            callbacks.check()
            if answer is not None:
                callbacks.on_pages(*answer["pages"])
            if time.monotonic() > until:
                self._stop()
                raise _failed(f"Reading the file took longer than {limit_s:.0f} seconds. Split it into smaller ones.")
        return answer

    def _answer(self, child: "subprocess.Popen[bytes]") -> dict[str, Any] | None:
        """The child's next message; None when it says nothing for a second."""
        answers = _pipe(child.stdout)
        while b"\n" not in self._received:
            if not select.select([answers], [], [], 1.0)[0]:
                return None
            received = os.read(answers.fileno(), _BLOCK_BYTES)  # a reader with a buffer would hide a second message
            if not received:
                self._stop()
                raise _failed(f"The process that read the file ended unexpectedly ({_status(child)}).")
            self._received += received
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> "subprocess.Popen[bytes]":
        self._num_files += 1
        if self._child is not None and (self._child.poll() is not None or self._num_files > FILES_PER_CHILD):
            self._stop()
        if self._child is None:
            self._num_files = 1
            self._child = self._start()
        return self._child

    def _start(self) -> "subprocess.Popen[bytes]":
        child = subprocess.Popen(
            [sys.executable, "-m", "localassist.retrieval.extract.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(self._scratch),
            cwd=self._scratch,
            start_new_session=True,  # Ctrl-C at the terminal is for the engine, which then ends the child
        )
        _send(child, {"memory_bytes": self._memory_bytes, "file_bytes": FILE_BYTES})
        return child

    def _stop(self) -> None:
        child, self._child, self._received = self._child, None, b""
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            _pipe(pipe).close()


def child_environment(home: Path) -> dict[str, str]:
    """What parsers get to see of the environment: no keys, no settings, no home of the user's."""
    inherited = {name: value for name, value in environment_with({}).items() if name in _INHERITED}
    return {**inherited, **_SETTINGS, "HOME": str(home)}


def _read_exactly(path: Path) -> str:
    """Line ends as they are, which `read_text` would translate."""
    return path.read_bytes().decode("utf-8")


def _send(child: "subprocess.Popen[bytes]", message: dict[str, Any]) -> None:
    try:
        pipe = _pipe(child.stdin)
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()
    except BrokenPipeError as exc:
        raise _failed(f"The process that reads files cannot be started ({_status(child)}).") from exc


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _status(child: "subprocess.Popen[bytes]") -> str:
    code = child.poll()
    return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"


def _failed(message: str) -> FileRefused:
    return FileRefused("server_error", message)
