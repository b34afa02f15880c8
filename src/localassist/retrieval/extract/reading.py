"""A file to text: its kind, the reader of that kind, and what holds for the text of every kind."""

from collections.abc import Callable
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


def read_file(
    path: Path, filename: str, scratch: Path, on_page: Callable[[int, int], None] = lambda done, total: None
) -> SourceText:
    """The text of a file; `on_page` is told (pages read, pages in all) of a PDF.

    Raises FileRefused; errors of the parsers that are no refusal come as they are.
    """
    kind = kind_of(path, filename)
    source = _read(kind, path, filename, scratch, on_page)
    if not source.text.strip():
        raise invalid("No text was found in the file. If its pages are pictures, run text recognition (OCR) on it.")
    if len(source.text) > MAX_CHARACTERS:
        raise invalid(f"The file has {len(source.text)} characters; at most {MAX_CHARACTERS} are read. Split it.")
    return source


def _read(
    kind: str, path: Path, filename: str, scratch: Path, on_page: Callable[[int, int], None] = lambda done, total: None
) -> SourceText:
    if kind == "text":
        return extract_text(path.read_bytes(), extension_of(filename))
    if kind == "pdf":
        return extract_pdf(path, on_page)
    if kind == "eml":
        return _read_mail(path, scratch, 1)
    if kind == "doc":
        return extract_doc(path, scratch)
    return _read_markup(kind, path)


def _read_markup(kind: str, path: Path) -> SourceText:
    if kind in ("docx", "pptx", "xlsx"):
        return extract_office(path, kind)
    if kind == "epub":
        return extract_epub(path)
    if kind == "odt":
        return extract_odt(path)
    content = path.read_bytes()
    return extract_html(content) if kind == "html" else extract_rtf(content)


def _read_mail(path: Path, scratch: Path, depth: int) -> SourceText:
    """Attachments are read as files of their own are; messages in messages only so deep."""

    def read_attachment(content: bytes, name: str) -> SourceText:
        attached = scratch / f"attached-{depth}"
        attached.write_bytes(content)
        try:
            kind = kind_of(attached, name)
            if kind == "eml" and depth >= MAX_MAIL_DEPTH:
                raise invalid(f"More than {MAX_MAIL_DEPTH} messages are inside one another.")
            return _read_mail(attached, scratch, depth + 1) if kind == "eml" else _read(kind, attached, name, scratch)
        finally:
            attached.unlink(missing_ok=True)

    return extract_mail(path.read_bytes(), read_attachment)
