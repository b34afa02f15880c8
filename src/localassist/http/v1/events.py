"""The events of a stream as the first version has them: the same, with its objects and its deltas."""

from collections.abc import Callable

from localassist.http.v1.citations import DeltaTexts, Json
from localassist.http.v1.tools import tool_calls_v1
from localassist.objects.base import StoredObject
from localassist.objects.events import Event


class EventWriterV1:
    """Writes the events of one stream, in order; `write` writes their objects."""

    def __init__(self, write: Callable[[StoredObject], Json]) -> None:
        self._write = write
        self._texts = DeltaTexts()

    def __call__(self, event: Event) -> Json:
        data = event.data
        if isinstance(data, StoredObject):
            return self._write(data)
        delta = data.get("delta", {})
        if "content" in delta:
            parts = [self._texts.write(data["id"], part) for part in delta["content"]]
            return data | {"delta": delta | {"content": parts}}
        details = delta.get("step_details", {})
        if "tool_calls" in details:
            calls = tool_calls_v1(details["tool_calls"])
            return data | {"delta": delta | {"step_details": details | {"tool_calls": calls}}}
        return data
