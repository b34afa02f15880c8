"""Objects as the first version has them."""

from typing import Any

from localassist.http.v1.citations import text_v1
from localassist.http.v1.tools import tool_calls_v1, tool_choice_v1, tools_v1
from localassist.objects.assistants import Assistant
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import Message, Thread
from localassist.objects.v1 import message_file_ids

Json = dict[str, Any]

_COUNTERS = ("prompt_tokens", "completion_tokens", "total_tokens")
_LATER_OF_RUNS = ("top_p", "reasoning_effort", "parallel_tool_calls")


def assistant_v1(assistant: Assistant, file_ids: list[str]) -> Json:
    data = assistant.wire()
    kept = ("id", "object", "created_at", "name", "description", "model", "instructions")
    files = {"tools": tools_v1(data["tools"]), "file_ids": file_ids, "metadata": data["metadata"]}
    return {key: data[key] for key in kept} | files


def thread_v1(thread: Thread) -> Json:
    return without(thread.wire(), "tool_resources")


def message_v1(message: Message) -> Json:
    data = message.wire()
    content = [_part(part) for part in data["content"]]
    return without(data, "attachments", "metadata") | {
        "content": content,
        "file_ids": message_file_ids(message),
        "metadata": data["metadata"],
    }


def _part(part: Json) -> Json:
    return part | {"text": text_v1(part["text"])} if part["type"] == "text" else part


def run_v1(run: Run, file_ids: list[str]) -> Json:
    """Settings of later versions are honoured, and shown as far as an SDK of the first version knows them."""
    data = run.wire()
    changed = {
        "tools": tools_v1(data["tools"]),
        "tool_choice": tool_choice_v1(data["tool_choice"]),
        "usage": _usage(data["usage"]),
    }
    renamed = {"file_ids" if key == "tool_resources" else key: value for key, value in (data | changed).items()}
    return without(renamed, *_LATER_OF_RUNS) | {"file_ids": file_ids}


def step_v1(step: RunStep) -> Json:
    data = step.wire()
    details = data["step_details"]
    if details["type"] == "tool_calls":
        details = details | {"tool_calls": tool_calls_v1(details["tool_calls"])}
    return data | {"step_details": details, "usage": _usage(data["usage"])}


def _usage(usage: Json | None) -> Json | None:
    return None if usage is None else {key: usage[key] for key in _COUNTERS}


def without(data: Json, *names: str) -> Json:
    return {key: value for key, value in data.items() if key not in names}
