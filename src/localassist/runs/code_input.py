"""Reads a call's arguments as they come and gives out one of their strings, decoded, while it is being written."""

import json
import re

# A string's content so far; an escape that is still unfinished, and half of a surrogate pair, stay out.
_CONTENT = re.compile(
    r'(?:[^"\\]|\\["\\/bfnrt]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}'
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4})*"
)


class StringArgument:
    """The value of one string argument of a call whose arguments arrive in fragments of JSON text."""

    def __init__(self, name: str) -> None:
        self._start = re.compile(rf'\{{\s*"{re.escape(name)}"\s*:\s*"')
        self._text = ""
        self._read_to: int | None = None  # where in the text the value goes on; None before it begins

    def feed(self, fragment: str) -> str:
        """The part of the value that this fragment adds."""
        self._text += fragment
        if self._read_to is None:
            found = self._start.match(self._text)
            if found is None:
                return ""
            self._read_to = found.end()
        content = _CONTENT.match(self._text, self._read_to)
        assert content is not None
        self._read_to = content.end()
        decoded: str = json.loads(f'"{content[0]}"', strict=False)
        return decoded
