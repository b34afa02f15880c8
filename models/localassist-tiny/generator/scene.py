"""One dialogue being written: its messages, tools, and the manner in which the assistant must answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from generator import words
from generator.phrases import Texts

Message = dict[str, Any]


@dataclass(slots=True)
class Manner:
    """What the instructions ask of every answer; empty fields ask nothing."""

    address_as: str = ""
    opening: str = ""
    closing: str = ""
    one_sentence: bool = False
    answer_language: str = ""


@dataclass(slots=True)
class Scene:
    """The dialogue so far. Writers append to it; `language` is the user's."""

    rng: Random
    language: str
    manner: Manner = field(default_factory=Manner)
    system: str = ""
    messages: list[Message] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    functions: list[Any] = field(default_factory=list)
    num_searches: int = 0

    @property
    def answer_language(self) -> str:
        """The language the assistant answers in."""
        return self.manner.answer_language or self.language

    @property
    def tool_names(self) -> set[str]:
        """Names of the tools on offer."""
        return {tool["function"]["name"] for tool in self.tools}

    def mentions(self, text: str) -> bool:
        """Tell whether `text` has come up."""
        return any(text in str(message["content"]) for message in self.messages)

    def offer(self, tool: dict[str, Any]) -> None:
        """Put a tool on offer for the whole dialogue, once."""
        if tool["function"]["name"] not in self.tool_names:
            self.tools.append(tool)

    def pick(self, texts: Texts, **values: object) -> str:
        """Choose a phrase in the user's language and fill it in."""
        return fill(self.rng.choice(texts[self.language]), values)

    def pick_answer(self, texts: Texts, **values: object) -> str:
        """Choose a phrase in the assistant's language and fill it in."""
        return fill(self.rng.choice(texts[self.answer_language]), values)

    def user(self, text: str) -> None:
        """Let the user say `text`."""
        self.messages.append({"role": "user", "content": text})

    def answer(self, text: str, extra: str = "") -> None:
        """Let the assistant answer in the required manner; `extra` is a second sentence dropped when one is asked."""
        manner = self.manner
        if extra and not manner.one_sentence:
            text = f"{text}{'' if self.answer_language == 'zh' else ' '}{extra}"
        if manner.address_as and manner.address_as not in text:
            joint = {"en": "{0}, {1}", "ko": "{0}님, {1}", "zh": "{0},{1}"}[self.answer_language]
            # A Korean title may end in the honorific already.
            text = joint.format(manner.address_as, text).replace("님님", "님")
        if manner.opening:
            text = f"{manner.opening} {text}"
        if manner.closing:
            text = f"{text} {manner.closing}"
        self.messages.append({"role": "assistant", "content": text})

    def call(self, *calls: tuple[str, dict[str, Any]], learn: bool = True) -> None:
        """Let the assistant call tools in one turn; `learn` False marks a mistake that is shown but not taught."""
        self.messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"type": "function", "function": {"name": name, "arguments": arguments}}
                    for name, arguments in calls
                ],
                "learn": learn,
            }
        )

    def result(self, content: object) -> None:
        """Give a tool's result; anything but text is written as JSON."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        self.messages.append({"role": "tool", "content": text})


def fill(template: str, values: dict[str, object]) -> str:
    """Fill `{name}` fields and settle Korean particles."""
    for name, filling in values.items():
        template = template.replace("{" + name + "}", str(filling))
    return words.josa(template).replace("님님", "님")
