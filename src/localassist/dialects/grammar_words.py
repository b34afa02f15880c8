"""Words of a constraint's grammar: literals with special tokens in them, text up to an end, quoting and escaping."""

import re

from localassist.dialects.syntax import ID
from localassist.protocols import grammar_json

ANYTHING = "(.|\\n)"
_ID_PATTERN = "/[a-zA-Z0-9]{1,9}/"


class Words:
    """Writes literals for one vocabulary. Text never spells its special tokens."""

    def __init__(self, special_tokens: frozenset[str]) -> None:
        self.special = special_tokens
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._tokens = re.compile("|".join(map(re.escape, [*longest_first, ID])))

    def literal(self, text: str) -> str:
        """Text as grammar words, special tokens and ids in it apart; "" for no text."""
        words, position = [], 0
        for found in self._tokens.finditer(text):
            words += [_quoted(text[position : found.start()]), _ID_PATTERN if found[0] == ID else f"@@{found[0]}@@"]
            position = found.end()
        return " ".join(filter(None, [*words, _quoted(text[position:])]))

    def begins_special(self, text: str) -> bool:
        """Whether the text begins with a special token, so that other text cannot be taken for it."""
        return any(text.startswith(token) for token in self.special)

    def until(self, rule: str, end: str) -> str:
        """The rule for any text through its end."""
        if self.begins_special(end):
            return f"{rule}: /{ANYTHING}+/? {self.literal(end)}"
        return f"{rule}[lazy]: /{ANYTHING}*{escaped(end)}/"


def _quoted(text: str) -> str:
    return grammar_json(text) if text else ""


def escaped(text: str) -> str:
    """The text as a pattern between slashes."""
    return (
        "".join("\\n" if char == "\n" else re.escape(char) for char in text).replace("/", "\\/").replace("@@", "@[@]")
    )
