"""The files of a session whose kernel runs elsewhere: they travel as text in requests to it."""

import asyncio
import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from localassist.interpreter.directory import Copied, FileRefused, FileState
from localassist.interpreter.exchange import Kernel, KernelFailed, wait_first
from localassist.interpreter.gateway.kernel import ignore
from localassist.interpreter.sandbox.trees import TreeUse

MODULE = "_localassist_remote"
ANSWER_TIMEOUT_S = 60.0
PIECE_BYTES = 2 << 20


async def ask(kernel: Kernel, call: str) -> str:
    """Have the kernel evaluate a call of `inside.remote`; what it answers, as text. Raises KernelFailed."""
    if kernel.died.done():
        raise KernelFailed(kernel.died.result())
    exchange = kernel.execute("", ignore, expressions={"answer": f"__import__('sys').modules['{MODULE}'].{call}"})
    await wait_first(exchange.finished, kernel.died, timeout_s=ANSWER_TIMEOUT_S)
    if not exchange.finished.done():
        raise KernelFailed("the kernel does not answer")
    try:
        answer = exchange.finished.result()["user_expressions"]["answer"]
        if answer["status"] != "ok":
            raise KernelFailed(str(answer.get("evalue"))[:200])
        return str(answer["data"]["text/plain"])
    except (KeyError, TypeError, AttributeError) as exc:
        raise KernelFailed("the kernel's answer cannot be understood") from exc


def parsed(answer: str) -> Mapping[str, Any]:
    """An answer that is an object in JSON. Raises KernelFailed."""
    try:
        read = json.loads(answer)
    except ValueError as exc:
        raise KernelFailed("the kernel's answer cannot be understood") from exc
    if not isinstance(read, dict):
        raise KernelFailed("the kernel's answer cannot be understood")
    return read


class RemoteDirectory:
    """Called from the thread that executes a cell; `kernel` is set when one has started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.kernel: Kernel | None = None
        self._loop = loop

    def files(self, *, max_files: int) -> dict[str, FileState]:
        found = parsed(self._ask(f"files({max_files})")).get("files")
        if not isinstance(found, dict) or len(found) > max_files:
            raise KernelFailed("the kernel's list of files cannot be understood")
        try:
            return {str(path): FileState(*map(int, state)) for path, state in found.items()}
        except (TypeError, ValueError) as exc:
            raise KernelFailed("the kernel's list of files cannot be understood") from exc

    def has(self, name: str) -> bool:
        return parsed(self._ask(f"has({name!r})")).get("has") is True

    def copy_in(self, names: tuple[str, ...], source: BinaryIO) -> Copied:
        draft, digest, num_bytes = f".la-{os.urandom(8).hex()}", hashlib.sha256(), 0
        while True:
            piece = source.read(PIECE_BYTES)
            if not piece and num_bytes:
                break
            self._ask(f"write({draft!r}, {base64.b64encode(piece).decode()!r})")
            digest.update(piece)
            num_bytes += len(piece)
            if not piece:
                break
        self._ask(f"name({draft!r}, {list(names)!r})")
        return Copied(num_bytes, digest.hexdigest())

    def copy_out(self, path: str, target: Path, *, max_bytes: int) -> Copied:
        digest, num_bytes = hashlib.sha256(), 0
        with target.open("xb") as copy:
            while True:
                try:
                    piece = base64.b64decode(self._ask(f"read({path!r}, {num_bytes}, {PIECE_BYTES})"), validate=True)
                except (KernelFailed, binascii.Error) as exc:
                    target.unlink()
                    raise FileRefused(f"it cannot be read ({exc})") from exc
                if not piece:
                    return Copied(num_bytes, digest.hexdigest())
                num_bytes += len(piece)
                if num_bytes > max_bytes:
                    target.unlink()
                    raise FileRefused(f"it has more than the {max_bytes >> 20} MiB allowed")
                digest.update(piece)
                copy.write(piece)

    def use(self, *, most_files: int) -> TreeUse:
        return TreeUse(0, 0, 0)  # how much there may be there is its operator's to say

    def trim(self, *, most_bytes: int, most_files: int) -> list[str]:
        return []

    def _ask(self, call: str) -> str:
        assert self.kernel is not None
        return asyncio.run_coroutine_threadsafe(ask(self.kernel, call), self._loop).result()
