"""Objects of the hosted API, of either version and of any year, as this engine stores them; ids and times are kept."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from localassist.objects.assistants import Assistant
from localassist.objects.base import StoredObject
from localassist.objects.files import File
from localassist.objects.runs import (
    CodeInterpreterCall,
    FileSearchCall,
    HostedCall,
    Run,
    RunStep,
    StepInternal,
    ToolCalls,
)
from localassist.objects.threads import Message, Thread
from localassist.objects.vector_stores import CreateStoreFile, VectorStore
from localassist.runs.hosted_tools import (
    FILE_SEARCH_TOOL_NAME,
    NO_PASSAGES_FOUND,
    PYTHON_TOOL_NAME,
    format_python_result,
)
from localassist.runs.lifecycle import TERMINAL
from localassist.transfer.shapes import Json, Unreadable

ObjectT = TypeVar("ObjectT", bound=StoredObject)

# Below these keys null is a value of the caller's own.
_OPAQUE = frozenset({"parameters", "schema", "metadata"})
_TOOL_TYPES = frozenset({"code_interpreter", "file_search", "function"})
_ERROR_CODES = frozenset({"server_error", "rate_limit_exceeded", "invalid_prompt"})
# Ids name folders and files: no slash, no dot.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_PART_TYPES = frozenset({"text", "image_file", "image_url", "refusal"})


@dataclass(slots=True)
class Changes:
    """What was changed while an object was read, for its report."""

    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def read_assistant(raw: Json, changes: Changes) -> Assistant:
    return _validated(Assistant, {**raw, **_tools(raw, changes), **_resources(raw, changes)})


def read_thread(raw: Json, changes: Changes) -> Thread:
    return _validated(Thread, {**raw, **_resources(raw, changes)})


def read_file(raw: Json, changes: Changes) -> File:
    return _validated(File, raw)


def read_message(raw: Json, changes: Changes) -> Message:
    """A message; one that was being written when it was exported counts as cut off."""
    content = raw.get("content") or []
    if isinstance(content, str):
        content = [{"type": "text", "text": {"value": content, "annotations": []}}]
    known = [part for part in content if part.get("type") in _PART_TYPES]
    for part in content:
        if part not in known:
            changes.add(f"a content part of type {part.get('type')!r} was left out")
    attachments = raw.get("attachments")
    if attachments is None:
        attachments = [{"file_id": file_id, "tools": []} for file_id in raw.get("file_ids") or ()]
    more: Json = {"content": known, "attachments": attachments}
    if raw.get("status") == "in_progress":
        more |= {"status": "incomplete", "incomplete_details": {"reason": "run_expired"}}
        changes.add("it was not finished: now incomplete")
    return _validated(Message, {**raw, **more})


def read_run(raw: Json, changes: Changes) -> Run:
    """A run; one that was active when it was exported has expired since."""
    more = {**_tools(raw, changes), **_resources(raw, changes), **_error(raw, changes)}
    if raw.get("status") not in TERMINAL:
        changes.add(f"its status was {raw.get('status')!r}: now expired")
        more |= {"status": "expired", "required_action": None}
    if "prompt_tokens_details" in (raw.get("usage") or {}):
        more["usage"] = {**raw["usage"], "prompt_token_details": raw["usage"]["prompt_tokens_details"]}
    return _validated(Run, {**raw, **more})


def read_step(raw: Json, changes: Changes) -> RunStep:
    """A step, with what its hosted calls looked like to the model rebuilt from what they show."""
    more: Json = _error(raw, changes)
    details = raw.get("step_details") or {}
    if details.get("type") == "tool_calls":
        calls = [_tool_call(call) for call in details.get("tool_calls") or ()]
        more["step_details"] = {"type": "tool_calls", "tool_calls": calls}
    if raw.get("status") == "in_progress":
        changes.add("it was not finished: now expired")
        more["status"] = "expired"
    step = _validated(RunStep, {**raw, **more})
    if not isinstance(step.step_details, ToolCalls):
        return step
    hosted = {call.id: made for call in step.step_details.tool_calls if (made := _hosted(call)) is not None}
    return step.model_copy(update={"internal": StepInternal(hosted=hosted)})


def read_vector_store(raw: Json, changes: Changes) -> VectorStore:
    """A store without its files, which are counted again as they come."""
    status = "expired" if raw.get("status") == "expired" else "completed"
    empty: Json = {"status": status, "file_counts": {}, "usage_bytes": 0}
    return _validated(VectorStore, {"last_active_at": raw.get("created_at"), **raw, **empty})


def read_store_file(raw: Json) -> tuple[str, CreateStoreFile, int]:
    """Of a file in a store: the store's id, how it was added, and when."""
    store_id, added_at = raw.get("vector_store_id"), raw.get("created_at")
    if not isinstance(store_id, str) or not isinstance(added_at, int):
        raise Unreadable("it has no 'vector_store_id' or no 'created_at'")
    given = {"file_id": raw.get("id"), "attributes": raw.get("attributes") or {}}
    strategy = raw.get("chunking_strategy")
    if isinstance(strategy, dict) and strategy.get("type") in ("auto", "static"):
        given["chunking_strategy"] = strategy
    try:
        return store_id, CreateStoreFile.model_validate(given), added_at
    except ValidationError as exc:
        raise Unreadable(_first_fault(exc)) from exc


STORE_FILE = "vector_store.file"
READERS: dict[str, Callable[[Json, Changes], StoredObject]] = {
    "assistant": read_assistant,
    "thread": read_thread,
    "thread.message": read_message,
    "thread.run": read_run,
    "thread.run.step": read_step,
    "file": read_file,
    "vector_store": read_vector_store,
}


# --- parts --------------------------------------------------------------------------------------------------------


def _validated(kind: type[ObjectT], raw: Json) -> ObjectT:
    try:
        made = kind.model_validate(_without_nulls({name: raw[name] for name in raw if name != "internal"}))
    except ValidationError as exc:
        raise Unreadable(_first_fault(exc)) from exc
    if not made.id.startswith(kind.id_prefix) or _ID.fullmatch(made.id) is None:
        raise Unreadable(f"the id {made.id!r} is not one of a {kind.kind}")
    return made


def _first_fault(exc: ValidationError) -> str:
    first = exc.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _without_nulls(value: Any, key: str = "") -> Any:
    """Null means unset on the wire; what is unset takes its default."""
    if isinstance(value, dict) and key not in _OPAQUE:
        return {name: _without_nulls(item, name) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _tools(raw: Json, changes: Changes) -> Json:
    return {"tools": list(_known_tools(raw.get("tools") or (), changes))}


def _known_tools(tools: Any, changes: Changes) -> Iterator[Json]:
    for tool in tools:
        kind = tool.get("type")
        if kind == "retrieval":
            changes.add("its tool 'retrieval' is 'file_search' now")
            yield {"type": "file_search"}
        elif kind in _TOOL_TYPES:
            yield tool
        else:
            changes.add(f"its tool {kind!r} was left out")


def _resources(raw: Json, changes: Changes) -> Json:
    """The files of the first version of the API become the code interpreter's."""
    resources = dict(raw.get("tool_resources") or {})
    file_ids = raw.get("file_ids") or []
    if file_ids and "code_interpreter" not in resources:
        changes.add("its file_ids are its code interpreter's files now")
        resources["code_interpreter"] = {"file_ids": file_ids}
    return {"tool_resources": resources}


def _error(raw: Json, changes: Changes) -> Json:
    error = raw.get("last_error")
    if not error or error.get("code") in _ERROR_CODES:
        return {}
    changes.add(f"its error code {error.get('code')!r} is 'server_error' now")
    return {"last_error": {"code": "server_error", "message": error.get("message") or ""}}


def _tool_call(call: Json) -> Json:
    if call.get("type") == "retrieval":
        return {"id": call.get("id"), "type": "file_search", "file_search": {}}
    return call


def _hosted(call: Any) -> HostedCall | None:
    if isinstance(call, CodeInterpreterCall):
        logs = [str(output.get("logs", "")) for output in call.code_interpreter.outputs if output.get("type") == "logs"]
        code = json.dumps({"code": call.code_interpreter.input}, ensure_ascii=False)
        return HostedCall(name=PYTHON_TOOL_NAME, arguments=code, output=format_python_result("".join(logs), ()))
    if isinstance(call, FileSearchCall):
        found = [
            f"{result.get('file_name', '')}\n{part['text']}"
            for result in call.file_search.results
            for part in result.get("content") or ()
        ]
        output = "\n".join(found) or NO_PASSAGES_FOUND
        return HostedCall(name=FILE_SEARCH_TOOL_NAME, arguments='{"queries": []}', output=output)
    return None
