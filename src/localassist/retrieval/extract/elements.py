"""Word, PowerPoint and Excel files and HTML through unstructured, which tells paragraphs, headings and tables apart."""

import re
import sys
import types
from pathlib import Path
from typing import Any

from localassist.protocols import SourceText
from localassist.retrieval.extract.archive import open_archive
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.faults import invalid

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")
_WORD = re.compile(r"\w+|[^\w\s]")


def extract_office(path: Path, kind: str) -> SourceText:
    """Slides and sheets are pages; Word files have none."""
    with open_archive(path):
        pass  # sizes are checked before a parser sees the file
    assembly = Assembly()
    # On slides only the titles are headings; what is below has a depth.
    deepest = 0 if kind == "pptx" else 9
    add_elements(assembly, _partition(kind, filename=str(path)), deepest_heading=deepest)
    return assembly.finish()


def add_html(assembly: Assembly, html: str) -> None:
    """The text of an HTML document or fragment without its scripts, styles and navigation."""
    cleaned = _without_furniture(html)
    if cleaned is not None:
        add_elements(assembly, _partition("html", text=cleaned))


def add_elements(assembly: Assembly, elements: list[Any], *, deepest_heading: int = 9) -> None:
    """What unstructured found, in order. Rows of a table become lines."""
    for element in elements:
        page = element.metadata.page_number
        if page is not None:
            assembly.begin_page(page)
        name = element.metadata.page_name
        if name and element.category == "Table":
            assembly.add(name, is_heading=True)
        table = element.metadata.text_as_html
        is_heading = element.category == "Title" and (element.metadata.category_depth or 0) <= deepest_heading
        assembly.add(_rows(table) if table else element.text, is_heading=is_heading)


def _partition(kind: str, **source: str) -> list[Any]:
    """Raises FileRefused when the library cannot read the file: its errors are of many kinds, and none is ours."""
    import importlib

    replace_language_model()
    module = importlib.import_module(f"unstructured.partition.{kind}")
    options: dict[str, Any] = {"infer_table_structure": True} if kind != "html" else {}
    if kind == "xlsx":
        options |= {"find_subtable": False}
    found: list[Any] = getattr(module, f"partition_{kind}")(**source, languages=[""], **options)
    return found


def replace_language_model() -> None:
    """Put simple rules in the place of the spaCy model that unstructured would download.

    It only decides what an untitled paragraph is called (NarrativeText or Text); the text is the same.
    """
    name = "unstructured.nlp.tokenize"
    if name in sys.modules:
        return
    module = types.ModuleType(name)
    module.sent_tokenize = lambda text: [part for part in _SENTENCE_END.split(text) if part] or [text]  # type: ignore[attr-defined]
    module.word_tokenize = _WORD.findall  # type: ignore[attr-defined]
    module.pos_tag = lambda text: [(word, "NN") for word in _WORD.findall(text)]  # type: ignore[attr-defined]
    sys.modules[name] = module


_FURNITURE = ("script", "style", "nav", "footer", "noscript", "template", "iframe", "svg", "form", "head")
_ROLES = ("navigation", "banner", "search", "contentinfo")


def _without_furniture(html: str) -> str | None:
    """The document without what surrounds its text; None when nothing is left of it."""
    from lxml import etree
    from lxml import html as lxml_html

    try:
        root = lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    title = root.findtext(".//title")
    wanted = " or ".join([f"self::{name}" for name in _FURNITURE] + [f"@role='{role}'" for role in _ROLES])
    for element in root.xpath(f"//*[{wanted}]"):
        if element.getparent() is not None:
            element.drop_tree()
    body = root.find(".//body")
    if title and title.strip() and body is not None and not root.xpath("//h1"):
        heading = etree.Element("h1")
        heading.text = title.strip()
        body.insert(0, heading)
    return str(lxml_html.tostring(root, encoding="unicode"))


def _parser() -> Any:
    from lxml import html as lxml_html

    return lxml_html.HTMLParser(encoding="utf-8", no_network=True)


def _rows(table: str) -> str:
    """An HTML table as lines of cells."""
    from lxml import html as lxml_html

    root = lxml_html.fragment_fromstring(table, create_parent=True)
    lines = []
    for row in root.iter("tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            lines.append(" | ".join(cells))
    return "\n".join(lines)


def damaged(what: str, reason: object) -> Exception:
    """The refusal of a document that its parser could not read."""
    return invalid(f"The {what} is damaged ({reason}). Save it again in its program and upload it.")
