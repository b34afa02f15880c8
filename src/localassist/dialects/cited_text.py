"""Text in which a citation marker can only be one of those the conversation shows.

A marker begins `【digits:`. From there on only the rest of a marker that exists may follow; brackets in any other use,
which are everyday punctuation in Chinese and Korean, stay free.
"""

from collections.abc import Sequence

from localassist.dialects.grammar_words import escaped

_OPEN = "【"
_DIGITS = "[0-9]"


def cited_text(markers: Sequence[str]) -> str:
    """A pattern of such text, whole. Markers that do not begin as markers do are none."""
    opened = f"{_OPEN}({_DIGITS}*{_OPEN})*"
    after = [f"[^0-9{_OPEN}]", f"{_DIGITS}+[^0-9:{_OPEN}]"]
    after += [escaped(marker.removeprefix(_OPEN)) for marker in dict.fromkeys(markers) if marker.startswith(_OPEN)]
    return f"([^{_OPEN}]|{opened}({'|'.join(after)}))*({opened}{_DIGITS}*)?"
