"""Chat completions on the same models as runs, for programs that mix both. Nothing is stored."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.chat import ChatCompletionBody, ChatCompletionMessage
from localassist.objects.tools import NamedFunction
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    ChatMessage,
    ChatToolCall,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    ModelLibrary,
    ParsedPiece,
    TextPiece,
    Token,
    ToolChoice,
)
from localassist.runs import hosted_tools


class ChatService:
    def __init__(
        self, models: ModelLibrary, *, max_turn_tokens: int, seed: int | None, clock: Callable[[], int]
    ) -> None:
        self._models = models
        self._max_turn_tokens = max_turn_tokens
        self._seed = seed
        self._clock = clock

    def complete(self, body: ChatCompletionBody, *, cancellation: Cancellation | None = None) -> dict[str, Any]:
        """One answer, whole. Cancelled, it is what was written until then."""
        text: list[str] = []
        calls: list[dict[str, Any]] = []
        last: Token | None = None
        for piece in self._generate(body, cancellation):
            match piece:
                case TextPiece(fragment):
                    text.append(fragment)
                case CallStarted(_, name):
                    calls.append(_call(name))
                case CallArguments(index, fragment):
                    calls[index]["function"]["arguments"] += fragment
                case Token():
                    last = piece
        assert last is not None
        message: dict[str, Any] = {"role": "assistant", "content": "".join(text) or None, "refusal": None}
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(last, calls)}
        frame = self._frame(body, "chat.completion")
        return frame | {"choices": [choice], "usage": _usage(last.usage)}

    def stream(self, body: ChatCompletionBody) -> Iterator[dict[str, Any]]:
        """The same answer as chunks. What cannot be served raises before the first one."""
        pieces = self._generate(body, None)
        return self._chunks(body, pieces, self._frame(body, "chat.completion.chunk"))

    def _chunks(
        self, body: ChatCompletionBody, pieces: Iterator[ParsedPiece | Token], frame: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        with_usage = bool(body.stream_options and body.stream_options.include_usage)
        extra: dict[str, Any] = {"usage": None} if with_usage else {}
        calls: list[dict[str, Any]] = []
        first = next(pieces)
        yield frame | {"choices": [_delta({"role": "assistant", "content": "", "refusal": None})]} | extra
        for piece in chain([first], pieces):
            match piece:
                case TextPiece(fragment):
                    yield frame | {"choices": [_delta({"content": fragment})]} | extra
                case CallStarted(index, name):
                    calls.append(_call(name))
                    yield frame | {"choices": [_delta({"tool_calls": [{"index": index, **calls[-1]}]})]} | extra
                case CallArguments(index, fragment):
                    delta = {"index": index, "function": {"arguments": fragment}}
                    yield frame | {"choices": [_delta({"tool_calls": [delta]})]} | extra
                case Token():
                    yield frame | {"choices": [_delta({}, _finish_reason(piece, calls))]} | extra
                    if with_usage:
                        yield frame | {"choices": [], "usage": _usage(piece.usage)}

    def _frame(self, body: ChatCompletionBody, kind: str) -> dict[str, Any]:
        chat_id = f"chatcmpl-{secrets.token_hex(12)}"
        return {"id": chat_id, "object": kind, "created": self._clock(), "model": body.model}

    def _generate(self, body: ChatCompletionBody, cancellation: Cancellation | None) -> Iterator[ParsedPiece | Token]:
        name = self._models.resolve(body.model)
        functions = [tool.function for tool in body.tools or ()]
        tools = [FunctionSpec(f.name, f.description, f.parameters, bool(f.strict)) for f in functions]
        choice = _choice(body, tools)
        offered = tools if choice.mode != "none" else []
        request = GenerationRequest(
            prompt="",
            max_tokens=_first(body.max_completion_tokens, _first(body.max_tokens, self._max_turn_tokens)),
            temperature=_first(body.temperature, 1.0),
            top_p=_first(body.top_p, 1.0),
            seed=_first(body.seed, self._seed),
            stop=_stop(body.stop),
        )
        messages = [_chat_message(message) for message in body.messages]
        return self._pieces(name, messages, offered, choice, request, cancellation=cancellation or Cancellation())

    def _pieces(
        self,
        name: str,
        messages: Sequence[ChatMessage],
        tools: Sequence[FunctionSpec],
        choice: ToolChoice,
        request: GenerationRequest,
        *,
        cancellation: Cancellation,
    ) -> Iterator[ParsedPiece | Token]:
        """The parsed pieces, then the last token, which has the outcome."""
        with self._models.use(name) as model:
            prompt = model.dialect.render(messages, tools)
            constraint = model.dialect.constraint(tools, choice) if tools else None
            parser = model.dialect.parser(tools)
            last = Token("")
            stream = model.backend.generate(replace(request, prompt=prompt, constraint=constraint))
            cancellation.subscribe(stream.close)
            try:
                for token in stream:
                    yield from parser.feed(token.text)
                    last = token
            finally:
                stream.close()
            yield from parser.finish()
            yield last


def _first(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given


def _choice(body: ChatCompletionBody, tools: Sequence[FunctionSpec]) -> ToolChoice:
    parallel = _first(body.parallel_tool_calls, True)
    asked = body.tool_choice
    if asked is None:
        return ToolChoice("auto" if tools else "none", parallel=parallel)
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


def _finish_reason(last: Token, calls: Sequence[Any]) -> str:
    return "tool_calls" if calls and last.finish_reason == "stop" else last.finish_reason or "stop"


def _usage(usage: GenerationUsage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
