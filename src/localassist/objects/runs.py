"""Runs and run steps as they are stored and sent."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from localassist.objects.base import StoredObject, WireObject
from localassist.objects.tools import Tool, ToolResources

RunStatus = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
StepStatus = Literal["in_progress", "cancelled", "failed", "completed", "expired"]
ErrorCode = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
IncompleteReason = Literal["max_completion_tokens", "max_prompt_tokens"]


class LastError(WireObject):
    code: ErrorCode
    message: str


class PromptDetails(WireObject):
    cached_tokens: int = 0


class CompletionDetails(WireObject):
    reasoning_tokens: int = 0


class Usage(WireObject):
    """Counts in tokens. `prompt_token_details` is spelled as on the wire."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_token_details: PromptDetails = PromptDetails()
    completion_tokens_details: CompletionDetails = CompletionDetails()

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
            prompt_token_details=PromptDetails(
                cached_tokens=self.prompt_token_details.cached_tokens + other.prompt_token_details.cached_tokens
            ),
            completion_tokens_details=CompletionDetails(
                reasoning_tokens=self.completion_tokens_details.reasoning_tokens
                + other.completion_tokens_details.reasoning_tokens
            ),
        )


class CalledFunction(WireObject):
    name: str
    arguments: str


class RequiredCall(WireObject):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class SubmitToolOutputsAction(WireObject):
    tool_calls: list[RequiredCall]


class RequiredAction(WireObject):
    type: Literal["submit_tool_outputs"] = "submit_tool_outputs"
    submit_tool_outputs: SubmitToolOutputsAction


class TruncationStrategy(WireObject):
    type: Literal["auto", "last_messages"] = "auto"
    last_messages: int | None = None


class IncompleteRun(WireObject):
    reason: IncompleteReason


class ContextReport(WireObject):
    """An extension: how the last turn's prompt was made up, in tokens, and how many messages were left out."""

    prompt_tokens: int
    window_tokens: int
    instructions_tokens: int
    tools_tokens: int
    messages_tokens: int
    messages_dropped: int


class Run(StoredObject):
    """Contract §2.4. `localassist` is an extension that strict clients ignore."""

    id_prefix: ClassVar[str] = "run_"
    kind: ClassVar[str] = "run"
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"localassist"})

    id: str
    object: Literal["thread.run"] = "thread.run"
    created_at: int
    assistant_id: str
    thread_id: str
    status: RunStatus = "queued"
    started_at: int | None = None
    expires_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    required_action: RequiredAction | None = None
    last_error: LastError | None = None
    model: str
    instructions: str = ""
    tools: list[Tool] = []
    tool_resources: ToolResources = ToolResources()
    metadata: dict[str, str] = {}
    temperature: float = 1.0
    top_p: float = 1.0
    reasoning_effort: str | None = None
    max_completion_tokens: int | None = None
    max_prompt_tokens: int | None = None
    truncation_strategy: TruncationStrategy = TruncationStrategy()
    incomplete_details: IncompleteRun | None = None
    usage: Usage | None = None
    response_format: Any = "auto"
    tool_choice: Any = "auto"
    parallel_tool_calls: bool = True
    localassist: ContextReport | None = None


# --- steps --------------------------------------------------------------------------------------------------------


class CreatedMessage(WireObject):
    message_id: str


class MessageCreation(WireObject):
    type: Literal["message_creation"] = "message_creation"
    message_creation: CreatedMessage


class FunctionCallDetails(WireObject):
    name: str
    arguments: str
    output: str | None = None


class FunctionCall(WireObject):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCallDetails


class CodeInterpreterDetails(WireObject):
    input: str = ""
    outputs: list[dict[str, Any]] = []


class CodeInterpreterCall(WireObject):
    id: str
    type: Literal["code_interpreter"] = "code_interpreter"
    code_interpreter: CodeInterpreterDetails


class FileSearchDetails(WireObject):
    ranking_options: dict[str, Any] = {}
    results: list[dict[str, Any]] = []


class FileSearchCall(WireObject):
    id: str
    type: Literal["file_search"] = "file_search"
    file_search: FileSearchDetails


ToolCall = Annotated[FunctionCall | CodeInterpreterCall | FileSearchCall, Field(discriminator="type")]


class ToolCalls(WireObject):
    type: Literal["tool_calls"] = "tool_calls"
    tool_calls: list[ToolCall] = []


StepDetails = Annotated[MessageCreation | ToolCalls, Field(discriminator="type")]


class ShownPassage(WireObject):
    """A passage the model was shown under a marker; `start` and `end` in characters of the file's text."""

    omit_when_none: ClassVar[frozenset[str]] = frozenset({"page", "last_page"})

    marker: str
    file_id: str
    quote: str
    start: int
    end: int
    page: int | None = None
    last_page: int | None = None


class HostedCall(WireObject):
    """A hosted tool's call as the model wrote it and read its result.

    `passages` are those it was shown; `files` the ids of the files it made, by their path below /mnt/data.
    """

    name: str
    arguments: str
    output: str
    passages: list[ShownPassage] = []
    files: dict[str, str] = {}


class StepInternal(WireObject):
    """Kept with a step, never sent.

    `pending_usage` is that of a turn whose calls still wait for their outputs; `hosted` has the hosted tools' calls
    by their ids.
    """

    pending_usage: Usage | None = None
    hosted: dict[str, HostedCall] = {}


class RunStep(StoredObject):
    """Contract §2.5, with the spec's `expired_at` and `metadata` beside the wire's `expires_at`."""

    id_prefix: ClassVar[str] = "step_"
    kind: ClassVar[str] = "run step"

    id: str
    object: Literal["thread.run.step"] = "thread.run.step"
    created_at: int
    run_id: str
    assistant_id: str
    thread_id: str
    type: Literal["message_creation", "tool_calls"]
    status: StepStatus = "in_progress"
    cancelled_at: int | None = None
    completed_at: int | None = None
    expires_at: int | None = None
    expired_at: int | None = None
    failed_at: int | None = None
    last_error: LastError | None = None
    step_details: StepDetails
    usage: Usage | None = None
    metadata: dict[str, str] = {}
    internal: StepInternal = StepInternal()
