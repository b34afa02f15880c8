"""The process that runs parsers on foreign files: `python -m localassist.retrieval.extract.child`.

One line of JSON on standard input for each file, one line of JSON on standard output for each answer, after some that
say how many pages are read; the text goes through a file. It has no network, and ends at its limits of memory and CPU
time.
"""

import ctypes
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from localassist.retrieval.extract.faults import FileRefused

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_REPORT_S = 0.5
_NETWORK = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind", "socket.getaddrinfo")


def main() -> None:
    """Serve requests until standard input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints must not be taken for an answer
    limits = json.loads(requests.readline())
    _leave_the_network()
    _limit("RLIMIT_AS", limits["memory_bytes"])
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", limits["file_bytes"])
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        _limit_cpu(request["cpu_s"])
        _answer(answers, _read(request, PageReport(answers)))


class PageReport:
    """Tells the service how many pages are read, twice a second at most, so that its pipe never fills."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._told_at = float("-inf")

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= _REPORT_S:
            self._told_at = time.monotonic()
            _answer(self._answers, {"pages": [done, total]})


def _read(request: dict[str, Any], on_page: PageReport) -> dict[str, Any]:
    from localassist.retrieval.extract.reading import read_file

    try:
        source = read_file(Path(request["path"]), request["filename"], Path(request["scratch"]), on_page)
    except FileRefused as exc:
        return {"fault": exc.fault, "message": exc.message}
    except MemoryError:
        message = "Reading the file takes more memory than is allowed. Split it, or remove its pictures."
        return {"fault": "invalid_file", "message": message}
    except Exception as exc:
        reason = f"{type(exc).__name__}: {' '.join(str(exc).split())[:200]}"
        return {"fault": "invalid_file", "message": f"The file is damaged ({reason}). Save it again and upload it."}
    Path(request["output"]).write_text(source.text, encoding="utf-8", errors="replace", newline="")
    headings = [[offset, title] for offset, title in source.headings]
    return {"page_starts": source.page_starts, "headings": headings, "has_lines": source.has_lines}


def _answer(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _limit(name: str, value: int) -> None:
    """Windows has no such limits; macOS has not all of them."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        resource.setrlimit(getattr(resource, name), (value, value))


def _limit_cpu(seconds: int) -> None:
    """The limit counts from the start of the process, so each file moves it on."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _leave_the_network() -> None:
    """A network of its own, with nothing in it, where the kernel allows that; and no sockets for Python code."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    sys.addaudithook(_refuse_network)


def _refuse_network(event: str, _args: tuple[Any, ...]) -> None:
    if event in _NETWORK:
        raise PermissionError("a file that is being read may not use the network")


if __name__ == "__main__":
    main()
