"""What a kernel prints, made fit to read: no terminal codes, no paths of this machine, short enough for the model."""

import re
from collections.abc import Sequence

MODEL_HEAD_CHARS, MODEL_TAIL_CHARS = 3000, 5000
MAX_MESSAGE_CHARS = 1000

# Colours and cursor movements, window titles, and the other controls that are not white space.
_ESCAPES = re.compile(r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNFINISHED_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?<=>]*[ -/]*)?$")


class PathNames:
    """Replaces the beginnings of paths, longest first, by what they are called in output."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        ordered = sorted(filter(None, names), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def replace(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(lambda match: self._names[match[0]], text)


class Cleaner:
    """Cleans a stream of text piece by piece; an escape that is cut by the end of a piece waits for the next."""

    def __init__(self, paths: PathNames) -> None:
        self._paths = paths
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        cut = _UNFINISHED_ESCAPE.search(text)
        self._held = text[cut.start() :] if cut and len(text) - cut.start() < 64 else ""
        text = text[: len(text) - len(self._held)]
        return self._paths.replace(_CONTROLS.sub("", _ESCAPES.sub("", text)))

    def finish(self) -> str:
        """What was held back at the end."""
        held, self._held = self._held, ""
        return _CONTROLS.sub("", held)


def settle(text: str) -> str:
    """Keep of each line what stands there at the end: progress bars return to its start and write over it."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def shorten(text: str, head_chars: int = MODEL_HEAD_CHARS, tail_chars: int = MODEL_TAIL_CHARS) -> str:
    """The beginning and the end of a text, with the number of characters left out between them."""
    if len(text) <= head_chars + tail_chars:
        return text
    num_omitted = len(text) - head_chars - tail_chars
    return f"{text[:head_chars]}\n... [{num_omitted} characters left out] ...\n{text[-tail_chars:]}"


def format_traceback(lines: Sequence[str], name: str, message: str) -> str:
    """A traceback that always ends in the error's own line, with a bounded message and the last frames whole."""
    last = f"{name}: {message}" if message else name
    body = "\n".join(lines).rstrip()
    if body.endswith(last):
        body = body[: len(body) - len(last)].rstrip()
        return f"{shorten(body, 1000, 6000)}\n{shorten(last, MAX_MESSAGE_CHARS * 3 // 4, MAX_MESSAGE_CHARS // 4)}\n"
    return f"{shorten(body, 1000, 6000)}\n"
