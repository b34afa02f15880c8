"""Reads what a docstring says about a function and its parameters, in Google, NumPy or Sphinx style, or plain."""

import inspect
import re
from typing import NamedTuple


class Documentation(NamedTuple):
    """A function in words: what it does, and its parameters by name."""

    summary: str
    text_by_parameter: dict[str, str]


_SECTIONS = (
    "args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters", "returns",
    "return", "yields", "raises", "examples", "example", "note", "notes", "see also", "attributes",
    "warning", "warnings",
)  # fmt: skip
_PARAMETERS = ("args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_NUMPY_ENTRY = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")
_SPHINX_FIELD = re.compile(r":(\w+)(?:\s+([^:]*))?:\s*(.*)")


def read_docstring(function: object) -> Documentation:
    """The summary is all the text before the first section."""
    lines = (inspect.getdoc(function) or "").splitlines()
    summary: list[str] = []
    found: dict[str, str] = {}
    while lines:
        section, num_heading = _section(lines)
        if section is not None:
            body, lines = _until_next_section(lines[num_heading:])
            if section in _PARAMETERS:
                found |= _numpy_entries(body) if num_heading == 2 else _google_entries(body)
            continue
        field = _SPHINX_FIELD.match(lines[0])
        if field:
            lines = _take_field(field, lines, found)
            continue
        summary.append(lines.pop(0))
    return Documentation("\n".join(summary).strip(), found)


def _section(lines: list[str]) -> tuple[str | None, int]:
    """The section that begins with the first line, and how many lines its heading has."""
    name = lines[0].strip().lower()
    if name.endswith(":") and name[:-1] in _SECTIONS:
        return name[:-1], 1
    if name in _SECTIONS and len(lines) > 1 and re.fullmatch(r"-{3,}\s*", lines[1]):
        return name, 2
    return None, 0


def _until_next_section(lines: list[str]) -> tuple[list[str], list[str]]:
    for index in range(len(lines)):
        if _section(lines[index:])[0] is not None:
            return lines[:index], lines[index:]
        is_text = lines[index].strip() and not lines[index].startswith(" ")
        if is_text and index and not lines[index - 1].strip() and lines[0].startswith(" "):
            return lines[:index], lines[index:]  # a Google section ends with its indentation
    return lines, []


def _google_entries(lines: list[str]) -> dict[str, str]:
    entries: dict[str, str] = {}
    indent = min((_indent(line) for line in lines if line.strip()), default=0)
    name = None
    for line in lines:
        entry = _GOOGLE_ENTRY.match(line.strip()) if _indent(line) == indent else None
        if entry:
            name = entry[1]
            entries[name] = entry[2]
        elif name and line.strip():
            entries[name] = f"{entries[name]} {line.strip()}".strip()
    return entries


def _numpy_entries(lines: list[str]) -> dict[str, str]:
    entries: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        entry = _NUMPY_ENTRY.match(line) if _indent(line) == 0 and line.strip() else None
        if entry:
            names = [name.strip(" *") for name in entry[1].split(",")]
            entries |= dict.fromkeys(names, "")
        elif line.strip():
            entries |= {name: f"{entries[name]} {line.strip()}".strip() for name in names}
    return entries


def _take_field(field: re.Match[str], lines: list[str], found: dict[str, str]) -> list[str]:
    """Take a Sphinx field with its continuation lines; returns what follows."""
    text, rest = [field[3]], lines[1:]
    while rest and rest[0].startswith(" ") and rest[0].strip():
        text.append(rest.pop(0).strip())
    if field[1] in ("param", "parameter", "arg", "argument", "key", "keyword") and field[2]:
        found[field[2].split()[-1].lstrip("*")] = " ".join(text).strip()
    return rest


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
