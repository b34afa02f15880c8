"""The harmony format of gpt-oss: a turn is messages, each with a header that names its channel and whom it is for.

`<|channel|>analysis<|message|>` is reasoning, `final` the answer, `commentary` what is said before a call; a header
with `to=functions.name`, before or behind the channel, makes the message a call whose text is the arguments.
"""

import re
from collections.abc import Iterator, Sequence

from localassist.dialects.answers import answer_rules
from localassist.dialects.cited_text import cited_text
from localassist.dialects.cutting import overlap
from localassist.dialects.grammar_words import ANYTHING, Words
from localassist.dialects.json_reader import JsonValueReader
from localassist.dialects.schemas import json_rule, parameters_of
from localassist.dialects.sections import Sections
from localassist.protocols import (
    AnswerFormat,
    CallArguments,
    CallStarted,
    Constraint,
    FunctionSpec,
    ParsedPiece,
    ReasoningPiece,
    TextPiece,
    ToolChoice,
)

_CHANNEL, _MESSAGE = "<|channel|>", "<|message|>"
_NEXT = "<|end|><|start|>assistant"
_ENDS = ("<|end|>", "<|return|>", "<|call|>", "<|start|>", _CHANNEL)
_RECIPIENT = re.compile(r"to=(?:functions\.)?([\w-]+)")
_MAX_MESSAGES = 16  # of reasoning and commentary before the turn has to come to its point


def is_harmony(sections: Sections) -> bool:
    return sections.answer_open == f"{_CHANNEL}final{_MESSAGE}"


def build_constraint(
    tools: Sequence[FunctionSpec],
    choice: ToolChoice,
    *,
    answer: AnswerFormat | None,
    prompt: str,
    special_tokens: frozenset[str],
    markers: Sequence[str] | None = None,
) -> Constraint:
    """What a turn may consist of, where the prompt ends with `<|start|>assistant` or has opened the answer.

    `markers` are the citations that text may have; None: any.
    """
    if answer is not None and prompt.endswith(f"final{_MESSAGE}"):
        return Constraint("\n".join(["%llguidance {}", "start: answer", *answer_rules(answer)]) + "\n")
    offered = [tool for tool in tools if choice.mode != "none" and choice.name in (None, tool.name)]
    is_forced = bool(offered) and (choice.mode == "required" or choice.name is not None)
    lines = _lines(offered, Words(special_tokens), answer, is_forced=is_forced)
    cited = "" if markers is None else f" & /{cited_text(markers)}/"
    text = f"TEXT: /[ \\n\\t]*[^ \\n\\t]{ANYTHING}*/{cited}"
    return Constraint("\n".join(["%llguidance {}", *lines, text]) + "\n")


def _lines(
    offered: Sequence[FunctionSpec], words: Words, answer: AnswerFormat | None, *, is_forced: bool
) -> Iterator[str]:
    def channel(name: str) -> str:
        return words.literal(f"{_CHANNEL}{name}{_MESSAGE}")

    lasts = [] if is_forced else [f"{channel('final')} {'TEXT' if answer is None else 'answer'}"]
    lasts += [f"call_{index}" for index in range(len(offered))]
    said = f" | {channel('commentary')} rest" if offered and not is_forced and answer is None else ""
    yield f"start: ({channel('analysis')} rest{said}){{0,{_MAX_MESSAGES}}} ({' | '.join(lasts)})"
    yield words.until("rest", _NEXT)
    if answer is not None:
        yield from answer_rules(answer)
    for index, tool in enumerate(offered):
        name = f'" "? {words.literal(f"to=functions.{tool.name}")}'
        before = f"{name} {words.literal(f'{_CHANNEL}commentary')}"
        behind = f"{words.literal(f'{_CHANNEL}commentary')} {name}"
        yield f"call_{index}: ({before} | {behind}) {_types(words)} {words.literal(_MESSAGE)} arguments_{index}"
        schema = parameters_of(tool)
        yield f"arguments_{index}: {json_rule(schema, strict=tool.strict, separators=None)}"


def _types(words: Words) -> str:
    """How the text of the message may be said to be JSON."""
    marked = words.literal("<|constrain|>")
    return f'(" " {marked} "json" | " json" | {marked} "json" | "")'


class HarmonyParser:
    """Reads turns in this format. What is addressed to a function that was not offered is reasoning."""

    def __init__(self, tools: Sequence[FunctionSpec], prompt: str = "") -> None:
        self._names = frozenset(tool.name for tool in tools)
        self._held = ""
        self._is_header = not prompt.endswith(f"final{_MESSAGE}")
        self._channel = "final"
        self._call: JsonValueReader | None = None
        self._num_calls = 0
        self._num_sent = 0
        self._has_text = False

    @property
    def is_reasoning(self) -> bool:
        return not self._is_header and self._channel == "analysis"

    def feed(self, text: str) -> list[ParsedPiece]:
        pieces: list[ParsedPiece] = []
        self._held += text
        while self._read_header(pieces) if self._is_header else self._read_body(pieces):
            pass
        return pieces

    def finish(self) -> list[ParsedPiece]:
        held, self._held = self._held, ""
        if self._is_header:
            is_plain = held.strip() and _CHANNEL not in held and "to=" not in held and not self._has_text
            return [TextPiece(held.strip())] if is_plain else []
        return [*self._given(held), *self._end_call()]

    def _read_header(self, pieces: list[ParsedPiece]) -> bool:
        """Up to `<|message|>`, which begins the message's text."""
        header, found, rest = self._held.partition(_MESSAGE)
        if not found:
            return False
        self._held, self._is_header = rest, False
        named = re.search(re.escape(_CHANNEL) + r"\s*(\w+)", header)
        self._channel = named[1] if named else "final"
        recipient = _RECIPIENT.search(header)
        if recipient is None:
            return True
        if recipient[1] not in self._names:
            self._channel = "analysis"
            return True
        self._call, self._num_sent = JsonValueReader(), 0
        pieces.append(CallStarted(self._num_calls, recipient[1]))
        self._num_calls += 1
        return True

    def _read_body(self, pieces: list[ParsedPiece]) -> bool:
        """Up to the marker that ends the message."""
        at, end = min(((at, end) for end in _ENDS if (at := self._held.find(end)) >= 0), default=(-1, ""))
        if at < 0:
            unclear = max(overlap(self._held, end) for end in _ENDS)
            taken = self._held[: len(self._held) - unclear]
            self._held = self._held[len(taken) :]
            pieces += self._given(taken)
            return False
        pieces += [*self._given(self._held[:at]), *self._end_call()]
        self._held = self._held[at if end == _CHANNEL else at + len(end) :]
        self._is_header = True
        return True

    def _given(self, text: str) -> list[ParsedPiece]:
        """Text of the message that is being read, as what it is."""
        if self._call is not None:
            return self._read_arguments(text)
        if self._channel == "analysis":
            return [ReasoningPiece(text)] if text else []
        if not self._has_text:
            text = text.lstrip()
        self._has_text = self._has_text or bool(text)
        return [TextPiece(text)] if text else []

    def _read_arguments(self, text: str) -> list[ParsedPiece]:
        assert self._call is not None
        if not self._call.is_invalid:
            self._call.feed(text)
        known = self._call.text[self._num_sent : self._call.committed]
        self._num_sent += len(known)
        return [CallArguments(self._num_calls - 1, known)] if known else []

    def _end_call(self) -> list[ParsedPiece]:
        """What makes the arguments of a call valid JSON, wherever it broke off."""
        if self._call is None:
            return []
        end = self._call.closing() if self._num_sent else "{}"
        self._call = None
        return [CallArguments(self._num_calls - 1, end)] if end else []
