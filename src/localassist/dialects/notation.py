"""How some models write values where it is not JSON: `f(a='x', b=True)` or `{k:<|"|>v<|"|>}`, as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["own", "json", "compact", "python"]


@dataclass(frozen=True, slots=True)
class Notation:
    """`quote` stands on both sides of a string; a single character is escaped inside it. `words`: true, false, null.

    In the template's own style of arrays and objects their values are written in this notation as well.
    """

    quote: str
    words: tuple[str, str, str] = ("true", "false", "null")
    arrays: Style = "json"
    objects: Style = "json"
    item_separator: str = ","
    key_separator: str = ":"
    key_quote: str = ""
    is_sorted: bool = False

    @property
    def quotes(self) -> tuple[str, ...]:
        """What may enclose a string. Where it is a plain quotation mark, the other one will do as well."""
        return ("'", '"') if self.is_escaped else (self.quote,)

    @property
    def is_escaped(self) -> bool:
        return self.quote in ("'", '"')

    def write(self, value: Any) -> str:
        if isinstance(value, str):
            return f"{self.quote}{self.escape(value)}{self.quote}"
        if isinstance(value, bool) or value is None:
            return self.words[2 if value is None else int(not value)]
        if isinstance(value, list | tuple):
            return self._write_list(list(value), self.arrays)
        if isinstance(value, Mapping):
            return self._write_object(dict(value), self.objects)
        return json.dumps(value)

    def given(self, value: Any) -> Any:
        """The value as a template must get it to write it so: templates put strings between quotes as they are."""
        if isinstance(value, str):
            return self.escape(value)
        if isinstance(value, list | tuple) and self.arrays == "own":
            return [self.given(item) for item in value]
        if isinstance(value, Mapping) and self.objects == "own":
            return {key: self.given(member) for key, member in value.items()}
        return value

    def escape(self, text: str) -> str:
        """The text as it stands between quotes."""
        if not self.is_escaped:
            return text
        return (
            text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(self.quote, f"\\{self.quote}")
        )

    def written_key(self, key: str) -> str:
        return f"{self.key_quote}{key}{self.key_quote}"

    def ordered(self, keys: list[str]) -> list[str]:
        return sorted(keys, key=str.lower) if self.is_sorted else keys

    def _write_list(self, items: list[Any], style: Style) -> str:
        if style == "own":
            return f"[{self.item_separator.join(map(self.write, items))}]"
        return _written(items, style)

    def _write_object(self, members: dict[str, Any], style: Style) -> str:
        if style == "own":
            keys = self.ordered(list(members))
            pairs = [f"{self.written_key(key)}{self.key_separator}{self.write(members[key])}" for key in keys]
            return f"{{{self.item_separator.join(pairs)}}}"
        return _written(members, style)


PYTHON = Notation("'", ("True", "False", "None"), "own", "own", item_separator=", ", key_separator=": ", key_quote="'")


def _written(value: Any, style: Style) -> str:
    if style == "python":
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":") if style == "compact" else None)
