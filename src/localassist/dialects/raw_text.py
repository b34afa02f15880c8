"""Strings without quotes that a schema limits: `pattern`, `format`, `minLength` and `maxLength` as grammar rules.

Some models write arguments one by one, strings as bare text. JSON rules do not reach such text, so its limits are
patterns here, all of which must match.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localassist.dialects.grammar_words import ANYTHING, Words, escaped
from localassist.errors import InvalidRequest

_LIMITS = ("pattern", "format", "minLength", "maxLength")
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HEX = "[0-9A-Fa-f]{1,4}"
_DATE = (
    "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_CLOCK = "T([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S)"
_CALENDAR = "([0-9]+Y([0-9]+M([0-9]+D)?)?|[0-9]+M([0-9]+D)?|[0-9]+D)"
_WORD = "[A-Za-z0-9!#$%&'*+=?^_`{|}~-]+"
_FORMATS: Mapping[str, str] = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "duration": f"P({_CALENDAR}({_CLOCK})?|{_CLOCK}|[0-9]+W)",
    "email": rf"{_WORD}(\.{_WORD})*@{_HOST}",
    "hostname": _HOST,
    "ipv4": rf"{_OCTET}(\.{_OCTET}){{3}}",
    "ipv6": "|".join(
        [
            f"({_HEX}:){{7}}{_HEX}",
            *(f"({_HEX}(:{_HEX}){{0,{left}}})?::({_HEX}(:{_HEX}){{0,{5 - left}}})?" for left in range(6)),
        ]
    ),
    "uuid": "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
}


def is_limited(schema: Any) -> bool:
    """Whether a string's schema says more than that it is one."""
    return isinstance(schema, Mapping) and any(key in schema for key in _LIMITS)


def can_limit(schema: Any) -> bool:
    """Whether all the limits of a string are patterns."""
    try:
        return not isinstance(schema, Mapping) or list(_patterns(schema)) is not None
    except _UnenforceableError:
        return False


def alternatives(schema: Any) -> list[Any]:
    """The schemas one of which a value has to fit: those of `anyOf`, or one for each type."""
    if not isinstance(schema, Mapping):
        return [schema]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return list(schema["anyOf"]) if "type" not in schema and schema.get("anyOf") else [schema]


def limited_text(rule: str, schema: Mapping[str, Any], end: str, words: Words, *, is_strict: bool) -> str:
    """The rule for a text within its limits, through its end. What cannot be enforced is refused if strict."""
    try:
        patterns = list(_patterns(schema))
    except _UnenforceableError as error:
        if not is_strict:
            return words.until(rule, end.strip())
        raise InvalidRequest(
            f"Invalid schema: {error} cannot be enforced for text in the way this model writes calls. "
            "Leave it out, or set strict to false."
        ) from None
    name = f"LIMITED_{rule.upper()}"
    margin, core = end[: len(end) - len(end.lstrip())], end.strip()
    if not words.begins_special(core):
        body = " & ".join(f"/({pattern}){escaped(margin + core)}/" for pattern in patterns)
        return f"{rule}[lazy]: {name}\n{name}: {body}"
    body = " & ".join(
        f"/({pattern}){escaped(margin)}/" for pattern in [*patterns, *([] if margin else [f"{ANYTHING}+"])]
    )
    is_optional = not margin and _admits_nothing(schema)
    return f"{rule}: {name}{'?' if is_optional else ''} {words.literal(core)}\n{name}: {body}"


def _admits_nothing(schema: Mapping[str, Any]) -> bool:
    """Whether the empty text is within the limits."""
    if schema.get("minLength", 0) or "format" in schema:
        return False
    return "pattern" not in schema or bool(re.search(schema["pattern"], ""))


class _UnenforceableError(Exception):
    """Says what is it."""


def _patterns(schema: Mapping[str, Any]) -> Iterator[str]:
    """Patterns for a whole text, between slashes."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", "")
    if least or most != "":
        yield f"{ANYTHING}{{{least},{most}}}"
    if "format" in schema:
        if schema["format"] not in _FORMATS:
            raise _UnenforceableError(f"'format' of '{schema['format']}'")
        yield _FORMATS[schema["format"]].replace("/", "\\/")
    if "pattern" in schema:
        yield _whole(schema["pattern"]).replace("/", "\\/").replace("@@", "@[@]")


def _whole(pattern: str) -> str:
    """A pattern that is searched for, as one for the whole text."""
    alternatives = [_anchored(alternative) for alternative in _split(pattern)]
    return "|".join(alternatives)


def _split(pattern: str) -> list[str]:
    """The alternatives at the top of a pattern."""
    parts, depth, in_class, start, at = [], 0, False, 0, 0
    while at < len(pattern):
        char = pattern[at]
        at += 2 if char == "\\" else 1
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(pattern[start : at - 1])
            start = at
    return [*parts, pattern[start:]]


def _anchored(alternative: str) -> str:
    """One alternative with what `^` and `$` mean written out; elsewhere than at its ends they cannot be."""
    starts = alternative.startswith("^")
    ends = alternative.endswith("$") and not re.search(r"(?<!\\)(\\\\)*\\\$$", alternative)
    core = alternative[starts : len(alternative) - ends]
    if re.search(r"(?<!\\)(?<!\[)[\^$]", re.sub(r"\[(?:\\.|[^\]\\])*\]", "", core)):
        raise _UnenforceableError("'pattern' with '^' or '$' inside")
    return f"{'' if starts else ANYTHING + '*'}({core}){'' if ends else ANYTHING + '*'}"
