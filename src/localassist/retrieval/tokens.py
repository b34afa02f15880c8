"""The fixed "token" in which chunks and budgets are counted: no model's, so that changing models never cuts anew.

A token is up to 7 Latin letters, 2 syllables of Hangul or kana, 1 Han character, 3 digits, 3 letters of another script,
2 signs, or up to 16 characters of white space; one space before a token belongs to it. On ordinary prose that is within
a fifth of what the tokenizers of current models count. It must never change; `DEFINITION` is recorded with each store.
"""

import re
from array import array
from collections.abc import Sequence

DEFINITION = "fixed-1"

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SYLLABLES = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\uac00-\ud7af\uff66-\uff9f"
_TOKEN = re.compile(
    " ?(?:[A-Za-z\u00c0-\u024f]{1,7}"
    f"|[{_SYLLABLES}]{{1,2}}"
    f"|[{_HAN}]"
    "|[0-9]{1,3}"
    f"|(?:(?![{_HAN}{_SYLLABLES}A-Za-z\u00c0-\u024f0-9])\\w){{1,3}}"
    r"|[^\w\s]{1,2})"
    r"|\s{1,16}"
)


def token_starts(text: str) -> Sequence[int]:
    """Where each token begins, in characters. Tokens cover the text."""
    return array("q", [match.start() for match in _TOKEN.finditer(text)])


def count_tokens(text: str) -> int:
    return len(token_starts(text))
