"""A chat template: compiled once, rendered with messages and tools in the shape it expects."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from localassist.dialects.sandbox import BoundedEnvironment, compile_template, given, names_asked_for, render
from localassist.errors import ModelLoadFailed

# Templates that print the date get the same one every time: a prompt that changes daily is computed anew daily, and
# the date of today belongs to the instructions of an assistant that needs it.
_FIXED_DATE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class ChatTemplate:
    """One Jinja template and the special tokens it may write. Raises ModelLoadFailed when it does not compile."""

    def __init__(self, source: str, *, model: str, bos_token: str, eos_token: str) -> None:
        self._model = model
        self.source = source
        self._tokens = {"bos_token": bos_token, "eos_token": eos_token}
        try:
            environment = BoundedEnvironment(_FIXED_DATE.strftime)
            self._template = compile_template(environment, source)
            self.names_asked_for = frozenset(names_asked_for(environment, source))
        except TemplateError as error:
            raise ModelLoadFailed(
                f"The chat template in the model file of {model} cannot be read: {error}. "
                "Use another file of this model."
            ) from error

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        *,
        variables: Mapping[str, Any] | None = None,
    ) -> str:
        """The prompt up to where the assistant writes. Raises ModelLoadFailed naming the template's problem."""
        try:
            return self.try_render(messages, tools, variables=variables)
        except TemplateError as error:
            raise ModelLoadFailed(
                f"The chat template in the model file of {self._model} cannot write this conversation: {error}."
            ) from error

    def try_render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        *,
        add_generation_prompt: bool = True,
        variables: Mapping[str, Any] | None = None,
    ) -> str:
        """Like `render`, raising TemplateError: for probing what a template can do."""
        given_variables = {
            **(variables or {}),
            "messages": given([dict(message) for message in messages]),
            "tools": None if tools is None else given([dict(tool) for tool in tools]),
            "add_generation_prompt": add_generation_prompt,
            **self._tokens,
        }
        if "functions" in self.names_asked_for:  # an older convention: functions as JSON text, and a date
            given_variables["functions"] = json.dumps([tool["function"] for tool in tools or []], ensure_ascii=False)
            given_variables["datetime"] = _FIXED_DATE.strftime("%Y-%m-%d")
        return render(self._template, given_variables)
