"""What a kernel elsewhere is given at its start, as source: the session's directory, and its files by pieces.

It runs among the code of the model and may be changed by it. The engine believes nothing it says.
"""

import atexit
import base64
import json
import os
import shutil
import sys
import sysconfig
import tempfile
from typing import Any


class Answer:
    """Text for the engine. The caps on values let it pass."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def enter(directory: str, is_temporary: bool) -> Answer:
    """Work in a directory, given as a path or as a name below the machine's own temporary one."""
    path = os.path.join(tempfile.gettempdir(), directory)
    is_new = not os.path.isdir(path)
    os.makedirs(path, mode=0o700, exist_ok=True)
    os.chdir(path)
    if is_temporary:
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    trees = {kind: sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")}
    sys.path.append("")
    return _say(path=path, is_new=is_new, trees=trees)


def files(max_files: int) -> Answer:
    """The files below the directory, with what tells whether they have changed."""
    found: dict[str, list[int]] = {}
    for directory, below, names in os.walk("."):
        below[:] = [name for name in below if not name.startswith(".") and name != "__pycache__"]
        for name in names:
            path = os.path.join(directory, name)
            if name.startswith(".") or os.path.islink(path) or not os.path.isfile(path):
                continue
            status = os.stat(path)
            found[os.path.relpath(path)] = [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
            if len(found) >= max_files:
                return _say(files=found)
    return _say(files=found)


def has(name: str) -> Answer:
    """Whether there is anything of this name."""
    return _say(has=os.path.lexists(name))


def read(path: str, offset: int, size: int) -> Answer:
    """A piece of a file, in base64."""
    with open(path, "rb") as file:
        file.seek(offset)
        return Answer(base64.b64encode(file.read(size)).decode())


def write(draft: str, piece: str) -> Answer:
    """Append a piece, in base64, to a file that is being sent."""
    with open(draft, "ab") as file:
        file.write(base64.b64decode(piece))
    return _say(size=os.path.getsize(draft))


def name(draft: str, names: list[str]) -> Answer:
    """Give a file that was sent its names."""
    for other in names[1:]:
        copy = f"{draft}-2"
        shutil.copyfile(draft, copy)
        os.replace(copy, other)
    os.replace(draft, names[0])
    return _say(size=os.path.getsize(names[0]))


def delete(directory: str) -> Answer:
    """Delete the directory of a session that has ended."""
    shutil.rmtree(os.path.join(tempfile.gettempdir(), directory), ignore_errors=True)
    return _say()


def _say(**values: Any) -> Answer:
    return Answer(json.dumps(values))
