"""The literal syntax of calls, found by rendering made-up calls and cutting the text at what was put in.

What is found is proved on another conversation before it is used: a template that cannot be read gives None.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError

from localassist.dialects.cutting import common_end, common_quote, common_start, cut, find_json, style_of
from localassist.dialects.hermes import tool_object
from localassist.dialects.notation import Notation, Style
from localassist.dialects.syntax import ID, CallSyntax, ParameterSyntax, WrittenCall
from localassist.dialects.template import ChatTemplate
from localassist.protocols import FunctionSpec

_QUESTION, _RESULT, _ANSWER = "probe question", "probe result", "probe answer"
_NAMES = ("probe_first", "probe_second")
_IDS = ("probeid0A", "probeid0B")
_STRINGS = {"zz_first": "probe alpha", "yy_second": "probe beta"}
_MIXED = {"zz_first": "probe gamma", "yy_second": 71, "xx_third": ["probe delta", 5]}
_NESTED = {"zz_first": 'probe\n"zeta"', "xx_third": {"a": [True, None, 1.5], "b": {"c": "d"}}, "yy_second": False}
_TURN_ENDS = ("<|eom_id|>", "<|calls|>", "<|call|>", "<|eot_id|>", "<|im_end|>")
_MARKER = re.compile(r"<[^<>\s]+>|\[/?[A-Z_]{3,}\]")
_NUMBERS = re.compile(r"(?<=[\":])\d+(?=[\"<])")
_THINKING = re.compile(r".*</[^<>]*think[^<>]*>|.*<\|END_THINKING\|>", re.DOTALL)

Arguments = Mapping[str, Any]


class Probing(NamedTuple):
    """What a template takes: arguments as JSON text or values, and the content of a message that only calls."""

    arguments_as_text: bool = False
    empty_content: str | None = ""


class Found(NamedTuple):
    """`offers_tools`: the template tells the model of them. `takes_long_ids`: ids of calls may have any form.

    `needs_descriptions`: the template fails for an argument without one.
    """

    syntax: CallSyntax
    probing: Probing
    offers_tools: bool
    takes_long_ids: bool
    needs_descriptions: bool


class _Cut(NamedTuple):
    """What stands before the first name, up to its first key, between key and value, and after the values."""

    head: str
    opened: str
    key_end: str
    gap: str
    last: str
    tail: str
    is_sorted: bool


def discover(template: ChatTemplate) -> Found | None:
    """The syntax of calls in this template, or None when it writes none or none that can be read."""
    for as_text in (False, True):
        for empty in ("", None):
            probe = _Probe(template, Probing(as_text, empty))
            syntax = probe.find()
            if syntax is not None:
                return Found(
                    syntax, probe.probing, probe.offers_tools(), probe.takes_long_ids(), probe.needs_descriptions()
                )
    return None


class _Probe:
    def __init__(self, template: ChatTemplate, probing: Probing) -> None:
        self.probing = probing
        self._template = template
        properties = {key: {"type": "string", "description": "A probe."} for key in (*_STRINGS, *_MIXED)}
        schema = {"type": "object", "properties": properties, "required": list(_STRINGS)}
        self._tools = [tool_object(FunctionSpec(name, "A probe.", schema)) for name in _NAMES]
        prompt = self._render([_user(_QUESTION)])
        self._start = prompt.partition(_QUESTION)[2]
        turn = self._render([_user(_QUESTION), {"role": "assistant", "content": _ANSWER}, _user("probe again")])
        markers = [found[0] for found in _MARKER.finditer(self._start)]
        self._after_answer = turn.partition(_ANSWER)[2].partition("probe again")[0]
        after_answer = _MARKER.search(self._after_answer)
        self._turn_ends = {*markers, *_TURN_ENDS, *([after_answer[0]] if after_answer else [])}

    def find(self) -> CallSyntax | None:
        for search in (self._json_syntax, self._tagged_syntax, self._noted_syntax):
            syntax = search()
            if syntax is not None and _is_usable(syntax) and self._is_proved(syntax):
                return syntax
        return None

    def offers_tools(self) -> bool:
        return _NAMES[0] in self._render([_user(_QUESTION)])

    def takes_long_ids(self) -> bool:
        return _RESULT in self._conversation([(_NAMES[0], _STRINGS)], [f"call_{'0' * 24}"])

    def needs_descriptions(self) -> bool:
        bare = {"type": "object", "properties": {"probe_argument": {"type": "string"}}}
        try:
            self._template.try_render([_user(_QUESTION)], [tool_object(FunctionSpec(_NAMES[0], None, bare))])
        except TemplateError:
            return True
        return False

    def calls_text(self, calls: Sequence[tuple[str, Arguments]]) -> str:
        """What stands between the assistant's turn's beginning and the first result; "" when the template fails."""
        text, found, _ = self._conversation(calls, _IDS).partition(_QUESTION)[2].partition(_RESULT)
        if not found:
            return ""
        if any(text.count(name) < 1 for name, _ in calls):
            return ""
        shared = self._turn_start(text, calls[0][0])
        rest = _THINKING.sub("", text[len(shared) :].partition(calls[0][0])[0], count=1).lstrip()
        at = text.index(calls[0][0], len(shared))
        for call_id in _IDS:
            rest, text = rest.replace(call_id, ID), text[:at] + text[at:].replace(call_id, ID)
        text = _NUMBERS.sub(ID, rest) + text[at:]
        return text.replace("<![CDATA[", "").replace("]]>", "")

    def _conversation(self, calls: Sequence[tuple[str, Arguments]], ids: Sequence[str]) -> str:
        """A question, its calls, and a result for each."""
        entries, results = [], []
        for (name, arguments), call_id in zip(calls, ids, strict=False):
            value = json.dumps(arguments) if self.probing.arguments_as_text else dict(arguments)
            entries.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": value}})
            results.append({"role": "tool", "tool_call_id": call_id, "name": name, "content": _RESULT})
        calling = {"role": "assistant", "content": self.probing.empty_content, "tool_calls": entries}
        return self._render([_user(_QUESTION), calling, *results])

    def _turn_start(self, text: str, name: str) -> str:
        """The part of the text that the prompt for the assistant's turn has as well."""
        head = text.partition(name)[0]
        tail = self._start[max([found.start() for found in _MARKER.finditer(self._start)][-2:-1], default=0) :]
        at = head.rfind(tail) if tail else -1
        return head[: at + len(tail)] if at >= 0 else common_start(text, self._start)

    def _render(self, messages: list[dict[str, Any]]) -> str:
        try:
            return self._template.try_render(messages, self._tools)
        except TemplateError:
            return ""

    def _json_syntax(self) -> CallSyntax | None:
        first, second = _NAMES
        for num_calls in (2, 1):
            calls = [(first, _STRINGS), (second, {"yy_second": "probe epsilon"})][:num_calls]
            text = self.calls_text(calls)
            head, found, rest = text.partition(first)
            span = find_json(rest, _STRINGS) if found else None
            if span is None:
                continue
            between, style = rest[: span[0]], style_of(rest[span[0] : span[1]], _STRINGS)
            syntax = CallSyntax("", head, _NUMBERS.sub(ID, between), "", "", "", json_separators=style)
            return self._with_ends(syntax, rest[span[1] :], calls[1:])
        return None

    def _with_ends(self, syntax: CallSyntax, rest: str, others: Sequence[tuple[str, Arguments]]) -> CallSyntax | None:
        """The syntax with what stands around calls, from the text after the first one's arguments."""
        if not others:
            after = self._until_turn_end(rest)
            return replace(syntax, after=after, takes_several=False, only_at_start=syntax.before.startswith("{"))
        name, arguments = others[0]
        gap, found, rest = rest.partition(name)
        span = find_json(rest, arguments)
        if not found or span is None:
            return None
        gap = _NUMBERS.sub(ID, gap)
        return self._split_ends(syntax, gap, _NUMBERS.sub(ID, rest[span[1] :]))

    def _split_ends(self, syntax: CallSyntax, gap: str, tail: str) -> CallSyntax:
        """Cut what stands between two calls and after the last one into their parts."""
        before = common_end(syntax.before, gap)
        after = common_start(gap[: len(gap) - len(before)], tail)
        opening = syntax.before[: len(syntax.before) - len(before)]
        separator = gap[len(after) : len(gap) - len(before)]
        closing = self._until_turn_end(tail[len(after) :]) if opening.strip() else ""
        return replace(syntax, opening=opening, before=before, after=after, separator=separator, closing=closing)

    def _until_turn_end(self, text: str) -> str:
        found = [text.find(end) for end in self._turn_ends if end and end in text]
        after = next((start for start in _starts(self._after_answer) if start in text), "")
        if after:  # whatever ends an answer ends a turn of calls as well
            found.append(text.find(after))
        if found:
            return text[: min(found)].rstrip()
        markers = list(_MARKER.finditer(text))
        return text[: markers[-1].end()] if markers else text.rstrip()

    def _tagged_syntax(self) -> CallSyntax | None:
        found = self._cut_arguments()
        if found is None or "<" not in found.gap:
            return None
        head, opened, key_end, gap, last, tail, is_sorted = found
        before = common_end(opened, gap, is_inside=True)
        value_end = common_start(gap[: len(gap) - len(before)], last)
        separator = gap[len(value_end) : len(gap) - len(before)]
        parameters = ParameterSyntax(before, key_end, value_end, key_end, value_end, separator, is_sorted)
        between = opened[: len(opened) - len(before)]
        syntax = CallSyntax("", head, between, "", "", "", self._with_json(parameters))
        return self._split_ends(syntax, last[len(value_end) :], tail[len(value_end) :])

    def _cut_arguments(self) -> "_Cut | None":
        """What stands around the names, keys and values of two calls, the first of which has two arguments."""
        first, second = _NAMES
        text = self.calls_text([(first, _STRINGS), (second, {"zz_first": "probe epsilon"})])
        pairs = list(_STRINGS.items())
        for is_sorted in (False, True):
            words = [word for pair in (reversed(pairs) if is_sorted else pairs) for word in pair]
            pieces = cut(text, [first, *words, second, "zz_first", "probe epsilon"])
            if pieces is not None and pieces[1] == pieces[6]:
                head, opened, key_end, gap, _, last, _, _, tail = pieces
                return _Cut(head, opened, key_end, gap, last, tail, is_sorted)
        return None

    def _noted_syntax(self) -> CallSyntax | None:
        """Arguments in a notation of the template's own, with strings between quotes."""
        found = self._cut_arguments()
        if found is None:
            return None
        head, opened, key_end, gap, last, tail, is_sorted = found
        quote = common_quote(key_end, gap, last, tail)
        if not quote:
            return None
        key_end = key_end.removesuffix(quote)
        separator = gap.removeprefix(quote)
        form = ParameterSyntax("", key_end, "", key_end, "", separator, is_sorted)
        syntax = CallSyntax("", head, opened, "", "", "", form)
        syntax = self._split_ends(syntax, last.removeprefix(quote), tail.removeprefix(quote))
        if not syntax.after:
            return None
        notation = Notation(quote, item_separator=separator, key_separator=key_end, is_sorted=is_sorted)
        return replace(syntax, parameters=replace(form, notation=self._with_words(notation, syntax)))

    def _with_words(self, notation: Notation, syntax: CallSyntax) -> Notation:
        """How values are written that are no strings: the styles that write as the template does."""
        words = [self._value_text(value, syntax) for value in (True, False, None)]
        notation = replace(notation, words=(words[0], words[1], words[2]))
        styles: tuple[Style, ...] = ("own", "json", "compact", "python")
        candidates = [replace(notation, arrays=style, objects=other) for style in styles for other in styles]
        samples: list[Any] = [[_STRINGS["zz_first"], 5, True, []], {"b": _STRINGS["zz_first"], "a": [1.5, None]}]
        written = [self._value_text(value, syntax) for value in samples]
        return next((one for one in candidates if [one.write(value) for value in samples] == written), notation)

    def _value_text(self, value: Any, syntax: CallSyntax) -> str:
        """One argument's value as the template writes it."""
        text = self.calls_text([(_NAMES[0], {"zz_first": value})])
        assert syntax.parameters is not None
        text = text.partition(f"zz_first{syntax.parameters.key_end}")[2]
        return text[: text.find(syntax.after)]

    def _with_json(self, parameters: ParameterSyntax) -> ParameterSyntax:
        """How values are written that are no strings."""
        text = self.calls_text([(_NAMES[0], _MIXED)])
        for is_repr in (False, True):
            value = str(_MIXED["xx_third"]) if is_repr else json.dumps(_MIXED["xx_third"])
            order = [["yy_second", "71"], ["xx_third", value]]
            pieces = cut(text, [word for pair in (reversed(order) if parameters.is_sorted else order) for word in pair])
            if pieces is None:
                continue
            key_end, gap = pieces[1], pieces[2]
            end = gap[: len(gap) - len(parameters.separator + parameters.before)]
            takes_text = (key_end, end) == (parameters.key_end, parameters.value_end)
            return replace(parameters, key_end_json=key_end, value_end_json=end, takes_json_text=takes_text)
        return parameters

    def _is_proved(self, syntax: CallSyntax) -> bool:
        """Whether the syntax writes other conversations exactly as the template does."""
        first, second = _NAMES
        conversations: list[list[tuple[str, Arguments]]] = [[(first, _MIXED)], [(second, _NESTED)], [(first, {})]]
        if syntax.takes_several:
            conversations += [[(second, _NESTED), (first, _MIXED)], [(first, _STRINGS), (second, _STRINGS)]]
        return all(self._is_written(syntax, calls) for calls in conversations)

    def _is_written(self, syntax: CallSyntax, calls: Sequence[tuple[str, Arguments]]) -> bool:
        form = syntax.parameters
        found = self.calls_text([(name, form.given(values) if form else values) for name, values in calls])
        written = syntax.write([WrittenCall(name, values, ID) for name, values in calls]).strip()
        if syntax.json_separators is None or not calls[0][1]:
            found, written = "".join(found.split()), "".join(written.split())
        pattern = re.escape(written).replace(re.escape(ID), rf"(?:[\w-]+|{ID})")
        if len(calls) == 1 and syntax.closing:  # some templates forget the end of a single call
            closing = re.escape("".join(syntax.closing.split()) if not calls[0][1] else syntax.closing.strip())
            pattern = pattern.removesuffix(closing) + f"(?:{closing})?"
        return re.match(pattern, found) is not None


def _starts(text: str) -> Iterator[str]:
    """What the text begins with, the longest first, down to what still tells something."""
    return (text[:length] for length in range(len(text), 2, -1) if len(text[:length].strip()) > 2)


def _is_usable(syntax: CallSyntax) -> bool:
    """Whether a call can be told from text, and its arguments are not written within braces of the template."""
    braces = syntax.parameters is None and syntax.between.rstrip().endswith("{")
    return len(syntax.marker()) > 2 and "think" not in syntax.head and not braces


def _user(content: str) -> dict[str, Any]:
    return {"role": "user", "content": content}
