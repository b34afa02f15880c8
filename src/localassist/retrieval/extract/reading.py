"""A file to text: its kind, the reader of that kind, and what holds for the text of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localassist.objects.file_types import extension_of
from localassist.protocols import SourceText
from localassist.retrieval.extract.elements import extract_office
from localassist.retrieval.extract.faults import invalid
from localassist.retrieval.extract.kinds import kind_of
from localassist.retrieval.extract.legacy import extract_doc
from localassist.retrieval.extract.mail import extract_mail
from localassist.retrieval.extract.markup import extract_epub, extract_html, extract_odt
from localassist.retrieval.extract.pdf import extract_pdf
from localassist.retrieval.extract.rtf import extract_rtf
from localassist.retrieval.extract.text import extract_text

MAX_MAIL_DEPTH = 3
MAX_CHARACTERS = 40_000_000  # more than 5 million tokens of any language


def _tell_nobody(done: int, total: int) -> None:
    pass


def read_file(
    path: Path, filename: str, scratch: Path, on_page: Callable[[int, int], None] = _tell_nobody
) -> SourceText:
    """The text of a file; `on_page` is told (pages read, pages in all) of a PDF.

    Raises FileRefused; errors of the parsers that are no refusal come as they are.
    """
    kind = kind_of(path, filename)
    source = _Reading(scratch, on_page).read(kind, path, filename)
    if not source.text.strip():
        raise invalid("No text was found in the file. If its pages are pictures, run text recognition (OCR) on it.")
    if len(source.text) > MAX_CHARACTERS:
        raise invalid(f"The file has {len(source.text)} characters; at most {MAX_CHARACTERS} are read. Split it.")
    return source


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads a file and, as files of their own, what is attached to it; messages in messages only so deep."""

    scratch: Path
    on_page: Callable[[int, int], None]
    depth: int = 0

    def read(self, kind: str, path: Path, filename: str) -> SourceText:
        if kind == "text":
            return extract_text(path.read_bytes(), extension_of(filename))
        if kind == "pdf":
            return extract_pdf(path, self.on_page)
        if kind == "eml":
            if self.depth == MAX_MAIL_DEPTH:
                raise invalid(f"More than {MAX_MAIL_DEPTH} messages are inside one another.")
            return extract_mail(path.read_bytes(), _Reading(self.scratch, _tell_nobody, self.depth + 1).read_attachment)
        if kind == "doc":
            return extract_doc(path, self.scratch)
        return _read_markup(kind, path)

    def read_attachment(self, content: bytes, name: str) -> SourceText:
        attached = self.scratch / f"attached-{self.depth}"
        attached.write_bytes(content)
        try:
            return self.read(kind_of(attached, name), attached, name)
        finally:
            attached.unlink(missing_ok=True)


def _read_markup(kind: str, path: Path) -> SourceText:
    if kind in ("docx", "pptx", "xlsx"):
        return extract_office(path, kind)
    if kind == "epub":
        return extract_epub(path)
    if kind == "odt":
        return extract_odt(path)
    content = path.read_bytes()
    return extract_html(content) if kind == "html" else extract_rtf(content)
