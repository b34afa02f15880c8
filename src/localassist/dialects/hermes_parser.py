"""Reads the output of models that call tools the Hermes way: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`."""

import json
from collections.abc import Collection, Sequence
from enum import Enum, auto

from localassist.dialects.json_reader import JsonValueReader
from localassist.dialects.turn_parser import TurnParser
from localassist.protocols import CallArguments, CallStarted, FunctionSpec, ParsedPiece

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_ARGUMENTS = ("arguments", "parameters")


class _Expect(Enum):
    """What must come next in a call; white space may come before most of it."""

    OBJECT = auto()
    FIRST_KEY = auto()
    KEY = auto()
    IN_KEY = auto()
    COLON = auto()
    VALUE = auto()
    IN_VALUE = auto()
    COMMA = auto()
    CLOSE = auto()
    NOTHING = auto()


class _CallReader:
    """One call, from behind `<tool_call>` to the end of `</tool_call>`."""

    def __init__(self, index: int, names: Collection[str]) -> None:
        self._index = index
        self._names = names
        self._expect = _Expect.OBJECT
        self._value = JsonValueReader()
        self._key = ""
        self._name: str | None = None
        self._arguments: JsonValueReader | None = None
        self._whole_arguments: str | None = None  # when they did not come as an object
        self._tail = ""
        self._num_sent = 0
        self.is_started = False

    @property
    def is_done(self) -> bool:
        return self._expect is _Expect.NOTHING

    @property
    def num_calls(self) -> int:
        return int(self.is_started)

    def accept(self, char: str) -> bool:
        """Read one character; False when the call cannot go on with it."""
        if self._expect in (_Expect.IN_KEY, _Expect.IN_VALUE):
            return self._accept_in_value(char)
        if self._expect is _Expect.CLOSE:
            return self._accept_close(char)
        return char.isspace() or self._accept_structure(char)

    def _accept_structure(self, char: str) -> bool:
        match self._expect:
            case _Expect.FIRST_KEY | _Expect.KEY if char == '"':
                return self._begin_value(char, _Expect.IN_KEY)
            case _Expect.VALUE:
                return self._begin_value(char, _Expect.IN_VALUE)
            case _Expect.OBJECT if char == "{":
                self._expect = _Expect.FIRST_KEY
            case _Expect.COLON if char == ":":
                self._expect = _Expect.VALUE
            case _Expect.COMMA if char == ",":
                self._expect = _Expect.KEY
            case _Expect.COMMA if char == "}" and self._name is not None:
                self._expect = _Expect.CLOSE
            case _:
                return False
        return True

    def take(self) -> list[ParsedPiece]:
        """What has become known since the last time."""
        if self._name is None:
            return []
        pieces: list[ParsedPiece] = [] if self.is_started else [CallStarted(self._index, self._name)]
        self.is_started = True
        text = self._known_arguments()
        if len(text) > self._num_sent:
            pieces.append(CallArguments(self._index, text[self._num_sent :]))
            self._num_sent = len(text)
        return pieces

    def close(self) -> list[ParsedPiece]:
        """What makes the arguments of a call that began valid JSON, wherever it broke off."""
        pieces = self.take()
        if not self._num_sent:
            return [*pieces, CallArguments(self._index, "{}")]
        if self._arguments is not None and self._whole_arguments is None and (end := self._arguments.closing()):
            pieces.append(CallArguments(self._index, end))
        return pieces

    def _known_arguments(self) -> str:
        if self._whole_arguments is not None:
            return self._whole_arguments
        if self._arguments is not None and self._arguments.text.startswith("{"):
            return self._arguments.text[: self._arguments.committed]
        return "{}" if self._arguments is None and self._expect in (_Expect.CLOSE, _Expect.NOTHING) else ""

    def _begin_value(self, char: str, expect: _Expect) -> bool:
        self._value = JsonValueReader()
        self._expect = expect
        if expect is _Expect.IN_VALUE and self._key in _ARGUMENTS:
            self._arguments = self._value
        return self._accept_in_value(char)

    def _accept_in_value(self, char: str) -> bool:
        taken = self._value.feed(char)
        if self._value.is_invalid:
            return False
        if not self._value.is_complete:
            return True
        if self._expect is _Expect.IN_KEY:
            self._key = json.loads(self._value.text)
            self._expect = _Expect.COLON
            return True
        self._expect = _Expect.COMMA
        return self._keep_value() and (bool(taken) or self.accept(char))

    def _keep_value(self) -> bool:
        """Use a member of the call; False when it makes no sense."""
        value = json.loads(self._value.text)
        if self._key == "name":
            self._name = value if isinstance(value, str) and value in self._names else None
            return self._name is not None
        if self._key in _ARGUMENTS and not isinstance(value, dict):
            self._whole_arguments = _as_object(value)
            return self._whole_arguments is not None
        return True

    def _accept_close(self, char: str) -> bool:
        tail = (self._tail + char).lstrip()
        if not CLOSE.startswith(tail):
            return False
        self._tail = tail
        if tail == CLOSE:
            self._expect = _Expect.NOTHING
        return True


def _as_object(value: object) -> str | None:
    """Arguments that came as null, or as text that is itself JSON."""
    if value is None or value == "":
        return "{}"
    if not isinstance(value, str):
        return None
    try:
        return value if isinstance(json.loads(value), dict) else None
    except ValueError:
        return None


class HermesParser(TurnParser):
    """Reads turns of models that call tools the Hermes way."""

    def __init__(self, tools: Sequence[FunctionSpec]) -> None:
        names = frozenset(tool.name for tool in tools)
        super().__init__(OPEN if names else None, lambda index: _CallReader(index, names))
