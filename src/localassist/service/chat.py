"""Chat completions on the same models as runs, for programs that mix both. Nothing is stored."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Literal, NamedTuple

from localassist.errors import InvalidRequest
from localassist.objects.chat import ChatCompletionBody, ChatCompletionMessage
from localassist.objects.tools import NamedFunction, echoed
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    ChatMessage,
    ChatToolCall,
    FinishReason,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    ModelLibrary,
    ReasoningPiece,
    TextPiece,
    ToolChoice,
)
from localassist.runs import hosted_tools
from localassist.runs.answering import Answering
from localassist.runs.call_gate import SchemaCheck
from localassist.runs.response_format import Asked, wanted_turn
from localassist.runs.tool_choice import within
from localassist.service.tool_schemas import accept_schema, check_strict_schemas

_ALWAYS_SHOWN = ("content", "refusal")


class ChatService:
    def __init__(
        self,
        models: ModelLibrary,
        *,
        max_turn_tokens: int,
        seed: int | None,
        check_schema: SchemaCheck = accept_schema,
        clock: Callable[[], int],
    ) -> None:
        self._models = models
        self._check = check_schema
        self._max_turn_tokens = max_turn_tokens
        self._seed = seed
        self._clock = clock

    def complete(self, body: ChatCompletionBody, *, cancellation: Cancellation | None = None) -> dict[str, Any]:
        """One answer, whole. Cancelled, it is what was written until then."""
        texts: dict[str, list[str]] = {"content": [], "refusal": [], "reasoning_content": []}
        calls: list[dict[str, Any]] = []
        outcome = _Outcome(None, GenerationUsage(0, 0), 0)
        for piece in self._generate(body, cancellation):
            match piece:
                case _Fragment(kind, text):
                    texts[kind].append(text)
                case CallStarted(_, name):
                    calls.append(_call(name))
                case CallArguments(index, fragment):
                    calls[index]["function"]["arguments"] += fragment
                case _Outcome():
                    outcome = piece
        message: dict[str, Any] = {"role": "assistant"}
        message |= {kind: "".join(parts) or None for kind, parts in texts.items() if parts or kind in _ALWAYS_SHOWN}
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(outcome, calls)}
        frame = self._frame(body, "chat.completion")
        return frame | {"choices": [choice], "usage": _usage(outcome)}

    def stream(self, body: ChatCompletionBody) -> Iterator[dict[str, Any]]:
        """The same answer as chunks. What cannot be served raises before the first one."""
        pieces = self._generate(body, None)
        return self._chunks(body, pieces, self._frame(body, "chat.completion.chunk"))

    def _chunks(
        self, body: ChatCompletionBody, pieces: Iterator["_Piece"], frame: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        with_usage = bool(body.stream_options and body.stream_options.include_usage)
        extra: dict[str, Any] = {"usage": None} if with_usage else {}
        calls: list[dict[str, Any]] = []
        first = next(pieces)
        yield frame | {"choices": [_delta({"role": "assistant", "content": "", "refusal": None})]} | extra
        for piece in chain([first], pieces):
            match piece:
                case _Fragment(kind, text):
                    yield frame | {"choices": [_delta({kind: text})]} | extra
                case CallStarted(index, name):
                    calls.append(_call(name))
                    yield frame | {"choices": [_delta({"tool_calls": [{"index": index, **calls[-1]}]})]} | extra
                case CallArguments(index, fragment):
                    delta = {"index": index, "function": {"arguments": fragment}}
                    yield frame | {"choices": [_delta({"tool_calls": [delta]})]} | extra
                case _Outcome():
                    yield frame | {"choices": [_delta({}, _finish_reason(piece, calls))]} | extra
                    if with_usage:
                        yield frame | {"choices": [], "usage": _usage(piece)}

    def _frame(self, body: ChatCompletionBody, kind: str) -> dict[str, Any]:
        chat_id = f"chatcmpl-{secrets.token_hex(12)}"
        return {"id": chat_id, "object": kind, "created": self._clock(), "model": body.model}

    def _generate(self, body: ChatCompletionBody, cancellation: Cancellation | None) -> Iterator["_Piece"]:
        """Checks the request, and returns the pieces of the answer with its outcome at the end."""
        name = self._models.resolve(body.model)
        functions = [tool.function for tool in body.tools or ()]
        tools = [FunctionSpec(f.name, f.description, f.parameters, bool(f.strict)) for f in functions]
        choice = _choice(body, tools)
        check_strict_schemas(
            [tool.materialised() for tool in body.tools or ()], echoed(body.response_format), self._check
        )
        request = GenerationRequest(
            prompt="",
            max_tokens=_first(body.max_completion_tokens, _first(body.max_tokens, self._max_turn_tokens)),
            temperature=_first(body.temperature, 1.0),
            top_p=_first(body.top_p, 1.0),
            seed=_first(body.seed, self._seed),
            stop=_stop(body.stop),
        )
        asked = _Request(body, tools if choice.mode != "none" else [], choice, request)
        return self._pieces(name, asked, cancellation or Cancellation())

    def _pieces(self, name: str, asked: "_Request", cancellation: Cancellation) -> Iterator["_Piece"]:
        body, tools, choice, request = asked
        with self._models.use(name, cancellation=cancellation) as loaded:
            model = replace(loaded, dialect=loaded.dialect.at_effort(body.reasoning_effort))
            messages = [_chat_message(message) for message in body.messages]
            request = replace(request, prompt=model.dialect.render(messages, tools))
            form = Asked(tools, within(choice, tools, messages), None, echoed(body.response_format))
            answering = Answering(model, tools, wanted_turn(model, form, request))
            for piece in answering.pieces(cancellation):
                match piece:
                    case TextPiece(text):
                        yield _Fragment("refusal" if answering.is_refusal else "content", text)
                    case ReasoningPiece(text):
                        yield _Fragment("reasoning_content", text)
                    case _:
                        yield piece
            yield _Outcome(answering.finish_reason, answering.usage, answering.num_reasoning_tokens)


class _Request(NamedTuple):
    """A request, checked."""

    body: ChatCompletionBody
    tools: list[FunctionSpec]
    choice: ToolChoice
    request: GenerationRequest


class _Fragment(NamedTuple):
    """Text of a message, under the key it has there."""

    kind: Literal["content", "refusal", "reasoning_content"]
    text: str


class _Outcome(NamedTuple):
    """How an answer ended; without a reason when it was cancelled."""

    finish_reason: FinishReason | None
    usage: GenerationUsage
    num_reasoning_tokens: int


_Piece = _Fragment | CallStarted | CallArguments | _Outcome


def _first(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given


def _choice(body: ChatCompletionBody, tools: Sequence[FunctionSpec]) -> ToolChoice:
    parallel = _first(body.parallel_tool_calls, True)
    asked = body.tool_choice
    if asked is None:
        return ToolChoice(parallel=parallel)
    if isinstance(asked, str):
        if asked == "required" and not tools:
            raise InvalidRequest("'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
        return ToolChoice(asked, parallel=parallel)
    function = getattr(asked, "function", None)
    if not isinstance(function, NamedFunction) or all(tool.name != function.name for tool in tools):
        raise InvalidRequest("Tool choice names a tool that is not in 'tools'.", param="tool_choice")
    return ToolChoice("required", name=function.name, parallel=parallel)


def _chat_message(message: ChatCompletionMessage) -> ChatMessage:
    calls = tuple(
        ChatToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()
    )
    role = "system" if message.role == "developer" else message.role
    return ChatMessage(role, _text(message), tool_calls=calls, tool_call_id=message.tool_call_id, name=message.name)


def _text(message: ChatCompletionMessage) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    texts = [
        part.text if part.type == "text" else hosted_tools.image_placeholder(part.image_url.url[:200])
        for part in message.content
    ]
    return "\n".join(texts)


def _stop(stop: Any) -> tuple[str, ...]:
    """`stop` is null, a string or up to four strings."""
    given = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(given, list) or len(given) > 4 or not all(isinstance(item, str) and item for item in given):
        raise InvalidRequest(
            "Invalid type for 'stop': expected one of a string or array of up to 4 strings.",
            param="stop",
            code="invalid_type",
        )
    return tuple(given)


def _call(name: str) -> dict[str, Any]:
    return {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": {"name": name, "arguments": ""}}


def _delta(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _finish_reason(outcome: _Outcome, calls: Sequence[Any]) -> str:
    return "tool_calls" if calls and outcome.finish_reason == "stop" else outcome.finish_reason or "stop"


def _usage(outcome: _Outcome) -> dict[str, Any]:
    usage = outcome.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": outcome.num_reasoning_tokens},
    }
