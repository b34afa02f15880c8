"""Markers and links in text that comes in pieces."""

import pytest

from localassist.objects.runs import ShownPassage
from localassist.runs.citations import Annotator, annotation_delta

PARIS = ShownPassage(marker="【0:1†city guide.txt】", file_id="file-a", quote="Paris is big.", start=3, end=16, page=2)
LONGER = ShownPassage(marker="【0:11†x】", file_id="file-b", quote="q", start=0, end=1)
FILES = {"sales chart.png": "file-c", "a.csv": "file-d", "a.csv.gz": "file-e"}


def read(text, size):
    annotator = Annotator([PARIS, LONGER], FILES)
    fragments = [one for at in range(0, len(text), size) for one in annotator.feed(text[at : at + size])]
    return [*fragments, *annotator.finish()]


TEXT = (
    "有【注】和 【0:1†city guide.txt】, 【0:11†x】! [a](sandbox:/mnt/data/a.csv) sandbox:/mnt/data/sales%20chart.png s"
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_markers_and_links_leave_whole_with_right_offsets_however_the_text_is_split(size):
    fragments = read(TEXT, size)
    assert "".join(one.text for one in fragments) == TEXT
    annotations = [one.annotation for one in fragments if one.annotation]
    assert [TEXT[a["start_index"] : a["end_index"]] for a in annotations] == [a["text"] for a in annotations]
    assert [(a["type"], a[a["type"]]["file_id"]) for a in annotations] == [
        ("file_citation", "file-a"),
        ("file_citation", "file-b"),
        ("file_path", "file-d"),
        ("file_path", "file-c"),
    ]


def test_the_longer_of_two_links_wins_and_an_unfinished_one_is_plain_text():
    fragments = read("sandbox:/mnt/data/a.csv.gz sandbox:/mnt/data/a.cs", 4)
    assert [one.annotation["file_path"]["file_id"] for one in fragments if one.annotation] == ["file-e"]
    fragments = read("sandbox:/mnt/data/a.csv.g", 1)
    assert [one.text for one in fragments if one.annotation] == ["sandbox:/mnt/data/a.csv"]


def test_an_unknown_marker_is_plain_text():
    assert all(one.annotation is None for one in read("See 【0:2†city guide.txt】 and 【1:1†city guide.txt】.", 5))


def test_a_citation_says_where_the_passage_stands_and_its_delta_has_an_empty_quote():
    (cited,) = [one.annotation for one in read("【0:1†city guide.txt】", 50) if one.annotation]
    assert cited["file_citation"] == {"file_id": "file-a", "quote": "Paris is big."}
    assert cited["localassist"] == {"start": 3, "end": 16, "page": 2}
    delta = annotation_delta(0, cited)
    assert (delta["index"], delta["file_citation"]) == (0, {"file_id": "file-a", "quote": ""})
