"""Reads calls in any syntax that is data: literals, the name, and arguments as JSON or one by one."""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from localassist.dialects.cutting import common
from localassist.dialects.json_reader import JsonValueReader
from localassist.dialects.notation import Notation
from localassist.dialects.notation_reader import ValueScanner, read_value
from localassist.dialects.schemas import value_of
from localassist.dialects.syntax import ID, CallSyntax, ParameterSyntax
from localassist.dialects.turn_parser import TurnParser
from localassist.protocols import CallArguments, CallStarted, FunctionSpec, ParsedPiece

_NAME_CHAR = re.compile(r"[\w-]")

Reading = Generator[None, str, None]


class SyntaxParser(TurnParser):
    """Reads turns of models whose calls have the given syntax."""

    def __init__(self, syntax: CallSyntax, tools: Sequence[FunctionSpec], marker: str) -> None:
        schemas = {tool.name: tool.parameters or {} for tool in tools}
        super().__init__(
            marker if tools else None,
            lambda index: _SyntaxReader(syntax, schemas, index, syntax.head[len(marker) :]),
            only_at_start=syntax.only_at_start,
        )


class _MalformedError(Exception):
    """The text is no call."""


class _SyntaxReader:
    """The calls behind one marker. White space in literals is not insisted on."""

    def __init__(
        self, syntax: CallSyntax, schemas: Mapping[str, Mapping[str, Any]], index: int, rest_of_head: str
    ) -> None:
        self._syntax = syntax
        self._schemas = schemas
        self._first_index = self._index = index
        self._pieces: list[ParsedPiece] = []
        self._arguments: JsonValueReader | None = None  # being read as one object
        self._num_sent = 0
        self._written: list[str] | None = None  # names of the arguments read one by one so far
        self._is_waiting = False  # for the arguments of a call that was announced
        self._char = ""
        self._is_pushed_back = False
        self.is_started = False
        self.is_done = False
        self._reading = self._read(rest_of_head)
        next(self._reading)

    @property
    def num_calls(self) -> int:
        return self._index - self._first_index

    def accept(self, char: str) -> bool:
        try:
            self._reading.send(char)
        except StopIteration:
            self.is_done = True
        except _MalformedError:
            return False
        return True

    def take(self) -> list[ParsedPiece]:
        self._send_arguments()
        pieces, self._pieces = self._pieces, []
        return pieces

    def close(self) -> list[ParsedPiece]:
        pieces = self.take()
        end = ""
        if self._arguments is not None:
            end = self._arguments.closing() if self._num_sent else "{}"
        elif self._written is not None:
            end = "}"
        elif self._is_waiting:
            end = "{}"
        return [*pieces, CallArguments(self._index - 1, end)] if end else pieces

    def _read(self, rest_of_head: str) -> Reading:
        """All calls up to the end of their section."""
        yield from self._literal(rest_of_head)
        syntax = self._syntax
        yield from self._call()
        while syntax.opening.strip():
            if (yield from self._which(syntax.separator + syntax.before, syntax.closing)) == 1:
                return
            yield from self._call()

    def _call(self) -> Reading:
        name = yield from self._name()
        self._pieces.append(CallStarted(self._index, name))
        self._index += 1
        self._is_waiting = self.is_started = True
        before, after = (self._syntax.between, self._syntax.after)
        if self._syntax.parameters is not None and self._syntax.parameters.notation is not None:
            yield from self._noted(self._syntax.parameters, self._syntax.parameters.notation)
            return
        if self._syntax.parameters is not None:
            yield from self._parameters(self._syntax.parameters, before, after, self._schemas[name])
            return
        yield from self._literal(before)
        yield from self._object()
        yield from self._literal(after)

    def _name(self) -> Generator[None, str, str]:
        name, char = "", (yield from self._next_visible())
        while _NAME_CHAR.match(char):
            name += char
            char = yield from self._next()
        self._is_pushed_back = True
        if name not in self._schemas:
            raise _MalformedError
        return name

    def _object(self) -> Reading:
        self._arguments, self._num_sent, self._is_waiting = JsonValueReader(), 0, False
        char = yield from self._next_visible()
        if char != "{":
            raise _MalformedError
        self._arguments.feed(char)
        while not self._arguments.is_complete:
            self._arguments.feed((yield from self._next()))
            if self._arguments.is_invalid:
                raise _MalformedError
        self._send_arguments()
        self._arguments = None

    def _send_arguments(self) -> None:
        if self._arguments is not None and self._arguments.committed > self._num_sent:
            fragment = self._arguments.text[self._num_sent : self._arguments.committed]
            self._pieces.append(CallArguments(self._index - 1, fragment))
            self._num_sent = self._arguments.committed

    def _parameters(self, form: ParameterSyntax, before: str, after: str, schema: Mapping[str, Any]) -> Reading:
        self._written, self._is_waiting = [], False
        self._send("{")
        ended = yield from self._which(before + form.before, before + after)
        while not ended:
            ends = {"".join(end.split()): end for end in (form.key_end, form.key_end_json)}
            key, end = yield from self._until(list(ends), is_spaced=False)
            value_end = form.value_end if ends[end] == form.key_end else form.value_end_json
            text, _ = yield from self._until([value_end.strip()], is_spaced=True)
            text = _without_margin(text, ends[end], value_end)
            is_text = form.key_end != form.key_end_json and ends[end] == form.key_end
            value = text if is_text else value_of(text, schema.get("properties", {}).get(key))
            self._send_argument(key, value)
            ended = yield from self._which(form.separator + form.before, after)
        self._send("}")
        self._written = None

    def _noted(self, form: ParameterSyntax, notation: Notation) -> Reading:
        """Arguments in a notation of their own."""
        self._written, self._is_waiting = [], False
        self._send("{")
        yield from self._literal(self._syntax.between)
        while not (yield from self._is_next(self._syntax.after)):
            key, _ = yield from self._until([form.key_end.strip()], is_spaced=False)
            self._send_argument(key, (yield from self._value(notation)))
            if not (yield from self._is_next(form.separator)):
                break
            yield from self._literal(form.separator)
        yield from self._literal(self._syntax.after)
        self._send("}")
        self._written = None

    def _value(self, notation: Notation) -> Generator[None, str, Any]:
        scanner = ValueScanner(notation)
        while scanner.accept((yield from self._next())):
            pass
        self._is_pushed_back = True
        try:
            return read_value(scanner.text, notation)
        except ValueError as error:
            raise _MalformedError from error

    def _is_next(self, text: str) -> Generator[None, str, bool]:
        """Whether the next visible character is the one a literal begins with."""
        char = yield from self._next_visible()
        self._is_pushed_back = True
        return char == text.lstrip()[:1]

    def _send_argument(self, key: str, value: Any) -> None:
        assert self._written is not None
        comma = ", " if self._written else ""
        self._send(f"{comma}{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}")
        self._written.append(key)

    def _send(self, fragment: str) -> None:
        self._pieces.append(CallArguments(self._index - 1, fragment))

    def _until(self, ends: Sequence[str], *, is_spaced: bool) -> Generator[None, str, tuple[str, str]]:
        """The text before one of some ends, and which. White space is dropped where it means nothing."""
        text = ""
        while True:
            char = yield from (self._next() if is_spaced else self._next_visible())
            text += char
            for end in ends:
                if text.endswith(end):
                    return text[: len(text) - len(end)], end

    def _which(self, one: str, other: str) -> Generator[None, str, int]:
        """Read one of two literals; returns 0 or 1."""
        options = ["".join(one.split()), "".join(other.split())]
        shared = common(options)
        yield from self._literal(shared)
        rests = [option[len(shared) :] for option in options]
        if not rests[1] and not rests[0]:
            raise _MalformedError
        char = yield from self._next_visible()
        self._is_pushed_back = True
        found = 0 if rests[0][:1] in (char, ID) else 1
        if not rests[found]:
            raise _MalformedError
        yield from self._literal(rests[found])
        return found

    def _literal(self, text: str) -> Reading:
        for expected in "".join(text.split()):
            if expected == ID:
                yield from self._id()
            elif (yield from self._next_visible()) != expected:
                raise _MalformedError

    def _id(self) -> Reading:
        while _NAME_CHAR.match((yield from self._next())):
            pass
        self._is_pushed_back = True

    def _next_visible(self) -> Generator[None, str, str]:
        char = yield from self._next()
        while char.isspace():
            char = yield from self._next()
        return char

    def _next(self) -> Generator[None, str, str]:
        if self._is_pushed_back:
            self._is_pushed_back = False
        else:
            self._char = yield
        return self._char


def _without_margin(text: str, before: str, after: str) -> str:
    """A value without the white space that belongs to the syntax around it."""
    text = text.removeprefix(before[len(before.rstrip()) :])
    return text.removesuffix(after[: len(after) - len(after.lstrip())])
