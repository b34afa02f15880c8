"""Bodies of the first version as those of the second."""

from typing import Any, ClassVar

from localassist.objects.base import RequestBody
from localassist.objects.file_types import is_searchable
from localassist.objects.files import File
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun
from localassist.objects.threads import CreateMessage, CreateThread, ModifyThread
from localassist.objects.tools import (
    CodeInterpreterToolBody,
    FileSearchChoice,
    FileSearchToolBody,
    FunctionToolBody,
)
from localassist.objects.v1 import (
    CreateMessageV1,
    CreateRunV1,
    CreateThreadAndRunV1,
    CreateThreadV1,
    ModifyThreadV1,
    RetrievalChoice,
    RetrievalToolBody,
)
from localassist.protocols import Store
from localassist.service.references import check_files, check_searchable

MessageTool = dict[str, str]


class UpgradedMessage(CreateMessage):
    """Ten files a message were allowed in the first version, and any number a thread."""

    max_code_files: ClassVar[int | None] = None


class BodyUpgrade:
    """Bodies of the first version as those of the second. Raises InvalidRequest for files that cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def message(self, body: CreateMessageV1, *, path: str = "") -> CreateMessage:
        """A message's files are for whichever tool the run will have; `path` is its place in the body."""
        given = given_fields(body)
        if file_ids := given.pop("file_ids", None):
            check_files(self._store, file_ids, param=f"{path}file_ids")
            given["attachments"] = [
                {"file_id": file_id, "tools": self._tools_for(file_id)} for file_id in dict.fromkeys(file_ids)
            ]
        return UpgradedMessage.model_validate(given)

    def thread(self, body: CreateThreadV1, *, path: str = "") -> CreateThread:
        return CreateThread.model_validate(given_fields(body) | self._messages(body, "messages", path))

    def thread_changes(self, body: ModifyThreadV1) -> ModifyThread:
        return ModifyThread.model_validate(given_fields(body))

    def run(self, body: CreateRunV1) -> CreateRun:
        return CreateRun.model_validate(given_fields(body) | self._messages(body, "additional_messages"))

    def thread_and_run(self, body: CreateThreadAndRunV1) -> CreateThreadAndRun:
        given = given_fields(body)
        if body.thread is not None:
            given["thread"] = self.thread(body.thread, path="thread.")
        return CreateThreadAndRun.model_validate(given)

    def _messages(self, body: Any, name: str, path: str = "") -> dict[str, Any]:
        messages = getattr(body, name)
        if not messages:
            return {}
        return {name: [self.message(one, path=f"{path}{name}[{index}].") for index, one in enumerate(messages)]}

    def _tools_for(self, file_id: str) -> list[MessageTool]:
        code, search = {"type": "code_interpreter"}, {"type": "file_search"}
        return [code, search] if _can_be_searched(self._store, file_id) else [code]


def given_fields(body: RequestBody) -> dict[str, Any]:
    """What the caller gave, with tools and their choice by their present names."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    if given.get("tools"):
        given["tools"] = [_present_tool(tool) for tool in given["tools"]]
    if isinstance(given.get("tool_choice"), RetrievalChoice):
        given["tool_choice"] = FileSearchChoice(type="file_search")
    return given


def _present_tool(
    tool: CodeInterpreterToolBody | FunctionToolBody | RetrievalToolBody,
) -> CodeInterpreterToolBody | FunctionToolBody | FileSearchToolBody:
    return FileSearchToolBody(type="file_search") if isinstance(tool, RetrievalToolBody) else tool


def check_files_for(store: Store, tool_types: set[str], file_ids: list[str], *, param: str = "file_ids") -> None:
    """Refuse files that do not exist, and those that only a code interpreter could read where there is none."""
    check_files(store, file_ids, param=param)
    if "code_interpreter" not in tool_types and tool_types & {"retrieval", "file_search"}:
        check_searchable(store, file_ids, param=param)


def split_files(store: Store, tool_types: set[str], file_ids: list[str]) -> tuple[list[str], list[str]]:
    """An assistant's files for the code interpreter and for file search. No file is lost: each is in one at least."""
    is_searching = bool(tool_types & {"retrieval", "file_search"})
    searched = [one for one in file_ids if is_searching and _can_be_searched(store, one)]
    if "code_interpreter" in tool_types:
        return file_ids, searched
    return [one for one in file_ids if one not in searched], searched


def _can_be_searched(store: Store, file_id: str) -> bool:
    return is_searchable(store.get(File, file_id).filename)
