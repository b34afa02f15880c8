"""A chat template: compiled once, rendered with messages and tools in the shape it expects."""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from localassist.dialects.sandbox import BoundedEnvironment, compile_template, given, names_asked_for, render
from localassist.errors import ModelLoadFailed
from localassist.objects.base import now

# What a probe finds must not depend on the day.
_DAY_OF_PROBES = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class ChatTemplate:
    """One Jinja template and the special tokens it may write. Raises ModelLoadFailed when it does not compile.

    Templates that print the date get the day, never the hour: what was read of a prompt can be used again all day.
    """

    def __init__(
        self, source: str, *, model: str, bos_token: str, eos_token: str, clock: Callable[[], int] = now
    ) -> None:
        self._model = model
        self._clock = clock
        self.source = source
        self._tokens = {"bos_token": bos_token, "eos_token": eos_token}
        try:
            environment = BoundedEnvironment()
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
            return self.try_render(messages, tools, variables=variables, day=self._today())
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
        day: datetime.datetime = _DAY_OF_PROBES,
    ) -> str:
        """Like `render`, raising TemplateError and always on the same day: for probing what a template can do."""
        given_variables = {
            **(variables or {}),
            "messages": given([dict(message) for message in messages]),
            "tools": None if tools is None else given([dict(tool) for tool in tools]),
            "add_generation_prompt": add_generation_prompt,
            "strftime_now": day.strftime,
            **self._tokens,
        }
        if "functions" in self.names_asked_for:  # an older convention: functions as JSON text, and a date
            given_variables["functions"] = json.dumps([tool["function"] for tool in tools or []], ensure_ascii=False)
            given_variables["datetime"] = day.strftime("%Y-%m-%d")
        return render(self._template, given_variables)

    def _today(self) -> datetime.datetime:
        local = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).astimezone()
        return local.replace(hour=0, minute=0, second=0)
