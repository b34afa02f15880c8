"""Places annotations: citations of passages and links to made files, as the text comes.

A marker or link is text the model writes exactly; it is held back while it may still become one, so that it leaves
whole, together with its annotation. Offsets count characters of the text part, markers included.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from localassist.objects.runs import ShownPassage

SANDBOX_LINK = "sandbox:/mnt/data/"

Annotation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A fragment of the text; an annotated one is exactly a marker or a link."""

    text: str
    annotation: Annotation | None = None


class Annotator:
    """Reads one text part. `passages` may be cited, `files` (ids by their path below /mnt/data) linked to."""

    def __init__(self, passages: Iterable[ShownPassage], files: Mapping[str, str]) -> None:
        self._passages = {passage.marker: passage for passage in passages}
        self._file_ids = dict(_links(files))
        self._literals = sorted([*self._passages, *self._file_ids], key=len, reverse=True)
        self._held = ""
        self._length = 0

    def feed(self, text: str) -> list[AnnotatedText]:
        return list(self._read(self._held + text, is_last=False))

    def finish(self) -> list[AnnotatedText]:
        """What was held back, once nothing more comes."""
        return list(self._read(self._held, is_last=True))

    def _read(self, text: str, *, is_last: bool) -> Iterator[AnnotatedText]:
        plain = position = 0
        while position < len(text):
            rest = text[position:]
            if not is_last and any(len(rest) < len(one) and one.startswith(rest) for one in self._literals):
                break
            found = next((literal for literal in self._literals if rest.startswith(literal)), None)
            if found is None:
                position += 1
                continue
            yield from self._plain(text[plain:position])
            yield self._annotated(found)
            plain = position = position + len(found)
        yield from self._plain(text[plain:position])
        self._held = text[position:]

    def _plain(self, text: str) -> Iterator[AnnotatedText]:
        self._length += len(text)
        if text:
            yield AnnotatedText(text)

    def _annotated(self, literal: str) -> AnnotatedText:
        start, self._length = self._length, self._length + len(literal)
        kind = "file_citation" if literal in self._passages else "file_path"
        annotation: Annotation = {"type": kind, "text": literal, "start_index": start, "end_index": self._length}
        if kind == "file_path":
            return AnnotatedText(literal, annotation | {"file_path": {"file_id": self._file_ids[literal]}})
        passage = self._passages[literal]
        place = passage.model_dump(exclude={"marker", "file_id", "quote"}, exclude_none=True)
        cited = {"file_citation": {"file_id": passage.file_id, "quote": passage.quote}, "localassist": place}
        return AnnotatedText(literal, annotation | cited)


def annotation_delta(index: int, annotation: Annotation) -> Annotation:
    """The annotation as a delta has it: numbered, and the `quote` of a citation left to the finished message."""
    if annotation["type"] == "file_citation":
        annotation = annotation | {"file_citation": annotation["file_citation"] | {"quote": ""}}
    return {"index": index, **annotation}


def _links(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each file's link as it is and as it looks in a URL."""
    for path, file_id in files.items():
        yield SANDBOX_LINK + path, file_id
        yield SANDBOX_LINK + quote(path), file_id
