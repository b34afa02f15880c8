"""Export archives on disk: `manifest.json`, `assistants.json`, `threads/<id>.json`, and beside them the bytes of files.

The format is that of the public exporter of the hosted API (`assistants-export-manifest/v1`), which writes no bytes;
a folder `files` with one file `<id>` or `<id>-<name>` each is ours.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localassist.errors import InvalidRequest

Json = dict[str, Any]

MANIFEST_SCHEMA = "assistants-export-manifest/v1"
THREAD_SCHEMA = "assistants-thread-export/v1"


@dataclass(slots=True)
class Found:
    """What a path holds: JSON objects, thread records (as the paths of their files), and bytes by path."""

    objects: list[Json] = field(default_factory=list)
    thread_files: list[Path] = field(default_factory=list)
    records: list[Json] = field(default_factory=list)
    byte_files: list[Path] = field(default_factory=list)
    unread: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def num_threads(self) -> int:
        return len(self.thread_files) + len(self.records)

    def threads(self) -> Iterator[Json]:
        """The thread records, one at a time."""
        yield from self.records
        for path in self.thread_files:
            yield read_json(path)


def find(path: Path) -> Found:
    """Look at an archive's folder, a folder of JSON objects and files, or one JSON file. Raises InvalidRequest."""
    found = Found()
    if path.is_file():
        _take_json(path, found)
    elif path.is_dir():
        for entry in sorted(path.rglob("*")):
            relative = entry.relative_to(path).as_posix()
            if not entry.is_file() or entry.name.startswith("."):
                continue
            if not entry.resolve().is_relative_to(path.resolve()):
                found.unread.append((entry, f"{entry} is a link to outside of the archive."))
                continue
            if entry.suffix == ".json" and not relative.startswith("files/"):
                _take_json(entry, found)
            else:
                found.byte_files.append(entry)
    else:
        raise InvalidRequest(f"There is nothing at {path}.")
    if not (found.objects or found.num_threads or found.byte_files):
        reasons = "".join(f" {reason}" for _, reason in found.unread[:3])
        raise InvalidRequest(f"{path} holds no assistants, threads, messages or files.{reasons}")
    return found


def read_json(path: Path) -> Any:
    """Raises InvalidRequest naming the file and the place in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as exc:
        raise InvalidRequest(f"{path} cannot be read as JSON: {exc}") from exc


def _take_json(path: Path, found: Found) -> None:
    try:
        content = read_json(path)
    except InvalidRequest as exc:
        found.unread.append((path, exc.message))
        return
    schema = content.get("export_schema") if isinstance(content, dict) else None
    if schema == THREAD_SCHEMA:
        found.thread_files.append(path)
    elif schema not in (None, MANIFEST_SCHEMA):
        known = f"{MANIFEST_SCHEMA} and {THREAD_SCHEMA}"
        found.unread.append((path, f"{path} is of the format {schema}. Known are {known}."))
    else:
        _take_values(content, found)


def _take_values(content: Any, found: Found) -> None:
    """Objects, lists of them, and the list envelopes of the API."""
    if isinstance(content, list):
        for value in content:
            _take_values(value, found)
    elif isinstance(content, dict) and content.get("export_schema") == THREAD_SCHEMA:
        found.records.append(content)
    elif isinstance(content, dict) and content.get("object") == "list":
        _take_values(content.get("data", []), found)
    elif isinstance(content, dict) and isinstance(content.get("object"), str):
        found.objects.append(content)


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
