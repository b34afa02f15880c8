"""PDF through PDFium: the text of each page."""

from collections.abc import Callable
from pathlib import Path

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.faults import FileRefused, invalid

MAX_PAGES = 20_000


def extract_pdf(path: Path, on_page: Callable[[int, int], None]) -> SourceText:
    """`on_page` is told (pages read, pages in all) before each page.

    Raises FileRefused for what is protected, damaged, or has pictures of text only.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as exc:
        raise _refusal(str(exc)) from exc
    try:
        return _read(document, on_page)
    except pypdfium2.PdfiumError as exc:
        raise invalid(f"The PDF is damaged ({exc}). Save it again in its program and upload it.") from exc
    finally:
        document.close()


def _refusal(reason: str) -> FileRefused:
    if "password" in reason.lower():
        return invalid("The PDF is protected by a password. Save it without one and upload it again.")
    return invalid(f"The PDF is damaged or cut off ({reason}). Upload it again, whole.")


def _read(document: "object", on_page: Callable[[int, int], None]) -> SourceText:
    from pypdfium2 import PdfDocument

    assert isinstance(document, PdfDocument)
    num_pages = len(document)
    if num_pages > MAX_PAGES:
        raise invalid(f"The PDF has {num_pages} pages; at most {MAX_PAGES} are read. Split it.")
    assembly = Assembly()
    for number in range(num_pages):
        on_page(number, num_pages)
        page = document[number]
        text_page = page.get_textpage()
        assembly.begin_page(number + 1)
        assembly.add(text_page.get_text_bounded())
        text_page.close()
        page.close()
    if not assembly.has_text:
        raise invalid(
            f"The PDF has no text (pages: {num_pages}): it seems to be made of scanned pictures. Run text recognition "
            "(OCR) on it first, and upload the result."
        )
    return assembly.finish()
