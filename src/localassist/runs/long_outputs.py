"""Tool outputs that are too long for the model's window, cut with a note that says so. What is stored stays whole."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from localassist.protocols import ChatMessage
from localassist.runs.transcript import Unit

# The outputs of one turn take up no more than this, and no more than a third of the window.
MAX_RESULT_TOKENS = 16_000
_HEAD_SHARE = 0.75  # of what is kept; the end often says how it went
_CHARS_PER_TOKEN = 8  # more than text has on average: longer text is not worth counting in full

CountTokens = Callable[[str], int]


def result_limit(window_tokens: int) -> int:
    """How many tokens the results of tools may have in one turn."""
    return min(MAX_RESULT_TOKENS, window_tokens // 3)


def cut_outputs(units: Sequence[Unit], limit: int, count_tokens: CountTokens) -> list[Unit]:
    """The units with the outputs of each turn's calls cut to a limit together; the same every time."""
    return [_cut_unit(unit, limit, count_tokens) for unit in units]


def _cut_unit(unit: Unit, limit: int, count_tokens: CountTokens) -> Unit:
    outputs = [message.content for message in unit.messages if message.role == "tool"]
    if sum(len(output.encode()) for output in outputs) <= limit:  # no token is shorter than a byte
        return unit
    sizes = [_size(output, limit, count_tokens) for output in outputs]
    if sum(sizes) <= limit:
        return unit
    allowed = iter(_share_out(sizes, limit))
    messages = tuple(
        _cut(message, next(allowed), count_tokens) if message.role == "tool" else message for message in unit.messages
    )
    return replace(unit, messages=messages)


def _size(output: str, limit: int, count_tokens: CountTokens) -> int:
    """Tokens of an output; of a huge one, only that it is too long."""
    if len(output) > limit * _CHARS_PER_TOKEN * 4:
        return limit + 1
    return count_tokens(output)


def _share_out(sizes: Sequence[int], limit: int) -> list[int]:
    """What each may have: the short ones all they need, the long ones equal parts of the rest."""
    allowed = [0] * len(sizes)
    left = limit
    by_size = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for position, index in enumerate(by_size):
        allowed[index] = min(sizes[index], left // (len(sizes) - position))
        left -= allowed[index]
    return allowed


def _cut(message: ChatMessage, limit: int, count_tokens: CountTokens) -> ChatMessage:
    """An output with its middle left out, if it is longer than the limit."""
    text = message.content
    if len(text) <= limit * _CHARS_PER_TOKEN * 4 and count_tokens(text) <= limit:
        return message
    kept = min(len(text), limit * _CHARS_PER_TOKEN)
    while True:
        shortened = _shortened(text, kept)
        size = count_tokens(shortened)
        if size <= limit or kept == 0:
            return replace(message, content=shortened)
        kept = min(kept - 1, int(kept * limit / size * 0.95))


def _shortened(text: str, kept: int) -> str:
    head = int(kept * _HEAD_SHARE)
    tail = kept - head
    note = f"\n[… {len(text) - kept} of {len(text)} characters of this output left out: too long for the model …]\n"
    return text[:head] + note + (text[-tail:] if tail else "")
