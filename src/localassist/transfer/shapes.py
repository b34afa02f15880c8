"""What an archive has to look like before it is read: where lists, objects and values stand."""

from typing import Any

Json = dict[str, Any]

_OBJECTS = ("tool_resources", "usage", "last_error", "step_details")
_LISTS = ("tools", "attachments", "file_ids")
_LISTS_OF_OBJECTS = ("tools", "attachments")


class Unreadable(ValueError):
    """An object that is not of the kind it should be; the message says why."""


def check_shape(raw: Json) -> None:
    """Raises Unreadable where an object of the API has something else than its readers take for granted."""
    for name in _OBJECTS:
        _check_object(raw, name)
    for name in _LISTS:
        _check_list(raw, name, of_objects=name in _LISTS_OF_OBJECTS)
    if not isinstance(raw.get("content"), str):
        _check_list(raw, "content", of_objects=True)
    details = raw.get("step_details") or {}
    _check_list(details, "tool_calls", of_objects=True)
    for call in details.get("tool_calls") or ():
        found = call.get("file_search")
        if isinstance(found, dict):
            _check_list(found, "results", of_objects=True)
            for result in found.get("results") or ():
                _check_list(result, "content", of_objects=True)


def record_fault(record: Any) -> tuple[str, str] | None:
    """Of a thread's record of the export format: its thread's id and what is wrong; None when it can be read."""
    if not isinstance(record, dict):
        return "", "its record is not an object"
    try:
        _check_object(record, "thread")
        _check_object(record, "files")
        for name in ("messages", "runs", "errors"):
            _check_list(record, name, of_objects=True)
        for run in record.get("runs") or ():
            _check_list(run, "steps", of_objects=True)
    except Unreadable as exc:
        return str(record.get("thread_id", "")), str(exc)
    return None


def _check_object(raw: Json, name: str) -> None:
    if not isinstance(raw.get(name), dict | None):
        raise Unreadable(f"{name}: expected an object")


def _check_list(raw: Json, name: str, *, of_objects: bool) -> None:
    value = raw.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise Unreadable(f"{name}: expected an array")
    if of_objects and not all(isinstance(item, dict) for item in value):
        raise Unreadable(f"{name}: expected an array of objects")
