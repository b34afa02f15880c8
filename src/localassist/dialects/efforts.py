"""What `reasoning_effort` means for a template: the variables it reads, and the words it knows for them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError

from localassist.dialects.template import ChatTemplate

_USER = {"role": "user", "content": "probe question"}
_PROBE_WORD = "probeword"

# Efforts as templates and the API name them, each with its rank; those of rank 0 ask for no reasoning.
_RANKS = {"none": 0, "no_think": 0, "minimal": 1, "low": 2, "medium": 3, "high": 4, "xhigh": 5, "max": 6}
_ALWAYS_TAKEN = ("low", "medium", "high")  # by templates that write the word they are given
_FROM_LOW = _RANKS["low"]

_SWITCHES: Mapping[str, tuple[Any, Any]] = {
    "enable_thinking": (False, True),
    "thinking": (False, True),
    "thinking_mode": ("disabled", "enabled"),
    "thinking_option": ("off", "on"),
}
_WORDS = ("reasoning_effort", "thinking_effort", "reasoning_strength")
_BUDGET = "thinking_budget"  # in tokens; None leaves it to the model
_BUDGETS: Mapping[int, int | None] = {0: 0, 1: 0, 2: 1024, 3: 4096, 4: None, 5: None, 6: None}


class _Words(NamedTuple):
    """The words a template knows for a variable, lowest first. `others_are_neutral`: any other means its own way."""

    known: tuple[str, ...]
    others_are_neutral: bool


class Efforts:
    """The efforts one template offers. `variables` is empty where it offers none."""

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        asked = template.names_asked_for
        self._switches = [name for name in _SWITCHES if name in asked and self._is_switch(name)]
        self._words = {name: words for name in _WORDS if name in asked and (words := self._find_words(name)).known}
        self._has_budget = _BUDGET in asked and self._rendered({_BUDGET: 0}) not in ("", self._rendered({}))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that are set, for people."""
        return (*self._switches, *self._words, *([_BUDGET] if self._has_budget else []))

    def variables(self, effort: str | None) -> dict[str, Any]:
        """What the template is given for an effort; nothing for None, which is the template's own way."""
        if effort is None:
            return {}
        rank = _RANKS[effort]
        chosen = {name: _SWITCHES[name][rank >= _FROM_LOW] for name in self._switches}
        for name, words in self._words.items():
            word = _nearest(words, rank, has_switch=bool(self._switches))
            chosen |= {} if word is None else {name: word}
        if self._has_budget and _BUDGETS[rank] is not None:
            chosen[_BUDGET] = _BUDGETS[rank]
        return chosen

    def _is_switch(self, name: str) -> bool:
        off, on = (self._rendered({name: value}) for value in _SWITCHES[name])
        return bool(off and on) and off != on

    def _find_words(self, name: str) -> _Words:
        """The words for this variable that the template tells apart, or writes as they are."""
        on = {switch: _SWITCHES[switch][1] for switch in self._switches}
        unknown = self._rendered({**on, name: _PROBE_WORD})
        if _PROBE_WORD in unknown:
            return _Words(_ALWAYS_TAKEN, others_are_neutral=False)
        texts = {word: self._rendered({**on, name: word}) for word in _RANKS}
        known = tuple(word for word, text in texts.items() if text not in ("", unknown))
        return _Words(known, others_are_neutral=bool(unknown))

    def _rendered(self, variables: Mapping[str, Any]) -> str:
        """A prompt; "" where the template refuses the variables."""
        without_tools: tuple[list[dict[str, Any]] | None, ...] = (None, [])
        for tools in without_tools:
            try:
                return self._template.try_render([_USER], tools, variables=variables)
            except TemplateError:
                continue
        return ""


def _nearest(words: _Words, rank: int, *, has_switch: bool) -> str | None:
    """The highest word that does not ask for more. Where others are neutral, it must not ask for much less either."""
    below = [
        word
        for word in words.known
        if _RANKS[word] <= rank and (not words.others_are_neutral or _band(_RANKS[word]) == _band(rank))
    ]
    if below:
        return below[-1]
    return words.known[0] if rank < _FROM_LOW and not has_switch else None


def _band(rank: int) -> int:
    """Little or none, low, medium, or high and more."""
    return min(max(rank, _RANKS["minimal"]), _RANKS["high"])
