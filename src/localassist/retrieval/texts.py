"""Extracted texts, kept by the content they came from, so that a file in many vector stores is read once.

`<sha256>.json` is a text; an empty `<sha256>.<file id>` says that a file has this content. A text goes with the last
file that has it. Nothing here is needed: what is missing is extracted again.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from localassist.objects.file_types import extension_of
from localassist.protocols import SourceText

_VERSION = 2  # part of every name: higher when extraction finds other text in the same file
_BLOCK_BYTES = 1 << 20


class Copied(NamedTuple):
    """A file's bytes on disk for the parsers, and the key of its text: content, type and version of the extraction."""

    path: Path
    key: str


def copy_out(source: BinaryIO, target: Path, filename: str) -> Copied:
    """Write the bytes to a path, and hash them on the way."""
    digest = hashlib.sha256(f"{_VERSION}{extension_of(filename)}\0".encode())
    with target.open("wb") as copy:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
    return Copied(target, digest.hexdigest())


class ExtractedTexts:
    """Texts in a folder of their own, which is made when it is needed; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, key: str, file_id: str) -> SourceText | None:
        """The text of this content if it was extracted before, for this file or another."""
        if self._folder is None:
            return None
        try:
            data = json.loads((self._folder / f"{key}.json").read_bytes())
            _mark(self._folder, key, file_id)
            headings = tuple((offset, title) for offset, title in data["headings"])
            return SourceText(data["text"], tuple(data["page_starts"]), headings, data["has_lines"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, key: str, file_id: str, source: SourceText) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = {
            "text": source.text,
            "page_starts": source.page_starts,
            "headings": source.headings,
            "has_lines": source.has_lines,
        }
        unfinished = self._folder / f"{key}.part"
        unfinished.write_text(json.dumps(data), encoding="ascii")
        _mark(self._folder, key, file_id)
        os.replace(unfinished, self._folder / f"{key}.json")

    def forget(self, file_id: str) -> None:
        """Drop the texts that only this file had."""
        if self._folder is None:
            return
        for mark in self._folder.glob(f"*.{file_id}"):
            mark.unlink(missing_ok=True)
            if not any(self._folder.glob(f"{mark.stem}.file-*")):
                (self._folder / f"{mark.stem}.json").unlink(missing_ok=True)


def _mark(folder: Path, key: str, file_id: str) -> None:
    (folder / f"{key}.{file_id}").touch(mode=0o600)
