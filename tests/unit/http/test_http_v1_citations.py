"""Citations and links in texts of the first version: markers renamed, offsets counted anew."""

from typing import Any

import pytest

from localassist.http.v1.citations import DeltaTexts, marker_v1, text_v1
from localassist.objects.threads import Message
from localassist.objects.v1 import message_file_ids

LINK = "sandbox:/mnt/data/a.csv"


def cited(text: str, start: int, **citation: str) -> dict[str, Any]:
    fields = {"file_id": "file-1", **citation}
    return {
        "type": "file_citation",
        "text": text,
        "start_index": start,
        "end_index": start + len(text),
        "file_citation": fields,
    }


def linked(start: int) -> dict[str, Any]:
    place = {"start_index": start, "end_index": start + len(LINK)}
    return {"type": "file_path", "text": LINK, **place, "file_path": {"file_id": "file-2"}}


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("【0:0†a.txt】", "【0†source】"),
        ("【4:0†favorite foods.txt】", "【200†source】"),
        ("【4:49†한국어 보고서.pdf】", "【249†source】"),
        ("【5:0†a.txt】", "【250†source】"),
        ("【13†source】", "【13†source】"),
        ("(see page 3)", "(see page 3)"),
    ],
)
def test_a_marker_is_numbered_by_search_and_passage(marker: str, expected: str) -> None:
    assert marker_v1(marker) == expected


def test_texts_with_markers_links_and_odd_annotations() -> None:
    one, two = "【0:1†long name of a file.txt】", "【1:0†b.txt】"
    value = f"☀ {one} then {LINK} and {two}."
    annotations = [
        cited(one, value.index(one), quote="passage"),
        linked(value.index(LINK)),
        cited(two, value.index(two)),
    ]
    text = text_v1({"value": value, "annotations": annotations})
    assert text["value"] == f"☀ 【1†source】 then {LINK} and 【50†source】."
    for annotation in text["annotations"]:
        assert text["value"][annotation["start_index"] : annotation["end_index"]] == annotation["text"]
    assert [one["file_citation"]["quote"] for one in text["annotations"] if "file_citation" in one] == ["passage", ""]
    assert text_v1({"value": value, "annotations": []}) == {"value": value, "annotations": []}


def test_an_annotation_that_is_not_where_it_says_leaves_the_text() -> None:
    marker = "【0:0†a.txt】"
    text = text_v1({"value": f"x {marker}", "annotations": [cited(marker, 0)]})
    assert text["value"] == f"x {marker}"


def test_deltas_shift_by_what_their_own_part_has_gained() -> None:
    marker = "【0:0†a.txt】"
    texts = DeltaTexts()

    def written(message_id: str, annotation: dict[str, Any]) -> dict[str, Any]:
        part = {"index": 1, "type": "text", "text": {"value": annotation["text"], "annotations": [annotation]}}
        return texts.write(message_id, part)["text"]

    first = written("msg_1", {"index": 0, **cited(marker, 5)})
    assert (first["value"], first["annotations"][0]["end_index"]) == ("【0†source】", 15)
    link = written("msg_1", {"index": 1, **linked(20)})
    assert (link["value"], link["annotations"][0]["start_index"]) == (LINK, 19)
    other = written("msg_2", {"index": 0, **cited(marker, 5)})
    assert other["annotations"][0]["start_index"] == 5
    plain = {"index": 1, "type": "text", "text": {"value": "x", "annotations": []}}
    assert texts.write("msg_1", plain) == plain


def test_files_a_text_links_to_are_the_messages() -> None:
    message = Message.model_validate(
        {
            "id": "msg_1",
            "created_at": 1,
            "thread_id": "thread_1",
            "role": "assistant",
            "content": [{"type": "text", "text": {"value": LINK, "annotations": [linked(0), linked(0)]}}],
            "attachments": [{"file_id": "file-3", "tools": []}],
        }
    )
    assert message_file_ids(message) == ["file-3", "file-2"]
