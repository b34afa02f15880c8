"""The store of record and the bytes of files."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Generic, Literal, Protocol, TypeVar

from localassist.objects.base import StoredObject
from localassist.objects.runs import Run

ObjectT = TypeVar("ObjectT", bound=StoredObject)
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Page:
    """A cursor page: `after` and `before` are object ids."""

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[ItemT]):
    """One page of objects in the requested order."""

    items: list[ItemT]
    has_more: bool


class Store(Protocol):
    """The store of record. Every write is durable when the call (or the outermost transaction) returns."""

    def transaction(self) -> AbstractContextManager[None]:
        """All reads and writes of this thread inside succeed or fail together. May be nested."""

    def insert(self, item: StoredObject) -> None: ...

    def find(self, kind: type[ObjectT], object_id: str) -> ObjectT | None: ...

    def get(self, kind: type[ObjectT], object_id: str) -> ObjectT:
        """Raises NotFound with the contract's words."""

    def update(self, item: StoredObject, *, only_if_status: Collection[str] | None = None) -> bool:
        """Replace the stored object; False (and nothing written) when its stored status is not among those given.

        Raises NotFound when the object is gone.
        """

    def delete(self, kind: type[StoredObject], object_id: str) -> bool: ...

    def delete_where(self, kind: type[StoredObject], **equals: str) -> int: ...

    def page(self, kind: type[ObjectT], page: Page, **equals: str | Collection[str]) -> Slice[ObjectT]:
        """Objects in order of creation. Filters name indexed columns (thread_id, run_id, status, purpose, …).

        Raises InvalidRequest when a cursor names nothing.
        """

    def all(self, kind: type[ObjectT], **equals: str | Collection[str]) -> list[ObjectT]:
        """Every match, oldest first."""

    def mentioning(self, kind: type[ObjectT], object_id: str) -> list[ObjectT]:
        """Objects whose stored JSON mentions an id, oldest first."""

    def due(self, kind: type[ObjectT], *, at: int) -> list[ObjectT]:
        """Objects whose `expires_at` is not after `at`, oldest first."""

    def claim_run(self, claim: Callable[[Run], Run]) -> Run | None:
        """Take the oldest queued run, replace it by `claim(run)`, return the new one; None when nothing is queued."""

    def close(self) -> None: ...


class BlobStore(Protocol):
    """Bytes of files, by key. Writes are durable and atomic."""

    def write(self, key: str, source: BinaryIO, *, max_bytes: int | None = None) -> int:
        """Copy to the end and return the size in bytes. Raises InvalidRequest over `max_bytes`."""

    def open(self, key: str) -> BinaryIO:
        """Raises StoreFailed naming the key when the bytes are gone."""

    def size(self, key: str) -> int: ...

    def has(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...
