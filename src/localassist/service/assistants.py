"""Assistants: create, retrieve, list, modify, delete."""

from collections.abc import Callable
from typing import Any

from localassist.objects.assistants import Assistant, CreateAssistant, ModifyAssistant
from localassist.objects.base import Deleted, new_id
from localassist.objects.tools import Tool, check_response_format, echoed
from localassist.protocols import ModelLibrary, Page, Slice, Store
from localassist.runs.call_gate import SchemaCheck
from localassist.service.references import fetch
from localassist.service.resources import ResourceService
from localassist.service.tool_schemas import accept_schema, check_strict_calls, check_strict_schemas


class AssistantService:
    def __init__(
        self,
        store: Store,
        models: ModelLibrary,
        resources: ResourceService,
        *,
        check_schema: SchemaCheck = accept_schema,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._models = models
        self._resources = resources
        self._check_schema = check_schema
        self._clock = clock

    def create(self, body: CreateAssistant) -> Assistant:
        self._models.resolve(body.model)
        tools: list[Tool] = [tool.materialised() for tool in body.tools or ()]
        response_format = "auto" if body.response_format is None else echoed(body.response_format)
        check_response_format(response_format, tools)
        check_strict_schemas(tools, response_format, self._check_schema)
        check_strict_calls(tools, body.model, self._models)
        with self._store.transaction():
            assistant = Assistant(
                id=new_id("asst_"),
                created_at=self._clock(),
                name=body.name,
                description=body.description,
                model=body.model,
                instructions=body.instructions,
                tools=tools,
                top_p=1.0 if body.top_p is None else body.top_p,
                temperature=1.0 if body.temperature is None else body.temperature,
                reasoning_effort=body.reasoning_effort,
                tool_resources=self._resources.resolve(body.tool_resources, tools),
                metadata=body.metadata or {},
                response_format=response_format,
            )
            self._store.insert(assistant)
        return assistant

    def get(self, assistant_id: str) -> Assistant:
        return fetch(self._store, Assistant, assistant_id, param="assistant_id")

    def page(self, page: Page) -> Slice[Assistant]:
        return self._store.page(Assistant, page)

    def modify(self, assistant_id: str, body: ModifyAssistant) -> Assistant:
        """What is not given stays; null clears what can be empty and resets what has a default."""
        with self._store.transaction():
            assistant = self.get(assistant_id)
            changed = assistant.model_copy(update=self._changes(assistant, body))
            check_response_format(changed.response_format, changed.tools)
            check_strict_schemas(changed.tools, changed.response_format, self._check_schema)
            check_strict_calls(changed.tools, changed.model, self._models)
            self._store.update(changed)
        return changed

    def _changes(self, assistant: Assistant, body: ModifyAssistant) -> dict[str, Any]:
        changes: dict[str, Any] = {
            name: getattr(body, name)
            for name in ("name", "description", "instructions", "reasoning_effort")
            if body.given(name)
        }
        if body.model is not None:
            self._models.resolve(body.model)
            changes["model"] = body.model
        if body.given("tools"):
            changes["tools"] = [tool.materialised() for tool in body.tools or ()]
        if body.tool_resources is not None:
            changes["tool_resources"] = self._resources.merge(assistant.tool_resources, body.tool_resources)
        if body.given("metadata"):
            changes["metadata"] = body.metadata or {}
        for name in ("temperature", "top_p"):
            if body.given(name):
                value = getattr(body, name)
                changes[name] = 1.0 if value is None else value
        if body.given("response_format"):
            asked = body.response_format
            changes["response_format"] = "auto" if asked is None else echoed(asked)
        return changes

    def delete(self, assistant_id: str) -> Deleted:
        self.get(assistant_id)
        self._store.delete(Assistant, assistant_id)
        return Deleted(id=assistant_id, object="assistant.deleted")
