"""Tool resources of assistants and threads: references checked, and the vector stores they ask for made."""

from localassist.errors import InvalidRequest
from localassist.objects.base import check_id
from localassist.objects.tools import (
    CodeInterpreterResources,
    FileSearchCreationBody,
    FileSearchResources,
    FileSearchResourcesBody,
    Tool,
    ToolResources,
    ToolResourcesBody,
    ToolResourcesCreationBody,
)
from localassist.protocols import Store
from localassist.service.references import check_files
from localassist.service.vector_stores import VectorStoreService


class ResourceService:
    """Turns the tool resources of a request into those that are stored."""

    def __init__(self, store: Store, stores: VectorStoreService) -> None:
        self._store = store
        self._stores = stores

    def resolve(
        self,
        asked: ToolResourcesBody | ToolResourcesCreationBody | None,
        tools: list[Tool] | None = None,
        *,
        stores_expire: bool = False,
    ) -> ToolResources:
        """Tool resources as stored. The empty entry of a code interpreter is materialised; stores that the creation
        helper asks for are made, in the caller's transaction.
        """
        wants_code = any(tool.type == "code_interpreter" for tool in tools or ())
        code = CodeInterpreterResources() if wants_code else None
        search = None
        if asked is not None and asked.code_interpreter is not None:
            file_ids = asked.code_interpreter.file_ids or []
            check_files(self._store, file_ids, param="tool_resources.code_interpreter.file_ids")
            code = CodeInterpreterResources(file_ids=list(dict.fromkeys(file_ids)))
        if asked is not None and asked.file_search is not None:
            search = self._resolve_stores(asked.file_search, stores_expire=stores_expire)
        return ToolResources(code_interpreter=code, file_search=search)

    def _resolve_stores(self, asked: FileSearchResourcesBody, *, stores_expire: bool) -> FileSearchResources:
        param = "tool_resources.file_search"
        for store_id in asked.vector_store_ids or ():
            check_id(store_id, f"{param}.vector_store_ids", "vs")
            self._stores.usable(store_id)
        store_ids = list(asked.vector_store_ids or ())
        if isinstance(asked, FileSearchCreationBody):
            for index, helper in enumerate(asked.vector_stores or ()):
                path = f"{param}.vector_stores[{index}]"
                store_ids.append(self._stores.create_for(helper, expires=stores_expire, param=path).id)
        return FileSearchResources(vector_store_ids=store_ids)

    def merge(self, stored: ToolResources, asked: ToolResourcesBody) -> ToolResources:
        """A given kind of resource replaces the stored one, null clears it, and one not given stays."""
        resolved = self.resolve(asked)
        changes: dict[str, object] = {}
        if asked.given("code_interpreter"):
            changes["code_interpreter"] = resolved.code_interpreter or CodeInterpreterResources()
        if asked.given("file_search"):
            changes["file_search"] = resolved.file_search
        return stored.model_copy(update=changes)


def with_code_files(
    resources: ToolResources, file_ids: list[str], *, max_files: int | None, param: str
) -> ToolResources:
    """The resources with more files for the code interpreter. Raises InvalidRequest when they become too many."""
    together = list(dict.fromkeys([*resources.code_file_ids, *file_ids]))
    if max_files is not None and len(together) > max_files:
        raise InvalidRequest(
            f"Invalid '{param}': too many files for the code interpreter. A thread holds at most {max_files}, "
            f"but would have {len(together)}.",
            param=param,
            code="array_above_max_length",
        )
    return resources.model_copy(update={"code_interpreter": CodeInterpreterResources(file_ids=together)})
