"""Files and uploads."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from localassist.objects.base import RequestBody, StoredObject, WireObject

UPLOAD_PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
# Purposes whose bytes may be downloaded again (contract §1.8).
DOWNLOADABLE = frozenset({"assistants_output", "vision", "batch", "batch_output", "fine-tune", "fine-tune-results"})


class File(StoredObject):
    """Contract §2.7."""

    id_prefix: ClassVar[str] = "file-"
    kind: ClassVar[str] = "file"
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"expires_at", "status_details"})

    object: Literal["file"] = "file"
    id: str
    purpose: str
    filename: str
    bytes: int
    created_at: int
    expires_at: int | None = None
    status: Literal["uploaded", "processed", "error"] = "processed"
    status_details: str | None = None


class FileExpiry(RequestBody):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2592000)]


class Upload(StoredObject):
    """Contract §2.8."""

    id_prefix: ClassVar[str] = "upload_"
    kind: ClassVar[str] = "upload"
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"file"})

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled", "expired"] = "pending"
    expires_at: int
    file: File | None = None
    internal: "UploadInternal"


class UploadInternal(WireObject):
    mime_type: str
    expires_after_s: int | None = None


class UploadPart(StoredObject):
    id_prefix: ClassVar[str] = "part_"
    kind: ClassVar[str] = "upload part"

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


class CreateUpload(RequestBody):
    """`POST /uploads`."""

    filename: Annotated[str, Field(min_length=1)]
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    bytes: Annotated[int, Field(ge=0)]
    mime_type: str
    expires_after: FileExpiry | None = None


class CompleteUpload(RequestBody):
    """`POST /uploads/{id}/complete`."""

    part_ids: Annotated[list[str], Field(min_length=1)]
    md5: str | None = None
