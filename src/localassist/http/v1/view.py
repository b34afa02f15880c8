"""The first version's way to read bodies and to write objects."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from localassist.engine import Engine
from localassist.http.v1.events import EventWriterV1
from localassist.http.v1.shapes import assistant_v1, message_v1, run_v1, step_v1, thread_v1
from localassist.http.view import EventWriter, View
from localassist.objects.assistants import Assistant
from localassist.objects.base import Deleted, RequestBody, StoredObject
from localassist.objects.faults import BodyT, parse_body
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import CreateMessage, CreateThread, Message, ModifyThread, Thread
from localassist.objects.v1 import (
    CreateAssistantV1,
    CreateMessageV1,
    CreateRunV1,
    CreateThreadAndRunV1,
    CreateThreadV1,
    ModifyAssistantV1,
    ModifyThreadV1,
)


class ViewV1(View):
    """The first version. Bodies and objects that are the same in both are left to the second."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        upgrade = engine.upgrade
        self._bodies: dict[type[RequestBody], tuple[type[RequestBody], Callable[[Any], RequestBody]]] = {
            CreateMessage: (CreateMessageV1, upgrade.message),
            CreateThread: (CreateThreadV1, upgrade.thread),
            ModifyThread: (ModifyThreadV1, upgrade.thread_changes),
            CreateRun: (CreateRunV1, upgrade.run),
            CreateThreadAndRun: (CreateThreadAndRunV1, upgrade.thread_and_run),
        }

    def read(self, kind: type[BodyT], raw: bytes) -> BodyT:
        if kind not in self._bodies:
            return super().read(kind, raw)
        own_kind, upgrade = self._bodies[kind]
        return cast(BodyT, upgrade(parse_body(own_kind, raw)))

    def create_assistant(self, raw: bytes) -> Assistant:
        return self._engine.assistant_files.create(parse_body(CreateAssistantV1, raw))

    def modify_assistant(self, assistant_id: str, raw: bytes) -> Assistant:
        return self._engine.assistant_files.modify(assistant_id, parse_body(ModifyAssistantV1, raw))

    def delete_assistant(self, assistant_id: str) -> Deleted:
        return self._engine.assistant_files.delete(assistant_id)

    def write(self, item: StoredObject) -> dict[str, Any]:
        if isinstance(item, Assistant):
            return assistant_v1(item, self._engine.assistant_files.file_ids(item.tool_resources))
        if isinstance(item, Run):
            return run_v1(item, self._engine.assistant_files.file_ids(item.tool_resources))
        return _written(item)

    def event_writer(self, run: Run) -> EventWriter:
        """The run's files are looked up once, not at every event."""
        return EventWriterV1(partial(_in_stream, self._engine.assistant_files.file_ids(run.tool_resources)))


def _in_stream(run_file_ids: list[str], item: StoredObject) -> dict[str, Any]:
    return run_v1(item, run_file_ids) if isinstance(item, Run) else _written(item)


def _written(item: StoredObject) -> dict[str, Any]:
    if isinstance(item, Thread):
        return thread_v1(item)
    if isinstance(item, Message):
        return message_v1(item)
    return step_v1(item) if isinstance(item, RunStep) else item.wire()
