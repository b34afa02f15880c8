"""Vector stores, their files and batches of files, and what callers may ask of them."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from localassist.objects.base import Metadata, RequestBody, StoredObject, WireObject, contract_fault, json_type
from localassist.objects.chunking import ChunkingBody, ChunkingStrategy

DAY_S = 86400

FileStatus = Literal["in_progress", "completed", "failed", "cancelled"]
Attributes = dict[str, str | int | float | bool]


class FileCounts(WireObject):
    """How many files are in each status."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0

    def moved(self, before: FileStatus | None, after: FileStatus | None) -> "FileCounts":
        """The counts when a file goes from one status to another; None is outside."""
        counts = self.model_dump()
        for status, change in ((before, -1), (after, 1)):
            if status is not None:
                counts[status] += change
                counts["total"] += change
        return FileCounts(**counts)


# --- vector stores ------------------------------------------------------------------------------------------------


class StoreExpiry(WireObject):
    anchor: Literal["last_active_at"] = "last_active_at"
    days: int


class StoreInternal(WireObject):
    """Of a store: that the first version of the API made it for an assistant, whose callers know nothing of it."""

    made_for_v1: bool = False


class VectorStore(StoredObject):
    """Contract §2.6. `expires_at` is that of the last activity plus the days of `expires_after`."""

    id_prefix: ClassVar[str] = "vs_"
    kind: ClassVar[str] = "vector store"
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"expires_after"})

    id: str
    object: Literal["vector_store"] = "vector_store"
    created_at: int
    name: str = ""
    description: str | None = None
    usage_bytes: int = 0
    file_counts: FileCounts = FileCounts()
    status: Literal["in_progress", "completed", "expired"] = "completed"
    expires_after: StoreExpiry | None = None
    expires_at: int | None = None
    last_active_at: int
    metadata: dict[str, str] = {}
    internal: StoreInternal = StoreInternal()

    def used(self, at: int) -> "VectorStore":
        """The store after an activity at a time: its expiry begins anew."""
        expires_at = None if self.expires_after is None else at + self.expires_after.days * DAY_S
        return self.model_copy(update={"last_active_at": at, "expires_at": expires_at})

    def with_counts(self, counts: FileCounts, *, usage_bytes: int) -> "VectorStore":
        """The store with other counts, and the status that follows from them."""
        status = self.status
        if status != "expired":
            status = "in_progress" if counts.in_progress else "completed"
        return self.model_copy(update={"file_counts": counts, "usage_bytes": usage_bytes, "status": status})


# --- files of a store ---------------------------------------------------------------------------------------------


class FileError(WireObject):
    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


IngestionStage = Literal["waiting", "reading", "preparing", "embedding"]


class Progress(WireObject):
    """How far the ingestion of a file is. Totals are 0 until they are known; only some types of file have pages.

    While `preparing` the embedding model is loaded, at its very first use made, and the text cut into windows.
    `elapsed_s` goes on in every stage, so that work without a count is seen to go on as well.
    """

    stage: IngestionStage = "waiting"
    pages_done: int = 0
    pages_total: int = 0
    windows_done: int = 0
    windows_total: int = 0
    elapsed_s: int = 0


class Ingestion(WireObject):
    """The ingestion job of a file, stored with it. `claim` names the lease of a worker; None while the file waits."""

    urgent: bool = False
    claim: str | None = None
    leased_until: int = 0
    num_claims: int = 0  # since the last failure: more than one means that the work was interrupted
    num_failures: int = 0
    not_before: int = 0  # a file whose last try failed waits until then


class VectorStoreFile(StoredObject):
    """Contract §2.6: a file in a store. The same file may be in many stores, so `id` is made of both ids.

    `localassist` is an extension, its progress: it is sent while the file is being ingested.
    """

    id_prefix: ClassVar[str] = "file-"
    kind: ClassVar[str] = "file"
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"localassist"})

    id: str
    file_id: str
    object: Literal["vector_store.file"] = "vector_store.file"
    usage_bytes: int = 0
    created_at: int
    vector_store_id: str
    status: FileStatus = "in_progress"
    last_error: FileError | None = None
    chunking_strategy: ChunkingStrategy = ChunkingStrategy()
    attributes: Attributes = {}
    batch_id: str | None = None
    filename: str = ""
    ingestion: Ingestion | None = None
    localassist: Progress | None = None

    @staticmethod
    def key(vector_store_id: str, file_id: str) -> str:
        """The `id` of a file in a store."""
        return f"{vector_store_id}.{file_id}"

    @property
    def work(self) -> str | None:
        """Where the file stands in the queue of the ingestion; None when there is nothing to do."""
        if self.ingestion is None:
            return None
        if self.ingestion.claim is not None:
            return "leased"
        if self.ingestion.not_before:
            return "delayed"
        return "urgent" if self.ingestion.urgent else "waiting"

    def wire(self) -> dict[str, Any]:
        data = self.model_dump(mode="json", exclude={"file_id", "batch_id", "filename", "ingestion"})
        return data | {"id": self.file_id}


class FileBatch(StoredObject):
    """Contract §2.6. The counts tell what became of the batch's files, also of those removed since."""

    id_prefix: ClassVar[str] = "vsfb_"
    kind: ClassVar[str] = "file batch"

    id: str
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int
    status: Literal["in_progress", "completed", "cancelled", "failed"] = "in_progress"
    vector_store_id: str
    file_counts: FileCounts = FileCounts()

    def with_counts(self, counts: FileCounts) -> "FileBatch":
        """The batch with other counts; it is completed when nothing is in progress any more."""
        status = self.status
        if status == "in_progress" and not counts.in_progress:
            status = "completed"
        return self.model_copy(update={"file_counts": counts, "status": status})


# --- bodies -------------------------------------------------------------------------------------------------------


def _check_attributes(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if len(value) > 16:
        raise contract_fault(
            "Invalid 'attributes': too many properties. Expected an object with at most 16 properties, "
            f"but got an object with {len(value)} properties instead.",
            code="object_above_max_properties",
        )
    for key, item in value.items():
        _check_attribute(key, item)
    return value


def _check_attribute(key: str, item: Any) -> None:
    if len(key) > 64:
        raise contract_fault(
            f"Invalid property name in 'attributes': '{key[:3]}...{key[-3:]}' is too long. Expected a string with "
            f"maximum length 64, but got a string with length {len(key)} instead.",
            code="property_name_above_max_length",
            suffix=f".{key}",
        )
    if not isinstance(item, str | int | float):
        raise contract_fault(
            f"Invalid type for 'attributes.{key}': expected one of a string, a number or a boolean, "
            f"but got {json_type(item)} instead.",
            code="invalid_type",
            suffix=f".{key}",
        )
    if isinstance(item, str) and len(item) > 512:
        raise contract_fault(
            f"Invalid 'attributes.{key}': string too long. Expected a string with maximum length 512, "
            f"but got a string with length {len(item)} instead.",
            code="string_above_max_length",
            suffix=f".{key}",
        )


AttributesBody = Annotated[dict[str, str | int | float | bool], BeforeValidator(_check_attributes)]


class StoreExpiryBody(RequestBody):
    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class CreateVectorStore(RequestBody):
    """`POST /vector_stores`."""

    name: str | None = None
    description: str | None = None
    file_ids: Annotated[list[str], Field(max_length=500)] | None = None
    expires_after: StoreExpiryBody | None = None
    chunking_strategy: ChunkingBody | None = None
    metadata: Metadata | None = None


class ModifyVectorStore(RequestBody):
    """`POST /vector_stores/{id}`: what is not given stays; null for `expires_after` keeps the store for good."""

    name: str | None = None
    description: str | None = None
    expires_after: StoreExpiryBody | None = None
    metadata: Metadata | None = None


class CreateStoreFile(RequestBody):
    """`POST /vector_stores/{id}/files`, also inside a batch."""

    file_id: str
    chunking_strategy: ChunkingBody | None = None
    attributes: AttributesBody | None = None


class ModifyStoreFile(RequestBody):
    """`POST /vector_stores/{id}/files/{id}`; null takes all attributes away."""

    attributes: AttributesBody | None


class CreateFileBatch(RequestBody):
    """`POST /vector_stores/{id}/file_batches`: either `file_ids`, or `files` with settings of their own."""

    file_ids: Annotated[list[str], Field(min_length=1, max_length=2000)] | None = None
    files: Annotated[list[CreateStoreFile], Field(min_length=1, max_length=2000)] | None = None
    chunking_strategy: ChunkingBody | None = None
    attributes: AttributesBody | None = None

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        if self.file_ids is None and self.files is None:
            raise contract_fault(
                "Missing required parameter: 'file_ids'.", code="missing_required_parameter", suffix="file_ids"
            )
        if self.file_ids is not None and self.files is not None:
            raise contract_fault(
                "Mutually exclusive parameters: 'file_ids' and 'files'. Give one of them.",
                code="mutually_exclusive_parameters",
                suffix="file_ids",
            )
        return self

    def entries(self) -> list[CreateStoreFile]:
        """One entry for each file, whichever form was used; of a repeated file the last entry counts."""
        given = self.files
        if given is None:
            given = [
                CreateStoreFile(file_id=file_id, chunking_strategy=self.chunking_strategy, attributes=self.attributes)
                for file_id in self.file_ids or ()
            ]
        return list({entry.file_id: entry for entry in given}.values())
