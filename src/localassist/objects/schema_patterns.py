"""Which regular expressions can be enforced while a model writes: no look-around, no memory, bounded size.

A linear scan that knows what the constraint compiler refuses and what it would read differently than JSON Schema does.
"""

import re

MAX_PATTERN_LENGTH = 4000
MAX_REPETITIONS = 100_000

_TOKEN = re.compile(
    r"""(?P<escape>\\(?:[xu]\{[0-9a-fA-F]+\}|[pP]\{[^}]*\}|.|$))
      | (?P<set>\[\^?+(?:\\.|[^\]\\])+\])
      | (?P<open>\((?:\?(?:P?<[A-Za-z_]\w*>|[a-zA-Z-]*:|[a-zA-Z-]+\)|<?[=!]|P=|.?))?)
      | (?P<close>\))
      | (?P<count>\{\d+(?:,\d*)?\}\??)
      | (?P<repeat>[*+?]\??)
      | (?P<start>\^)
      | (?P<end>\$)
      | (?P<either>\|)
      | (?P<stray>[\[{])
      | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = frozenset("dDwWsStnrfvxupP")
_GROUPS = re.compile(r"\((?:\?(?:P?<[A-Za-z_]\w*>|[a-zA-Z-]*:))?")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_SET_ESCAPE = re.compile(r"\\(?:[xu]\{[^}]*\}|u.{4}|x..|[pP]\{[^}]*\}|.)", re.DOTALL)
_SET_OPERATION = re.compile(r"\[|&&|--|~~")
_RANGE = re.compile(r"(\w)-(\w)")
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
_NOTHING_BEFORE = ("", "open", "either", "start", "flags")


def find_pattern_fault(pattern: str) -> str | None:
    """Why a regular expression cannot be enforced, None when nothing speaks against it."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        return f"it has {len(pattern)} characters, which exceeds the limit of {MAX_PATTERN_LENGTH}"
    scan = _Scan()
    for token in _TOKEN.finditer(pattern):
        fault = scan.take(token.lastgroup or "", token[0])
        if fault:
            return fault
    return "a group is not closed" if scan.open_groups else None


class _Scan:
    """One pass over a pattern: what came before, which groups are open, how often their content repeats."""

    def __init__(self) -> None:
        self.before = ""
        self.open_groups: list[int] = []  # the repetitions inside each open group
        self._inner = 1
        self._closed = 1

    def take(self, kind: str, text: str) -> str | None:
        """Go on past a token; the fault it is, if any."""
        if self.before == "end" and kind not in ("close", "either"):
            return "'$' is only supported at the end"
        fault = self._fault(kind, text)
        if not (kind == "close" and self.before == "end"):  # a group that ends in '$' is an end as well
            self.before = "flags" if kind == "open" and _FLAGS.fullmatch(text) else kind
        return fault

    def _fault(self, kind: str, text: str) -> str | None:
        match kind:
            case "open":
                return self._open(text)
            case "close":
                return self._close()
            case "count" | "repeat":
                return self._repeat(kind, text)
        self._closed = 1
        if kind == "start" and self.before not in ("", "open", "either", "flags"):
            return "'^' is only supported at the beginning"
        if kind == "stray":
            return f"'{text}' is not closed or has to be escaped"
        return _set_fault(text) if kind == "set" else _escape_fault(text) if kind == "escape" else None

    def _open(self, text: str) -> str | None:
        if text in _LOOKS:
            return "look-around is not supported"
        if text == "(?P=":
            return "back-references are not supported"
        if _FLAGS.fullmatch(text):
            return None
        if not _GROUPS.fullmatch(text):
            return f"the group '{text}' is not supported"
        self.open_groups.append(self._inner)
        self._inner = 1
        return None

    def _close(self) -> str | None:
        if not self.open_groups:
            return "a ')' closes no group"
        self._closed = self._inner
        self._inner = max(self.open_groups.pop(), self._closed)
        return None

    def _repeat(self, kind: str, text: str) -> str | None:
        if self.before in _NOTHING_BEFORE or self.before in ("count", "repeat"):
            return f"there is nothing that '{text}' could repeat"
        if kind == "repeat":
            return None
        bounds = [int(digits[:9]) for digits in re.findall(r"\d+", text)]
        if bounds != sorted(bounds):
            return f"the bounds of '{text}' are in the wrong order"
        repetitions = self._closed * max(bounds[-1], 1)
        if repetitions > MAX_REPETITIONS:
            return f"it repeats something {repetitions} times, which exceeds the limit of {MAX_REPETITIONS}"
        self._inner = max(self._inner, repetitions)
        return None


def _escape_fault(text: str) -> str | None:
    letter = text[1:2]
    if letter in ("b", "B"):
        return "word boundaries are not supported"
    if letter == "k" or letter.isdecimal():
        return "back-references are not supported"
    if letter == "" or (letter.isalpha() and letter not in _ESCAPES):
        return f"the escape '{text}' is not supported"
    return None


def _set_fault(text: str) -> str | None:
    for escape in _SET_ESCAPE.findall(text):
        if fault := _escape_fault(escape):
            return fault
    plain = _SET_ESCAPE.sub(" ", text[1:-1])
    if _SET_OPERATION.search(plain):
        return f"'[', '&&', '--' and '~~' have to be escaped inside '{text}'"
    backwards = next((low + "-" + high for low, high in _RANGE.findall(plain) if low > high), None)
    return None if backwards is None else f"the range '{backwards}' is in the wrong order"
