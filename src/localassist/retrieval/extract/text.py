"""Plain text, Markdown, source code and tables of plain text: as they are, so that offsets and lines stay exact."""

import re

from localassist.protocols import SourceText
from localassist.retrieval.extract.encodings import decode
from localassist.retrieval.extract.faults import unsupported

_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*\r?$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def extract_text(content: bytes, extension: str) -> SourceText:
    """The text with its lines; a Markdown file's headings too."""
    text = decode(content)
    if "\0" in text or len(_CONTROL.findall(text[:65536])) > len(text[:65536]) // 50:
        raise unsupported("The file is binary, and not of a type that can be searched. Convert it to PDF or text.")
    headings = markdown_headings(text) if extension == ".md" else ()
    return SourceText(text, headings=headings, has_lines=True)


def markdown_headings(text: str) -> tuple[tuple[int, str], ...]:
    """Headings with their offsets; lines of a code block that begin with # are none."""
    fenced = [match.span() for match in _FENCE.finditer(text)]
    return tuple(
        (match.start(), match.group(2))
        for match in _HEADING.finditer(text)
        if not any(start <= match.start() < end for start, end in fenced)
    )
