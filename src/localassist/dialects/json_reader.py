"""Reads JSON as it comes, character by character, and can end it validly wherever it breaks off."""

from enum import Enum, auto

_WHITESPACE = " \t\n\r"
_ESCAPES = '"\\/bfnrt'
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_HEX = "0123456789abcdefABCDEF"
_MAX_DEPTH = 500

# A number may stop where its form so far is complete; the value is what completes it elsewhere.
_NUMBER_NEXT: dict[str, tuple[str, dict[str, str]]] = {
    "minus": ("0", {"0": "zero", "1-9": "int"}),
    "zero": ("", {".": "point", "eE": "exp"}),
    "int": ("", {"0-9": "int", ".": "point", "eE": "exp"}),
    "point": ("0", {"0-9": "fraction"}),
    "fraction": ("", {"0-9": "fraction", "eE": "exp"}),
    "exp": ("0", {"0-9": "digits", "+-": "sign"}),
    "sign": ("0", {"0-9": "digits"}),
    "digits": ("", {"0-9": "digits"}),
}


class _State(Enum):
    VALUE = auto()  # a value must come
    FIRST_ITEM = auto()  # a value, or the end of the array
    FIRST_KEY = auto()  # a key, or the end of the object
    KEY = auto()  # a key must come
    COLON = auto()
    AFTER_VALUE = auto()  # a comma, or the end of what is open
    STRING = auto()
    NUMBER = auto()
    LITERAL = auto()
    DONE = auto()


class JsonValueReader:
    """Accepts one JSON value.

    `feed` returns how many characters of a text belong to it. `text` is what was read; `committed` how much of it can
    stay as it is when the value has to be closed early: a comma or a key without its value is not committed.
    """

    def __init__(self) -> None:
        self.text = ""
        self.committed = 0
        self.is_invalid = False
        self._state = _State.VALUE
        self._open: list[str] = []  # the closing brackets that are due
        self._is_key = False
        self._detail = ""  # the escape, number form or literal that is being read

    @property
    def is_complete(self) -> bool:
        """The value has ended; a number at the top level ends with whatever follows it."""
        return self._state is _State.DONE

    def feed(self, text: str) -> int:
        """Read as far as the value goes; stops early at its end, or at a character that makes it invalid."""
        before = len(self.text)
        index = 0
        for index, char in enumerate(text):
            if self.is_complete or not self._accept(char):
                self.is_invalid = not self.is_complete
                break
            if self._is_committed():
                self.committed = before + index + 1
        else:
            index = len(text)
        self.text += text[:index]
        return index

    def closing(self) -> str:
        """What makes `text[:committed]` valid JSON."""
        if self._state is _State.STRING and not self._is_key:
            end = self._close_string()
        elif self._state is _State.NUMBER:
            end = _NUMBER_NEXT[self._detail][0]
        elif self._state is _State.LITERAL:
            end = self._detail
        else:
            end = ""
        if not self.committed:
            return "null"
        return end + "".join(reversed(self._open))

    def _is_committed(self) -> bool:
        return self._state not in (_State.VALUE, _State.KEY, _State.COLON) and not (
            self._state is _State.STRING and self._is_key
        )

    def _close_string(self) -> str:
        if self._detail == "\\":
            return '\\"'
        if self._detail.startswith("u"):
            return "0" * (5 - len(self._detail)) + '"'
        return '"'

    def _accept(self, char: str) -> bool:
        if self._state is _State.STRING:
            return self._accept_in_string(char)
        if self._state is _State.NUMBER:
            return self._accept_in_number(char)
        if self._state is _State.LITERAL:
            return self._accept_in_literal(char)
        if char in _WHITESPACE:
            return True
        return self._accept_structure(char)

    def _accept_structure(self, char: str) -> bool:
        state = self._state
        if state in (_State.FIRST_KEY, _State.KEY) and char == '"':
            self._state, self._is_key, self._detail = _State.STRING, True, ""
        elif state is _State.COLON and char == ":":
            self._state = _State.VALUE
        elif state is _State.AFTER_VALUE and char == ",":
            self._state = _State.KEY if self._open[-1] == "}" else _State.VALUE
        elif state in (_State.FIRST_KEY, _State.FIRST_ITEM, _State.AFTER_VALUE) and char == self._open[-1]:
            self._open.pop()
            self._end_value()
        elif state in (_State.VALUE, _State.FIRST_ITEM):
            return self._begin_value(char)
        else:
            return False
        return True

    def _begin_value(self, char: str) -> bool:
        if char in "{[" and len(self._open) < _MAX_DEPTH:
            self._open.append("}" if char == "{" else "]")
            self._state = _State.FIRST_KEY if char == "{" else _State.FIRST_ITEM
        elif char == '"':
            self._state, self._is_key, self._detail = _State.STRING, False, ""
        elif char in _LITERALS:
            self._state, self._detail = _State.LITERAL, _LITERALS[char][1:]
        elif char in "-0123456789":
            self._state, self._detail = _State.NUMBER, {"-": "minus", "0": "zero"}.get(char, "int")
        else:
            return False
        return True

    def _end_value(self) -> None:
        self._state = _State.AFTER_VALUE if self._open else _State.DONE

    def _accept_in_string(self, char: str) -> bool:
        if self._detail == "\\":
            self._detail = "u" if char == "u" else ""
            return char == "u" or char in _ESCAPES
        if self._detail:
            self._detail = self._detail + char if len(self._detail) < 4 else ""
            return char in _HEX
        if char == "\\":
            self._detail = char
        elif char == '"':
            if self._is_key:
                self._state = _State.COLON
            else:
                self._end_value()
        return char >= " "

    def _accept_in_number(self, char: str) -> bool:
        completion, following = _NUMBER_NEXT[self._detail]
        for allowed, form in following.items():
            if _is_allowed(char, allowed):
                self._detail = form
                return True
        if completion:
            return False
        self._end_value()
        return not self.is_complete and self._accept(char)

    def _accept_in_literal(self, char: str) -> bool:
        if char != self._detail[0]:
            return False
        self._detail = self._detail[1:]
        if not self._detail:
            self._end_value()
        return True


def _is_allowed(char: str, allowed: str) -> bool:
    """Whether it is one of the characters, or in the range when three say "from-to"."""
    if len(allowed) == 3 and allowed[1] == "-":
        return allowed[0] <= char <= allowed[2]
    return char in allowed
