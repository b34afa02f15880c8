"""Turns a thread's messages and run steps into the conversation a model reads. Does not know tokens or templates."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from localassist.errors import NotFound
from localassist.objects.files import File
from localassist.objects.runs import FunctionCall, MessageCreation, Run, RunStep, ShownPassage, ToolCalls
from localassist.objects.threads import ImageFilePart, ImageUrlPart, Message, RefusalPart, TextPart
from localassist.protocols import ChatMessage, ChatToolCall, Store
from localassist.runs import hosted_tools

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unit:
    """What stays together when a conversation is cut: one message, or calls with their outputs (and the text before).

    `key` names the unit across turns: the id of its message, or of its step. `passages` are those its results show.
    """

    key: str
    messages: tuple[ChatMessage, ...]
    num_thread_messages: int
    passages: tuple[ShownPassage, ...] = ()


def read_transcript(store: Store, run: Run, steps: Sequence[RunStep]) -> list[Unit]:
    """The thread of a run, oldest first, this run's own calls at the end. `steps` are all of the thread."""
    messages = [message for message in store.all(Message, thread_id=run.thread_id) if message.content]
    steps_by_run_id: defaultdict[str, list[RunStep]] = defaultdict(list)
    for step in steps:
        steps_by_run_id[step.run_id].append(step)
    anchors = _anchor_calls(messages, steps_by_run_id)
    units = _call_units(anchors.get(None, ()))
    for message in messages:
        units.extend(_call_units(anchors.get((message.id, "before"), ())))
        units.append(Unit(message.id, (_chat_message(store, message),), 1))
        units.extend(_call_units(anchors.get((message.id, "after"), ())))
    return _join_text_with_calls(units, {step.id for step in steps})


def made_files(steps: Sequence[RunStep]) -> dict[str, str]:
    """The ids of the files that code made in a thread, by their path below /mnt/data; the newest of each path."""
    calls = [call for step in steps for call in step.internal.hosted.values()]
    return {path: file_id for call in calls for path, file_id in call.files.items()}


Anchor = tuple[str, str] | None


def _anchor_calls(
    messages: Sequence[Message], steps_by_run_id: dict[str, list[RunStep]]
) -> dict[Anchor, list[RunStep]]:
    """Where each finished step of calls belongs: before the next message of its run, else after what came before it."""
    present = {message.id for message in messages}
    anchors: defaultdict[Anchor, list[RunStep]] = defaultdict(list)
    for steps in steps_by_run_id.values():
        waiting: list[RunStep] = []
        previous: str | None = None
        for step in steps:
            if isinstance(step.step_details, ToolCalls):
                waiting += [step] if _is_answered(step) else []
                continue
            message_id = step.step_details.message_creation.message_id
            if message_id in present:
                anchors[message_id, "before"] += waiting
                waiting, previous = [], message_id
        if waiting:
            last = previous or _last_before(messages, steps[0])
            anchors[(last, "after") if last else None] += waiting
    return anchors


def _last_before(messages: Sequence[Message], step: RunStep) -> str | None:
    """The newest message that was there when the step's run began: none can be added while a run is active."""
    earlier = [message.id for message in messages if message.created_at <= step.created_at and not message.run_id]
    return earlier[-1] if earlier else None


def _is_answered(step: RunStep) -> bool:
    return step.status == "completed" and all(output is not None for _, output in _calls(step))


def _calls(step: RunStep) -> list[tuple[ChatToolCall, str | None]]:
    """The calls of a step as the model wrote them, each with its output once there is one."""
    assert not isinstance(step.step_details, MessageCreation)
    found: list[tuple[ChatToolCall, str | None]] = []
    for call in step.step_details.tool_calls:
        if isinstance(call, FunctionCall):
            found.append((ChatToolCall(call.id, call.function.name, call.function.arguments), call.function.output))
        elif (hosted := step.internal.hosted.get(call.id)) is not None:
            found.append((ChatToolCall(call.id, hosted.name, hosted.arguments), hosted.output))
        else:
            found.append((ChatToolCall(call.id, call.type, "{}"), None))
    return found


def _call_units(steps: Iterable[RunStep]) -> list[Unit]:
    return [Unit(step.id, tuple(_calls_and_outputs(step)), 0, tuple(_passages(step))) for step in steps]


def _passages(step: RunStep) -> list[ShownPassage]:
    return [passage for call in step.internal.hosted.values() for passage in call.passages]


def _calls_and_outputs(step: RunStep) -> list[ChatMessage]:
    calls = _calls(step)
    asked = ChatMessage("assistant", "", tool_calls=tuple(call for call, _ in calls))
    outputs = [ChatMessage("tool", output or "", tool_call_id=call.id, name=call.name) for call, output in calls]
    return [asked, *outputs]


def _join_text_with_calls(units: list[Unit], step_ids: set[str]) -> list[Unit]:
    """Text the model wrote before its calls is one turn with them."""
    joined: list[Unit] = []
    for unit in units:
        before = joined[-1] if joined else None
        if unit.key in step_ids and before is not None and _is_assistant_text(before):
            text, calls = before.messages[0], unit.messages[0]
            together = replace(calls, content=text.content)
            messages = (together, *unit.messages[1:])
            joined[-1] = Unit(before.key, messages, before.num_thread_messages, unit.passages)
        else:
            joined.append(unit)
    return joined


def _is_assistant_text(unit: Unit) -> bool:
    return len(unit.messages) == 1 and unit.messages[0].role == "assistant"


def _chat_message(store: Store, message: Message) -> ChatMessage:
    texts = [_part_text(store, part) for part in message.content]
    names = [(_file_name(store, attachment.file_id), attachment.file_id) for attachment in message.attachments]
    if names:
        texts.append(hosted_tools.format_attachments(dict.fromkeys(names)))
    return ChatMessage(message.role, "\n".join(texts))


def _part_text(store: Store, part: TextPart | ImageFilePart | ImageUrlPart | RefusalPart) -> str:
    if isinstance(part, TextPart):
        return part.text.value
    if isinstance(part, RefusalPart):
        return part.refusal
    name = _file_name(store, part.image_file.file_id) if isinstance(part, ImageFilePart) else part.image_url.url
    shown = name if len(name) <= 200 else f"{name[:200]}…"
    logger.warning("An image is not visible to the model, which reads text only: %s", shown)
    return hosted_tools.image_placeholder(shown)


def _file_name(store: Store, file_id: str) -> str:
    try:
        return store.get(File, file_id).filename
    except NotFound:
        return f"{file_id} (deleted)"
