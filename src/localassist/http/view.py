"""How bodies are read and objects are written: here as they are stored, in the second version of the API."""

from collections.abc import Callable
from typing import Any

from localassist.engine import Engine
from localassist.objects.assistants import Assistant, CreateAssistant, ModifyAssistant
from localassist.objects.base import Deleted, StoredObject
from localassist.objects.events import Event
from localassist.objects.faults import BodyT, parse_body
from localassist.objects.runs import Run

EventWriter = Callable[[Event], dict[str, Any]]


class View:
    """The second version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, kind: type[BodyT], raw: bytes) -> BodyT:
        """A body of the kind. Raises InvalidRequest in the words of this version."""
        return parse_body(kind, raw)

    def create_assistant(self, raw: bytes) -> Assistant:
        return self._engine.assistants.create(parse_body(CreateAssistant, raw))

    def modify_assistant(self, assistant_id: str, raw: bytes) -> Assistant:
        return self._engine.assistants.modify(assistant_id, parse_body(ModifyAssistant, raw))

    def delete_assistant(self, assistant_id: str) -> Deleted:
        return self._engine.assistants.delete(assistant_id)

    def write(self, item: StoredObject) -> dict[str, Any]:
        """The JSON of an object."""
        return item.wire()

    def event_writer(self, run: Run) -> EventWriter:
        """Writes the events of one stream of the run, in order."""
        return Event.wire
