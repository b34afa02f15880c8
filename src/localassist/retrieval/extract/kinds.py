"""What a file is, by its content and its name. Content decides where it is unmistakable; a name can say anything."""

from pathlib import Path

from localassist.objects.file_types import SEARCHABLE_EXTENSIONS, TEXT_EXTENSIONS, extension_of
from localassist.retrieval.extract.archive import open_archive
from localassist.retrieval.extract.faults import FileRefused, invalid, unsupported

_HEAD_BYTES = 8192
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# A file of these extensions that does not begin as it must is damaged, or something else.
_SIGNED = {".pdf": "a PDF", ".docx": "a Word document", ".pptx": "a presentation", ".xlsx": "a workbook",
           ".epub": "an EPUB", ".odt": "an OpenDocument text", ".rtf": "an RTF document", ".doc": "a Word document",
           }  # fmt: skip
_MEMBERS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
_MIMETYPES = {"application/epub+zip": "epub", "application/vnd.oasis.opendocument.text": "odt"}


def kind_of(path: Path, filename: str) -> str:
    """One of: text, html, eml, pdf, docx, pptx, xlsx, epub, odt, rtf, doc. Raises FileRefused."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b"\0 \t\r\n\f\xef\xbb\xbf\xff\xfe"):
        raise invalid("The file is empty. Upload one that has text in it.")
    extension = extension_of(filename)
    signed = _by_signature(path, head, extension)
    if signed is not None:
        return signed
    if extension in _SIGNED:
        raise invalid(
            f"The file is called {extension} but is not {_SIGNED[extension]}, or its beginning is missing. "
            "Upload the whole file, under its right name."
        )
    if b"\0" in head and not _is_utf16(head):
        raise unsupported("The file is binary, and not of a type that can be searched. Convert it to PDF or text.")
    if extension and extension not in SEARCHABLE_EXTENSIONS:
        raise unsupported(f"Files with the extension {extension} cannot be searched. Convert it to PDF or text.")
    if extension in TEXT_EXTENSIONS:
        return "text"
    return _by_text(extension, head)


def _by_signature(path: Path, head: bytes, extension: str) -> str | None:
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_OLE):
        return _in_ole(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_archive(path, extension)
    return None


def _in_ole(path: Path) -> str:
    """An old Word document, or a new one behind a password, which is put into the same container."""
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise invalid("The document is protected by a password. Save it without one and upload it again.")
    if "WordDocument".encode("utf-16-le") in content:
        return "doc"
    raise unsupported("Old Office files other than Word's cannot be searched. Save it as .docx, .pptx, .xlsx or PDF.")


def _in_archive(path: Path, extension: str) -> str:
    with open_archive(path) as archive:
        names = set(archive.namelist())
        if "mimetype" in names:
            mimetype = archive.read("mimetype")[:100].decode("ascii", "replace").strip()
            if mimetype in _MIMETYPES:
                return _MIMETYPES[mimetype]
    for member, kind in _MEMBERS.items():
        if member in names:
            return kind
    if extension == ".epub" and "META-INF/container.xml" in names:
        return "epub"
    raise _unknown_archive(extension)


def _unknown_archive(extension: str) -> FileRefused:
    if extension in (".docx", ".pptx", ".xlsx", ".odt", ".epub"):
        return invalid(f"The file is called {extension} but is another kind of archive. Save it again in its program.")
    return unsupported("Archives cannot be searched. Unpack it and upload the files that are in it.")


def _is_utf16(head: bytes) -> bool:
    """Marked, or every other byte is mostly zero, as Latin text looks in UTF-16."""
    if head.startswith(_UTF16):
        return True
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) > len(head) // 4 and min(even, odd) < len(head) // 50 + 1


def _by_text(extension: str, head: bytes) -> str:
    if extension == ".html":
        return "html"
    if extension == ".eml":
        return "eml"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:100].lower()
    return "html" if start.startswith((b"<!doctype html", b"<html")) else "text"
