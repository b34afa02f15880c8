"""How a model spells its calls, as data: one writer, one grammar builder and one parser are driven by it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from localassist.dialects.notation import Notation

ID = "\ue0f2"  # in a literal: an id or a number of the call, which nobody needs

_MARKER = re.compile(r"<[^<>\s]+>|\[[A-Z_]{3,}\]")


class WrittenCall(NamedTuple):
    """A call with its arguments as values."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class ParameterSyntax:
    """Arguments one by one: `before` key `key_end` value `value_end`.

    Strings are raw and other values are JSON, unless there is a notation, which then writes both.
    """

    before: str
    key_end: str
    value_end: str
    key_end_json: str  # where the value is no string
    value_end_json: str
    separator: str = ""
    is_sorted: bool = False
    takes_json_text: bool = False  # other values are written the same way: the template is given their JSON text
    notation: Notation | None = None

    def ordered(self, keys: Iterable[str]) -> list[str]:
        """Names of arguments in the order they are written in."""
        return sorted(keys, key=str.lower) if self.is_sorted else list(keys)

    def write(self, arguments: Mapping[str, Any]) -> str:
        return self.separator.join(self._write(key, arguments[key]) for key in self.ordered(arguments))

    def given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as a template must get them to write them so."""
        if self.notation is not None:
            return {key: self.notation.given(value) for key, value in arguments.items()}
        if not self.takes_json_text:
            return dict(arguments)
        return {
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in arguments.items()
        }

    def _write(self, key: str, value: Any) -> str:
        if self.notation is not None:
            return f"{self.before}{key}{self.key_end}{self.notation.write(value)}{self.value_end}"
        if isinstance(value, str):
            return f"{self.before}{key}{self.key_end}{value}{self.value_end}"
        text = json.dumps(value, ensure_ascii=False)
        return f"{self.before}{key}{self.key_end_json}{text}{self.value_end_json}"


@dataclass(frozen=True, slots=True)
class CallSyntax:
    """`opening` call `separator` call … `closing`; a call is `before` name `between` arguments `after`.

    `parameters` is None where the arguments are one JSON object; `json_separators` is its fixed form, None if free.
    """

    opening: str
    before: str
    between: str
    after: str
    separator: str
    closing: str
    parameters: ParameterSyntax | None = None
    json_separators: tuple[str, str] | None = (", ", ": ")
    takes_several: bool = True
    only_at_start: bool = False  # the marker is so common in text that a call is only looked for at the start

    @property
    def head(self) -> str:
        """What stands before the first name."""
        return (self.opening + self.before).lstrip()

    @property
    def literals(self) -> tuple[str, ...]:
        """Every piece of it that is always the same."""
        frame = (self.opening, self.before, self.between, self.after, self.separator, self.closing)
        form = self.parameters
        if form is None:
            return frame
        quote = form.notation.quote if form.notation is not None else ""
        return (*frame, form.before, form.key_end, form.value_end, form.key_end_json, form.value_end_json, quote)

    def marker(self, special_tokens: frozenset[str] = frozenset()) -> str:
        """What begins a call in free text, as little as can be told from text."""
        head = self.head
        special = max((token for token in special_tokens if head.startswith(token)), key=len, default="")
        found = _MARKER.match(head)
        return special or (found[0] if found else head.partition(ID)[0].rstrip())

    def write(self, calls: Sequence[WrittenCall]) -> str:
        """The calls as the model writes them."""
        return self.opening + self.separator.join(self._write(call) for call in calls) + self.closing

    def _write(self, call: WrittenCall) -> str:
        if self.parameters is not None:
            arguments = self.parameters.write(call.arguments)
        else:
            arguments = json.dumps(dict(call.arguments), ensure_ascii=False, separators=self.json_separators)
        text = f"{self.before}{call.name}{self.between}{arguments}{self.after}"
        return text.replace(ID, call.id)
