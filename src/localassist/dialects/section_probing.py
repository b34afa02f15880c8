"""Finds the sections of a turn: by rendering a turn with reasoning, and from a small table where templates hide it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError

from localassist.dialects.cutting import common_start
from localassist.dialects.sections import Sections
from localassist.dialects.template import ChatTemplate

_QUESTION, _REASONING, _ANSWER = "probe question", "probe reasoning", "probe answer"
_USER = {"role": "user", "content": _QUESTION}
_MARKER = re.compile(r"<\|(?:open|close)\|>[^<]*<\|sep\|>|<[^<>\s]+>|\[/?[A-Z_]{3,}\]")
_FIELDS = ("reasoning_content", "reasoning", "thinking")

# Reasoning that no rendering shows: templates drop it, or only say in words how the model is to write it. Each row is
# found by its `reasoning_close` in the template's source; the first that matches counts.
_KNOWN = (
    Sections("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]", "", "[END FINAL RESPONSE]"),
    Sections("<|START_THINKING|>", "<|END_THINKING|>"),
    Sections("<|inner_prefix|>", "<|inner_suffix|>"),
    Sections("<|channel>thought", "<channel|>"),
    Sections("[THINK]", "[/THINK]"),
    Sections("<seed:think>", "</seed:think>"),
    Sections("<think>", "</think>", "<response>", "</response>"),
    Sections("<think>", "</think>"),
)


class _Frame(NamedTuple):
    """A turn that was rendered: what stands before its reasoning (or answer), between the two, and after the answer."""

    before: str
    between: str
    after: str


def find_sections(template: ChatTemplate) -> Sections:
    """The sections of this template's turns; all empty for a model that just answers."""
    start = _render(template, [_USER]).partition(_QUESTION)[2]
    answer = _answer_frame(template, start)
    reasoned = _find_reasoned(template)
    if reasoned is None:
        known = _known(template.source)
        return known if known.answer_close else _framed(known, _without(answer.before, known), answer.after)
    found = _split(reasoned, start)
    if found.answer_open:
        return _framed(found, found.answer_open, reasoned.after)
    return _framed(found, _without(answer.before, found), answer.after)


def _find_reasoned(template: ChatTemplate) -> _Frame | None:
    """A turn that reasons before it answers, if the template writes one."""
    parts = [{"type": "thinking", "thinking": _REASONING}, {"type": "text", "text": _ANSWER}]
    turns: list[dict[str, Any]] = [
        {"role": "assistant", "content": _ANSWER} | dict.fromkeys(_FIELDS, _REASONING),
        {"role": "assistant", "content": parts},
    ]
    for turn in turns:
        for variables in ({}, {"enable_thinking": True}, {"thinking": True}):
            text = _render(template, [_USER, turn], add_generation_prompt=False, variables=variables)
            before, reasoned, rest = text.partition(_QUESTION)[2].partition(_REASONING)
            between, answered, after = rest.partition(_ANSWER)
            if reasoned and answered and between.strip() and not {"'", '"'} & set(between):  # no parts written as data
                return _Frame(before, between, after)
    return None


def _answer_frame(template: ChatTemplate, start: str) -> _Frame:
    """What stands around an answer without reasoning."""
    answered = [_USER, {"role": "assistant", "content": _ANSWER}]
    text = _render(template, answered, add_generation_prompt=False).partition(_QUESTION)[2]
    before, found, after = text.partition(_ANSWER)
    return _Frame(_past(start, before), "", after) if found else _Frame("", "", "")


def _past(start: str, text: str) -> str:
    """What a turn has beyond the start that the prompt gives it."""
    for found in _MARKER.finditer(start):
        tail = start[found.start() :].rstrip()
        if tail in text:
            return text[text.rindex(tail) + len(tail) :]
    return text[len(common_start(text, start)) :]


def _split(reasoned: _Frame, start: str) -> Sections:
    """Cut what stands before and after the reasoning into its literals."""
    opened = _past(start, reasoned.before)
    message_start = _message_start(start, reasoned.between)
    if message_start:
        end = reasoned.between.index(message_start) + len(message_start)
        return Sections(_trimmed(opened), reasoned.between[:end].strip(), reasoned.between[end:], is_own_message=True)
    close, rest = _leading(reasoned.between, 1)
    if not opened.strip():  # the prompt opens the reasoning itself
        opened = _opened_by(start, reasoned.before, close)
    return Sections(_trimmed(opened), close, rest)


def _opened_by(start: str, before: str, close: str) -> str:
    """What opens reasoning where the prompt does: what it has beyond a turn of the history, or its last marker."""
    rest = start[len(before) :].strip() if start.startswith(before) else ""
    if rest and rest != close:
        return rest
    markers = _MARKER.findall(before)
    return markers[-1] if markers else ""


def _message_start(start: str, between: str) -> str:
    """How the prompt begins a turn of the assistant, if that stands between reasoning and answer as well."""
    for found in _MARKER.finditer(start):
        tail = start[found.start() :].rstrip()
        if tail in between and len(tail) > len(found[0]):
            return tail
    return ""


def _leading(text: str, num_markers: int) -> tuple[str, str]:
    """The text through its first markers, or all of it where it has none; and the rest."""
    markers = list(_MARKER.finditer(text))[:num_markers]
    return (text[: markers[-1].end()].strip(), text[markers[-1].end() :]) if markers else (text.strip(), "")


def _framed(found: Sections, before: str, after: str) -> Sections:
    """With the literals around the answer: as many markers close it as open it."""
    if not before.strip():
        return replace(found, answer_open="")
    num_markers = len(_MARKER.findall(before))
    if not num_markers:
        return replace(found, answer_open=before)
    close = found.reasoning_close if found.is_own_message else _leading(after, num_markers)[0]
    return replace(found, answer_open=_trimmed(before), answer_close=close)


def _without(before: str, found: Sections) -> str:
    """What stands before an answer, less the empty reasoning some templates write there."""
    return before.replace(found.reasoning_open, "").replace(found.reasoning_close, "")


def _trimmed(text: str) -> str:
    """Without the white space around it, but for a blank that is part of a header."""
    text = text.rstrip().lstrip("\n")
    return text.lstrip() if text.lstrip().startswith(("<", "[")) else text


def _known(source: str) -> Sections:
    for known in _KNOWN:
        if known.reasoning_close in source and all(part in source for part in (known.answer_open, known.answer_close)):
            return known
    return Sections()


def _render(
    template: ChatTemplate,
    messages: list[dict[str, Any]],
    *,
    add_generation_prompt: bool = True,
    variables: Mapping[str, Any] | None = None,
) -> str:
    """The rendering; "" where the template refuses."""
    without_tools: tuple[list[dict[str, Any]] | None, ...] = (None, [])
    for tools in without_tools:
        try:
            return template.try_render(
                messages, tools, add_generation_prompt=add_generation_prompt, variables=variables or {}
            )
        except TemplateError:
            continue
    return ""
