"""JSON out: compact UTF-8, lists in the contract's envelope, and how soon a run is worth another look."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Response

from localassist.objects.base import Deleted, StoredObject, now
from localassist.objects.runs import Run
from localassist.objects.vector_stores import FileBatch, VectorStore, VectorStoreFile
from localassist.protocols import Slice

ObjectWriter = Callable[[StoredObject], dict[str, Any]]

_STILL_MOVING = ("queued", "in_progress", "cancelling")
_Polled = Run | VectorStore | VectorStoreFile | FileBatch
# (age of the object in seconds, milliseconds to wait): short runs are noticed at once, long ones polled gently.
_PACE = ((2, 50), (10, 100), (60, 250))
_SLOWEST_PACE_MS = 500


def json_bytes(data: Any) -> bytes:
    """One line of JSON without spaces. A lone surrogate, which UTF-8 has no bytes for, becomes `?`."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_response(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_bytes(data), status, headers, "application/json")


def as_stored(item: StoredObject) -> dict[str, Any]:
    return item.wire()


def object_response(item: StoredObject, write: ObjectWriter = as_stored) -> Response:
    """One object; one that is still moving says when to ask again."""
    if isinstance(item, _Polled) and item.status in _STILL_MOVING:
        return json_response(write(item), headers={"openai-poll-after-ms": str(poll_after_ms(item))})
    return json_response(write(item))


def deleted_response(deleted: Deleted) -> Response:
    return json_response(deleted.model_dump(mode="json"))


def poll_after_ms(item: StoredObject) -> int:
    age_s = now() - item.created_at
    return next((pace for limit_s, pace in _PACE if age_s < limit_s), _SLOWEST_PACE_MS)


def list_response(page: Slice[Any], write: ObjectWriter = as_stored) -> Response:
    """A page of objects in the cursor envelope."""
    return envelope([write(item) for item in page.items], has_more=page.has_more)


def envelope(data: Sequence[dict[str, Any]], *, has_more: bool) -> Response:
    return json_response(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": has_more,
        }
    )
