"""Resolves what a new run works with: the assistant's settings, overridden by the request's, as a snapshot."""

from collections.abc import Callable
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.assistants import Assistant
from localassist.objects.base import new_id
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun
from localassist.objects.runs import Run, TruncationStrategy
from localassist.objects.tools import FunctionTool, Tool, ToolResources, check_response_format, echoed
from localassist.protocols import ModelLibrary, Store
from localassist.runs.call_gate import SchemaCheck
from localassist.service.references import fetch
from localassist.service.tool_schemas import accept_schema, check_strict_calls, check_strict_schemas


class RunFactory:
    """Builds queued runs that are not stored yet."""

    def __init__(
        self,
        store: Store,
        models: ModelLibrary,
        *,
        check_schema: SchemaCheck = accept_schema,
        expires_after_s: int,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._models = models
        self._check_schema = check_schema
        self._expires_after_s = expires_after_s
        self._clock = clock

    def build(
        self, thread_id: str, body: CreateRun | CreateThreadAndRun, *, tool_resources: ToolResources | None = None
    ) -> Run:
        assistant = fetch(self._store, Assistant, body.assistant_id, param="assistant_id")
        tools: list[Tool] = assistant.tools if body.tools is None else [tool.materialised() for tool in body.tools]
        model = _first(body.model, assistant.model)
        self._models.resolve(model)
        response_format = _first(echoed(body.response_format), assistant.response_format)
        check_response_format(response_format, tools)
        if body.tools is not None or body.response_format is not None:  # the assistant's own were checked before
            check_strict_schemas(tools, response_format, self._check_schema)
        if body.tools is not None or body.model is not None:
            check_strict_calls(tools, model, self._models)
        tool_choice = _first(echoed(body.tool_choice), "auto")
        _check_tool_choice(tool_choice, tools)
        at = self._clock()
        return Run(
            id=new_id("run_"),
            created_at=at,
            assistant_id=assistant.id,
            thread_id=thread_id,
            expires_at=at + self._expires_after_s,
            model=model,
            instructions=_instructions(assistant, body),
            tools=tools,
            tool_resources=_first(tool_resources, assistant.tool_resources),
            metadata=body.metadata or {},
            temperature=_first(body.temperature, assistant.temperature),
            top_p=_first(body.top_p, assistant.top_p),
            reasoning_effort=_first(getattr(body, "reasoning_effort", None), assistant.reasoning_effort),
            max_completion_tokens=body.max_completion_tokens,
            max_prompt_tokens=body.max_prompt_tokens,
            truncation_strategy=_truncation(body),
            response_format=response_format,
            tool_choice=tool_choice,
            parallel_tool_calls=_first(body.parallel_tool_calls, True),
        )


def _first(given: Any, otherwise: Any) -> Any:
    """What was given, be it zero or empty, else the other."""
    return otherwise if given is None else given


def _instructions(assistant: Assistant, body: CreateRun | CreateThreadAndRun) -> str:
    base = _first(body.instructions, assistant.instructions)
    added = getattr(body, "additional_instructions", None)
    return "\n\n".join(part for part in (base, added) if part)


def _truncation(body: CreateRun | CreateThreadAndRun) -> TruncationStrategy:
    asked = body.truncation_strategy
    if asked is None:
        return TruncationStrategy()
    if asked.type == "last_messages" and asked.last_messages is None:
        path = "truncation_strategy.last_messages"
        raise InvalidRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")
    return TruncationStrategy(type=asked.type, last_messages=asked.last_messages)


def _check_tool_choice(tool_choice: Any, tools: list[Tool]) -> None:
    """A forced tool has to be one of the run's, and 'required' needs one."""
    if tool_choice == "required" and not tools:
        raise InvalidRequest(
            "Invalid value for 'tool_choice': 'required' needs at least one tool.", param="tool_choice"
        )
    if not isinstance(tool_choice, dict):
        return
    kind = tool_choice["type"]
    if kind == "function":
        name = tool_choice["function"]["name"]
        if not any(isinstance(tool, FunctionTool) and tool.function.name == name for tool in tools):
            raise InvalidRequest(
                f"Invalid value for 'tool_choice': no function named '{name}' was specified in the 'tools' parameter.",
                param="tool_choice",
            )
    elif not any(tool.type == kind for tool in tools):
        raise InvalidRequest(
            f"Invalid value for 'tool_choice': the tool '{kind}' was not specified in the 'tools' parameter.",
            param="tool_choice",
        )
