"""Renders dialogues with the model's own chat template, and cuts the text into what is taught and what is given."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.scene import Scene

TEMPLATE_PATH: Final = Path(__file__).parent.parent / "chat_template.jinja"
SPECIAL_TOKENS: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TOOL_TOKENS: Final = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
CALL_START, CALL_END, RESULT_START, _ = TOOL_TOKENS
CALL: Final = re.compile(f"{CALL_START}\n(.*?)\n{CALL_END}", re.DOTALL)
SYSTEM_START: Final = "<|im_start|>system"
TOOLS_START: Final = "<tools>"
_TURN: Final = "<|im_start|>"
_ANSWER: Final = "<|im_start|>assistant\n"


class Piece(NamedTuple):
    """A stretch of rendered text; `taught` marks what the model must learn to write."""

    text: str
    taught: bool
    starts_turn: bool


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_function"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(TEMPLATE_PATH.read_text(encoding="utf-8"))


def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, add_generation_prompt: bool = False) -> str:
    """Render messages and tools exactly as the engine renders them for this model."""
    return str(_template().render(messages=messages, tools=tools, add_generation_prompt=add_generation_prompt))


def conversation(scene: Scene) -> list[dict[str, Any]]:
    """Return the messages of a scene, instructions first."""
    head = [{"role": "system", "content": scene.system}] if scene.system else []
    return head + scene.messages


def pieces(scene: Scene) -> list[Piece]:
    """Cut a rendered scene at its turns and tell the assistant's words from the rest."""
    text = render(conversation(scene), scene.tools)
    taught = iter([message.get("learn", True) for message in scene.messages if message["role"] == "assistant"])
    cut: list[Piece] = []
    for turn in (_TURN + part for part in text.split(_TURN)[1:]):
        if not turn.startswith(_ANSWER):
            cut.append(Piece(turn, False, True))
            continue
        cut.append(Piece(_ANSWER, False, True))
        cut.append(Piece(turn.removeprefix(_ANSWER), next(taught), False))
    return cut
