"""Citations as the first version has them: `【13†source】`, the number in place of turn, index and file name.

The number is made of turn and index, so that every passage shown on a thread has its own, in streams as well.
"""

import re
from typing import Any

Json = dict[str, Any]

_MARKER = re.compile(r"【(\d+):(\d+)†.*】", re.DOTALL)
_MAX_RESULTS = 50  # of one search


def marker_v1(marker: str) -> str:
    """`【4:0†name.txt】` → `【200†source】`; anything else stays."""
    found = _MARKER.fullmatch(marker)
    return marker if found is None else f"【{int(found[1]) * _MAX_RESULTS + int(found[2])}†source】"


def annotation_v1(annotation: Json, shift: int) -> Json:
    """An annotation of a text that has become `shift` characters longer before it."""
    moved = dict(annotation)
    if "start_index" in annotation and "end_index" in annotation:
        moved |= {"start_index": annotation["start_index"] + shift, "end_index": annotation["end_index"] + shift}
    if annotation.get("type") == "file_citation":
        text = marker_v1(annotation["text"])
        citation = annotation["file_citation"]
        moved |= {"text": text, "file_citation": citation | {"quote": citation.get("quote", "")}}
        if "end_index" in moved:
            moved["end_index"] += len(text) - len(annotation["text"])
    return moved


def text_v1(text: Json) -> Json:
    """A text part's value with its annotations, offsets counted anew."""
    value: str = text["value"]
    pieces, read, shift, annotations = [], 0, 0, []
    for annotation in text["annotations"]:
        moved = annotation_v1(annotation, shift)
        start, end = annotation.get("start_index", -1), annotation.get("end_index", -1)
        if moved["text"] != annotation["text"] and start >= read and value[start:end] == annotation["text"]:
            pieces += [value[read:start], moved["text"]]
            read = end
            shift += len(moved["text"]) - len(annotation["text"])
        annotations.append(moved)
    return {"value": "".join([*pieces, value[read:]]), "annotations": annotations}


class DeltaTexts:
    """Text deltas of a stream's messages. An annotated delta is exactly a marker or a link."""

    def __init__(self) -> None:
        self._shifts: dict[tuple[str, int], int] = {}

    def write(self, message_id: str, part: Json) -> Json:
        """One content part of a message delta."""
        annotations = part.get("text", {}).get("annotations")
        if not annotations:
            return part
        place = (message_id, part["index"])
        shift = self._shifts.get(place, 0)
        (annotation,) = annotations
        moved = annotation_v1(annotation, shift)
        self._shifts[place] = shift + len(moved["text"]) - len(annotation["text"])
        return part | {"text": part["text"] | {"value": moved["text"], "annotations": [moved]}}
