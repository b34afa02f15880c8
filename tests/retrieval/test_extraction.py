"""Text out of real files of every type, and the right words for those that cannot be read."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.objects.file_types import SEARCHABLE_EXTENSIONS
from localassist.protocols import SourceText
from localassist.retrieval.extract import legacy
from localassist.retrieval.extract.faults import FileRefused
from localassist.retrieval.extract.process import Extractor
from tests.retrieval import samples

TYPES = samples.every_type()
BAD = samples.bad_files()


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    made = Extractor()
    yield made
    made.close()


def read(extractor: Extractor, folder: Path, name: str, content: bytes) -> SourceText:
    path = folder / "content"
    path.write_bytes(content)
    return extractor.extract(path, name)


def flat(source: SourceText) -> str:
    return " ".join(source.text.split())


def test_there_is_a_sample_of_every_type_but_the_one_that_needs_a_converter() -> None:
    assert {Path(name).suffix for name in TYPES} == SEARCHABLE_EXTENSIONS - {".doc"}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_english_korean_and_chinese_come_out_of_every_type(extractor: Extractor, tmp_path: Path, name: str) -> None:
    source = read(extractor, tmp_path, name, TYPES[name])
    assert all(sentence in flat(source) for sentence in samples.SENTENCES)


def test_a_pdf_says_where_its_pages_begin(extractor: Extractor, tmp_path: Path) -> None:
    source = read(extractor, tmp_path, "a.pdf", samples.pdf("one", "", f"three\n{samples.KOREAN}"))
    first, second, third = source.page_starts
    assert (first, source.text[:3]) == (0, "one")
    assert second == third
    assert source.text[third:] == f"three\n{samples.KOREAN}"


def test_the_pages_of_a_pdf_are_counted_while_it_is_read(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(samples.pdf("one", "two", "three"))
    told: list[tuple[int, int]] = []
    source = extractor.extract(path, "a.pdf", on_pages=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert source.text == "one\n\ntwo\n\nthree"


def test_slides_and_sheets_are_pages_and_titles_are_headings(extractor: Extractor, tmp_path: Path) -> None:
    slides = read(extractor, tmp_path, "a.pptx", samples.pptx())
    assert len(slides.page_starts) == 3
    assert slides.headings == tuple((start, f"Slide {n}") for n, start in enumerate(slides.page_starts, 1))
    book = read(extractor, tmp_path, "a.xlsx", samples.xlsx())
    assert [title for _, title in book.headings] == ["Birds", "鸟类"]
    assert "왜가리 | " in book.text
    assert book.text[book.page_starts[1] :].startswith("鸟类")


@pytest.mark.parametrize(("name", "build"), [("a.docx", samples.docx), ("a.html", samples.html)])
def test_headings_and_rows_of_tables(extractor: Extractor, tmp_path: Path, name: str, build: object) -> None:
    source = read(extractor, tmp_path, name, build())  # type: ignore[operator]
    assert source.headings == ((0, "Birds of the river"),)
    assert "Bird | Wingspan\nHeron | 185 cm" in source.text


def test_html_loses_its_furniture(extractor: Extractor, tmp_path: Path) -> None:
    source = read(extractor, tmp_path, "a.html", samples.html())
    assert "secret" not in source.text
    assert "index" not in source.text


def test_a_message_has_its_headers_and_names_what_was_attached(extractor: Extractor, tmp_path: Path) -> None:
    source = read(extractor, tmp_path, "a.eml", samples.eml())
    assert source.headings == ((0, "왜가리 관찰"),)
    assert "From: Mina <mina@example.org>" in source.text
    assert "Attached: heron.bin" in source.text


def test_attachments_of_a_message_are_read_under_their_names(extractor: Extractor, tmp_path: Path) -> None:
    inner = samples.message(("crane.md", b"# Cranes\n\nThe crane dances."))
    source = read(
        extractor,
        tmp_path,
        "a.eml",
        samples.message(
            ("birds.docx", samples.docx()),
            ("왜가리.txt", samples.KOREAN.encode("cp949")),
            ("secret.pdf", samples.encrypted_pdf()),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0\0"),
            ("forwarded.eml", inner),
        ),
    )
    titles = [title for _, title in source.headings]
    assert titles == [
        "Notes", "birds.docx", "Birds of the river", "왜가리.txt", "forwarded.eml", "Notes", "crane.md", "Cranes"
    ]  # fmt: skip
    assert all(source.text[start:].lstrip("# ").startswith(title) for start, title in source.headings)
    assert all(sentence in flat(source) for sentence in samples.SENTENCES)
    assert "secret.pdf has no text that could be read: The PDF is protected by a password." in source.text
    assert "picture.png, forwarded.eml" in source.text
    assert "The crane dances." in source.text
    assert source.page_starts == ()


def test_messages_in_messages_are_read_only_so_deep(extractor: Extractor, tmp_path: Path) -> None:
    content = samples.message(("deepest.txt", b"the bittern booms"))
    for _ in range(4):
        content = samples.message(("inner.eml", content))
    source = read(extractor, tmp_path, "a.eml", content)
    assert "bittern" not in source.text
    assert "More than 3 messages are inside one another." in source.text


def test_rtf_hides_what_is_no_text(extractor: Extractor, tmp_path: Path) -> None:
    source = read(extractor, tmp_path, "a.rtf", samples.rtf())
    assert source.text.split("\n\n") == list(samples.SENTENCES)


def test_plain_text_is_kept_exactly_with_its_lines(extractor: Extractor, tmp_path: Path) -> None:
    source = read(extractor, tmp_path, "a.md", samples.plain().encode())
    assert source.text == samples.plain()
    assert source.has_lines
    assert source.headings == ((0, "Birds"),)


def test_headings_in_code_blocks_of_markdown_are_none(extractor: Extractor, tmp_path: Path) -> None:
    text = "# One\n\n```sh\n# a comment\n```\n\n## Two ##\n"
    source = read(extractor, tmp_path, "a.md", text.encode())
    assert [(source.text[at], title) for at, title in source.headings] == [("#", "One"), ("#", "Two")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_unicode(extractor: Extractor, tmp_path: Path, encoding: str) -> None:
    assert read(extractor, tmp_path, "a.txt", samples.plain().encode(encoding)).text == samples.plain()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (samples.KOREAN, "cp949"),
        (f"README {samples.KOREAN * 20}", "euc-kr"),
        (samples.CHINESE, "gb18030"),
        (f"README {samples.CHINESE * 20}", "gb2312"),
        ("Le héron attend à l’aube, où l’eau naît.", "cp1252"),
    ],
)
def test_encodings_of_countries(extractor: Extractor, tmp_path: Path, text: str, encoding: str) -> None:
    assert read(extractor, tmp_path, "a.txt", text.encode(encoding)).text == text


def test_content_counts_for_more_than_the_name(extractor: Extractor, tmp_path: Path) -> None:
    assert read(extractor, tmp_path, "text/csv", TYPES["birds.pdf"]).page_starts
    assert read(extractor, tmp_path, "birds.txt", TYPES["birds.docx"]).headings == ((0, "Birds of the river"),)
    assert read(extractor, tmp_path, "unnamed", b"plain words").has_lines


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_fails_with_the_right_code_and_says_what_to_do(
    extractor: Extractor, tmp_path: Path, name: str
) -> None:
    content, fault, word = BAD[name]
    with pytest.raises(FileRefused) as refused:
        read(extractor, tmp_path, name, content)
    assert refused.value.fault == fault
    assert word in refused.value.message
    assert refused.value.message.endswith(".")


def test_an_old_word_file_needs_a_converter(extractor: Extractor, tmp_path: Path) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le") + bytes(2048)
    with pytest.raises(FileRefused) as refused:
        read(extractor, tmp_path, "old.doc", old)
    if not legacy.converters():
        assert refused.value.fault == "unsupported_file"
        assert "antiword" in refused.value.message
    else:  # it is no real document, so a converter that is there must refuse it
        assert refused.value.fault == "invalid_file"


OLD_WORD = (Path(__file__).parent / "data" / "birds.doc").read_bytes()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("converter", legacy.CONVERTERS)
def test_an_old_word_file_is_read_by_whichever_converter_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, converter: str
) -> None:
    if shutil.which(converter) is None:
        pytest.skip(f"{converter} is not installed")
    if converter == "soffice":  # comes after antiword, when that gives up
        gives_up = tmp_path / "antiword"
        gives_up.write_text("#!/bin/sh\nexit 1\n")
        gives_up.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    extractor = Extractor()
    try:
        text = read(extractor, tmp_path, "birds.doc", OLD_WORD).text
    finally:
        extractor.close()
    assert text.startswith("Birds of the river\n\nParagraph 1: the heron of pool 1 waits in shallow water")
    assert text.endswith("왜가리는 물가에서 삽니다. 苍鹭在浅水中等待。")


# --- the child process --------------------------------------------------------------------------------------------


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    extractor = Extractor(memory_bytes=220 << 20)
    try:
        with pytest.raises(FileRefused) as refused:
            read(extractor, tmp_path, "a.txt", b"x" * (120 << 20))
        assert refused.value.fault in ("invalid_file", "server_error")
        assert read(extractor, tmp_path, "a.txt", b"short").text == "short"
    finally:
        extractor.close()


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_read(tmp_path: Path) -> None:
    extractor = Extractor(base_s=0.0, per_megabyte_s=0.0)
    try:
        with pytest.raises(FileRefused) as refused:
            read(extractor, tmp_path, "a.docx", TYPES["birds.docx"])
        assert refused.value.fault == "server_error"
        assert "took longer" in refused.value.message or "ended unexpectedly" in refused.value.message
    finally:
        extractor.close()


def test_the_child_has_no_network(tmp_path: Path) -> None:
    program = (
        "import socket, sys\n"
        "from localassist.retrieval.extract.child import _leave_the_network\n"
        "_leave_the_network()\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
        "except PermissionError as exc:\n    sys.exit(0 if 'may not use the network' in str(exc) else 2)\n"
        "sys.exit(1)"
    )
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_reading_every_type_asks_for_no_host(tmp_path: Path) -> None:
    """With the audit hook in this process: not even an attempt, neither to report usage nor to download a model."""
    import subprocess
    import sys

    program = (
        "import sys, pathlib, tests.conftest as guard\n"
        "from tests.retrieval import samples\n"
        "from localassist.retrieval.extract.reading import read_file\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "for name, content in samples.every_type().items():\n"
        "    path = folder / 'content'; path.write_bytes(content)\n"
        "    assert read_file(path, name, folder).text\n"
        "assert not guard.blocked_hosts and 'spacy' not in sys.modules and 'numba' not in sys.modules\n"
    )
    from localassist.retrieval.extract.process import child_environment

    environment = child_environment(tmp_path) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
