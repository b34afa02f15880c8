"""HTML files, EPUB books and OpenDocument texts: markup, alone or in a ZIP container."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from localassist.protocols import SourceText
from localassist.retrieval.extract.archive import open_archive
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.elements import add_html, damaged
from localassist.retrieval.extract.encodings import decode

_CONTAINER = "META-INF/container.xml"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def extract_html(content: bytes) -> SourceText:
    assembly = Assembly()
    add_html(assembly, decode_markup(content))
    return assembly.finish()


def decode_markup(content: bytes) -> str:
    """The encoding that the document declares counts, if it is right."""
    import re

    declared = re.search(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]+)""", content[:4096])
    if declared is not None:
        name = declared.group(1).decode("ascii").lower()
        try:
            return content.decode({"euc-kr": "cp949", "ks_c_5601-1987": "cp949", "gb2312": "gb18030"}.get(name, name))
        except (UnicodeDecodeError, LookupError):
            pass  # declared wrongly: judged by the bytes like any other text
    return decode(content)


# --- EPUB ---------------------------------------------------------------------------------------------------------


def extract_epub(path: Path) -> SourceText:
    """The chapters in reading order."""
    assembly = Assembly()
    with open_archive(path) as archive:
        for name in _spine(archive):
            add_html(assembly, decode_markup(archive.read(name)))
    return assembly.finish()


def _spine(archive: zipfile.ZipFile) -> Iterator[str]:
    names = set(archive.namelist())
    if _CONTAINER not in names:
        raise damaged("EPUB", "it has no table of its parts")
    root_file = parse_xml(archive.read(_CONTAINER), "EPUB").find(".//{*}rootfile")
    package = None if root_file is None else root_file.get("full-path")
    if package not in names:
        raise damaged("EPUB", "its table of parts names nothing")
    tree = parse_xml(archive.read(package), "EPUB")
    places = {item.get("id"): item.get("href") for item in tree.iterfind(".//{*}manifest/{*}item")}
    for entry in tree.iterfind(".//{*}spine/{*}itemref"):
        place = places.get(entry.get("idref"))
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(place or "")))
        if place and name in names:
            yield name


# --- OpenDocument -------------------------------------------------------------------------------------------------


def extract_odt(path: Path) -> SourceText:
    """Headings, paragraphs, list items and rows of tables, in order."""
    with open_archive(path) as archive:
        if "content.xml" not in archive.namelist():
            raise damaged("OpenDocument text", "it has no content")
        tree = parse_xml(archive.read("content.xml"), "OpenDocument text")
    assembly = Assembly()
    _add_blocks(assembly, tree)
    return assembly.finish()


def _add_blocks(assembly: Assembly, root: Any) -> None:
    """Walk down to the blocks; what is inside a block belongs to it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.tag in (f"{_TEXT}h", f"{_TEXT}p"):
            assembly.add(_inner_text(node), is_heading=node.tag == f"{_TEXT}h")
        elif node.tag == f"{_TABLE}table-row":
            cells = (" ".join(_inner_text(cell).split()) for cell in node.iter(f"{_TABLE}table-cell"))
            assembly.add(" | ".join(cell for cell in cells if cell))
        elif node.tag != f"{_TEXT}tracked-changes":
            waiting.extend(child for child in reversed(node) if isinstance(child.tag, str))


def _inner_text(node: Any) -> str:
    """The text of a block; spaces, tabs and line breaks are elements there."""
    pieces = [node.text or ""]
    for child in node:
        if child.tag == f"{_TEXT}s":
            pieces.append(" ")
        elif child.tag == f"{_TEXT}tab":
            pieces.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            pieces.append("\n")
        elif isinstance(child.tag, str):
            pieces.append(_inner_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def parse_xml(content: bytes, what: str) -> Any:
    """Without entities of the document's own, and without fetching anything."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        raise damaged(what, exc.msg) from exc
