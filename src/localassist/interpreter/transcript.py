"""What one cell shows, gathered from the kernel's messages: text and pictures in order, cleaned and bounded."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from localassist.interpreter.exchange import KernelMessage
from localassist.interpreter.pictures import PictureRefused, read_picture
from localassist.interpreter.text import Cleaner, PathNames, format_traceback, settle, shorten
from localassist.protocols import CellImage

MAX_PICTURES = 20
MAX_PICTURE_BYTES = 16 << 20


class Transcript:
    """Feed it the output messages of a cell; `on_output` is told of each piece as it comes.

    `max_chars` bounds the text kept. Messages come from code that may be hostile: what is not as it should be is
    passed over.
    """

    def __init__(self, paths: PathNames, max_chars: int, on_output: Callable[[str | CellImage], None]) -> None:
        self.outputs: list[str | CellImage] = []
        self.error_name: str | None = None
        self._paths = paths
        self._room = max_chars
        self._on_output = on_output
        self._cleaners: dict[str, Cleaner] = {}
        self._num_omitted = 0
        self._seen_pictures: set[bytes] = set()
        self._picture_room = MAX_PICTURE_BYTES

    def receive(self, message: KernelMessage) -> None:
        """Take in one message of the output channel."""
        content = message.content
        if message.type == "stream":
            name = str(content.get("name"))
            cleaner = self._cleaners.setdefault(name, Cleaner(self._paths))
            self._add_text(cleaner.feed(_text(content.get("text"))))
        elif message.type in ("display_data", "execute_result", "update_display_data"):
            data = content.get("data")
            self._show(data if isinstance(data, Mapping) else {})
        elif message.type == "error":
            self._add_error(content)

    def _show(self, data: Mapping[str, Any]) -> None:
        try:
            picture = read_picture(data)
        except PictureRefused as exc:
            self.add_note(f"picture left out: {exc}")
            return
        if picture is None:
            self._add_line(self._clean(_text(data.get("text/plain"))))
            return
        digest = hashlib.sha256(picture.content).digest()
        if digest in self._seen_pictures:
            return
        if len(self._seen_pictures) >= MAX_PICTURES or len(picture.content) > self._picture_room:
            self.add_note(
                f"picture left out: one cell may show {MAX_PICTURES}, of {MAX_PICTURE_BYTES >> 20} MiB together"
            )
            return
        self._seen_pictures.add(digest)
        self._picture_room -= len(picture.content)
        self._add(picture)

    def _add_error(self, content: Mapping[str, Any]) -> None:
        lines = content.get("traceback")
        self.error_name = self._clean(_text(content.get("ename")))
        message = self._clean(_text(content.get("evalue")))
        cleaned = [
            self._clean(_text(line)).rstrip("\n") for line in (lines if isinstance(lines, list) else [])[:10_000]
        ]
        self._add_line(format_traceback(cleaned, self.error_name, message))

    def add_note(self, text: str) -> None:
        """A remark of ours, on a line of its own. It is kept however full the transcript is."""
        self._room += len(text) + 4
        self._add_line(f"[{text}]")

    def finish(self) -> None:
        """Let out what was held back."""
        for cleaner in self._cleaners.values():
            self._add_text(cleaner.finish())
        if self._num_omitted:
            num_omitted, self._num_omitted = self._num_omitted, 0
            self.add_note(f"{num_omitted} more characters left out")

    def for_model(self) -> str:
        """All text, without what progress bars overwrote, shortened in the middle."""
        return shorten(settle("".join(piece for piece in self.outputs if isinstance(piece, str))))

    def _clean(self, text: str) -> str:
        cleaner = Cleaner(self._paths)
        return cleaner.feed(text) + cleaner.finish()

    def _add_line(self, text: str) -> None:
        last = self.outputs[-1] if self.outputs else ""
        before = "\n" if isinstance(last, str) and last and not last.endswith("\n") else ""
        self._add_text(f"{before}{text}" if text.endswith("\n") or not text else f"{before}{text}\n")

    def _add_text(self, text: str) -> None:
        kept = text[: self._room]
        self._num_omitted += len(text) - len(kept)
        self._room -= len(kept)
        if kept:
            self._add(kept)

    def _add(self, piece: str | CellImage) -> None:
        last = self.outputs[-1] if self.outputs else None
        if isinstance(piece, str) and isinstance(last, str):
            self.outputs[-1] = last + piece
        else:
            self.outputs.append(piece)
        self._on_output(piece)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
