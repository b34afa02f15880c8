"""Names of files, where they come from people or from code: made safe for a directory and for reading."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

MAX_NAME_BYTES = 200

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def file_name(name: str, file_id: str) -> str:
    """The last part of a given name, without control characters and leading dots, at most 200 bytes; else the id."""
    last = re.split(r"[/\\]", _UNSAFE.sub("_", name))[-1].strip().lstrip(".")
    return _fit(last) or file_id


def free_name(name: str, file_id: str, taken: Collection[str]) -> str:
    """The name, or where it is taken the name with the end of the file's id: the same each time."""
    if name not in taken:
        return name
    path = PurePosixPath(name)
    return _fit(f"{path.stem}-{file_id[-6:]}{path.suffix}")


def readable_path(path: str) -> str:
    """A path that code chose, fit for headers, logs and JSON."""
    return _UNSAFE.sub("_", path)


def _fit(name: str) -> str:
    """Shorten the stem, so that the extension stays."""
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix.encode()) <= 20 else ""
    stem = name.removesuffix(suffix) if suffix else name
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
