"""The files of an assistant as the first version has them: one list, whichever tools they are for."""

from typing import Any

from localassist.errors import InvalidRequest, NotFound
from localassist.objects.assistants import Assistant, CreateAssistant, ModifyAssistant
from localassist.objects.base import Deleted
from localassist.objects.files import File
from localassist.objects.threads import Thread
from localassist.objects.tools import ToolResources, VectorStoreHelperBody
from localassist.objects.v1 import AssistantFile, CreateAssistantFile, CreateAssistantV1, ModifyAssistantV1
from localassist.objects.vector_stores import CreateStoreFile, VectorStore, VectorStoreFile
from localassist.protocols import Page, Slice, Store
from localassist.service.assistants import AssistantService
from localassist.service.store_files import StoreFileService
from localassist.service.v1.bodies import check_files_for, given_fields, split_files
from localassist.service.v1.paging import page_of
from localassist.service.vector_stores import VectorStoreService

MAX_FILES = 20  # of an assistant; as many as its code interpreter may have


class AssistantFileService:
    """Files of assistants: attach, retrieve, list, detach; and what changes with them."""

    def __init__(
        self, store: Store, assistants: AssistantService, stores: VectorStoreService, store_files: StoreFileService
    ) -> None:
        self._store = store
        self._assistants = assistants
        self._stores = stores
        self._store_files = store_files

    def file_ids(self, resources: ToolResources) -> list[str]:
        """The files of an assistant or of a run: the code interpreter's, then those of its vector stores.

        The second version's stores may hold thousands, which nobody wants with each look at a run: of those the oldest
        are shown, as many as the first version allows.
        """
        oldest = Page(limit=MAX_FILES, order="asc")
        stored = [
            file.file_id
            for store_id in resources.vector_store_ids
            for file in self._store.page(VectorStoreFile, oldest, vector_store_id=store_id).items
        ]
        return list(dict.fromkeys([*resources.code_file_ids, *stored]))[:MAX_FILES]

    def create(self, body: CreateAssistantV1) -> Assistant:
        """The files go to the tools the assistant has; without any, they wait with the code interpreter."""
        given = given_fields(body)
        file_ids = given.pop("file_ids", None)
        with self._store.transaction():
            made = self._assistants.create(CreateAssistant.model_validate(given))
            return self._set(made.id, file_ids) if file_ids else made

    def modify(self, assistant_id: str, body: ModifyAssistantV1) -> Assistant:
        """As in the second version; files move to the tools that the assistant has then."""
        given = given_fields(body)
        given.pop("file_ids", None)
        with self._store.transaction():
            assistant = self._assistants.get(assistant_id)
            if body.given("tools") or body.given("file_ids"):
                tools = given["tools"] if body.given("tools") else assistant.tools
                kinds = {tool.type for tool in tools or ()}
                present = self._present(assistant)
                wanted = list(dict.fromkeys(body.file_ids or ())) if body.given("file_ids") else present
                new = [one for one in wanted if one not in present]
                check_files_for(self._store, kinds, new)
                if new:
                    _check_number(wanted)
                given["tool_resources"] = self._resources(assistant, kinds, wanted)
            return self._assistants.modify(assistant_id, ModifyAssistant.model_validate(given))

    def delete(self, assistant_id: str) -> Deleted:
        """Delete the assistant, and with it the vector stores that were made for it here and serve nobody else."""
        with self._store.transaction():
            assistant = self._assistants.get(assistant_id)
            for store_id in assistant.tool_resources.vector_store_ids:
                found = self._store.find(VectorStore, store_id)
                if found is not None and found.internal.made_for_v1 and not self._is_shared(store_id, assistant):
                    self._stores.delete(store_id)
            return self._assistants.delete(assistant_id)

    # --- single files ------------------------------------------------------------------------------------------------

    def add(self, assistant_id: str, body: CreateAssistantFile) -> AssistantFile:
        """Attach a file. One that is attached already stays as it is."""
        with self._store.transaction():
            assistant = self._assistants.get(assistant_id)
            check_files_for(self._store, {tool.type for tool in assistant.tools}, [body.file_id], param="file_id")
            self._set(assistant_id, [*self._present(assistant), body.file_id])
            return self.get(assistant_id, body.file_id)

    def get(self, assistant_id: str, file_id: str) -> AssistantFile:
        for found in self._files(self._assistants.get(assistant_id)):
            if found.id == file_id:
                return found
        raise NotFound(f"No file found with id '{file_id}' in assistant '{assistant_id}'.")

    def page(self, assistant_id: str, page: Page) -> Slice[AssistantFile]:
        return page_of(self._files(self._assistants.get(assistant_id)), page)

    def remove(self, assistant_id: str, file_id: str) -> Deleted:
        """Detach the file; the file itself stays."""
        with self._store.transaction():
            self.get(assistant_id, file_id)
            present = self._present(self._assistants.get(assistant_id))
            self._set(assistant_id, [one for one in present if one != file_id])
        return Deleted(id=file_id, object="assistant.file.deleted")

    def _set(self, assistant_id: str, file_ids: list[str]) -> Assistant:
        return self.modify(assistant_id, ModifyAssistantV1.model_construct(_fields_set={"file_ids"}, file_ids=file_ids))

    def _files(self, assistant: Assistant) -> list[AssistantFile]:
        """Those of the assistant, in order; what has no time of its own was attached when both were there."""
        added_at = {
            file.file_id: file.created_at
            for store_id in assistant.tool_resources.vector_store_ids
            for file in self._store.all(VectorStoreFile, vector_store_id=store_id)
        }
        file_ids = self._all_file_ids(assistant)
        times = {one: self._both_there_at(assistant, one) for one in file_ids if one not in added_at} | added_at
        return [AssistantFile(id=one, created_at=times[one], assistant_id=assistant.id) for one in file_ids]

    def _both_there_at(self, assistant: Assistant, file_id: str) -> int:
        file = self._store.find(File, file_id)
        return assistant.created_at if file is None else max(assistant.created_at, file.created_at)

    def _all_file_ids(self, assistant: Assistant) -> list[str]:
        resources = assistant.tool_resources
        return list(dict.fromkeys([*resources.code_file_ids, *self._searched(resources)]))

    def _present(self, assistant: Assistant) -> list[str]:
        """The files that are here: an imported assistant may mention others, which a change of its files drops."""
        return [one for one in self._all_file_ids(assistant) if self._store.find(File, one) is not None]

    # --- where they are kept -----------------------------------------------------------------------------------------

    def _resources(self, assistant: Assistant, kinds: set[str], wanted: list[str]) -> dict[str, Any]:
        """The tool resources with which the assistant has these files and no others."""
        in_code, searched = split_files(self._store, kinds, wanted)
        _check_number(in_code)
        resources: dict[str, Any] = {}
        if in_code or assistant.tool_resources.code_interpreter is not None:
            resources["code_interpreter"] = {"file_ids": in_code}
        store_id = self._store_with(assistant, searched, wanted)
        if store_id is not None:
            resources["file_search"] = {"vector_store_ids": [store_id]}
        return resources

    def _store_with(self, assistant: Assistant, searched: list[str], wanted: list[str]) -> str | None:
        """The id of a store of the assistant's own that holds what is searched and nothing unwanted; None without."""
        present = self._usable_store(assistant)
        if present is None:
            return self._new_store(searched) if searched else None
        stored = self._searched(assistant.tool_resources)
        added = [file_id for file_id in searched if file_id not in stored]
        dropped = [file_id for file_id in stored if file_id not in wanted]
        if not added and not dropped:
            return present
        if self._is_shared(present, assistant):
            return self._new_store([file_id for file_id in stored if file_id not in dropped] + added)
        for file_id in added:
            self._store_files.add(present, CreateStoreFile(file_id=file_id), urgent=True)
        for file_id in dropped:
            self._store_files.remove(present, file_id)
        return present

    def _usable_store(self, assistant: Assistant) -> str | None:
        for store_id in assistant.tool_resources.vector_store_ids:
            found = self._store.find(VectorStore, store_id)
            if found is not None and self._stores.get(store_id).status != "expired":
                return store_id
        return None

    def _new_store(self, file_ids: list[str]) -> str:
        helper = VectorStoreHelperBody(file_ids=file_ids)
        return self._stores.create_for(helper, expires=False, param="file_ids", urgent=True, made_for_v1=True).id

    def _is_shared(self, store_id: str, assistant: Assistant) -> bool:
        owners = [*self._store.mentioning(Assistant, store_id), *self._store.mentioning(Thread, store_id)]
        return any(owner.id != assistant.id for owner in owners)

    def _searched(self, resources: ToolResources) -> list[str]:
        return [
            file.file_id
            for store_id in resources.vector_store_ids
            for file in self._store.all(VectorStoreFile, vector_store_id=store_id)
        ]


def _check_number(file_ids: list[str]) -> None:
    if len(file_ids) > MAX_FILES:
        raise InvalidRequest(
            f"Invalid 'file_ids': array too long. Expected an array with maximum length {MAX_FILES}, "
            f"but got an array with length {len(file_ids)} instead.",
            param="file_ids",
            code="array_above_max_length",
        )
