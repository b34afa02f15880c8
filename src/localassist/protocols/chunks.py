"""What file search stores, and how it gets there: texts, chunks, windows with their vectors, full text, the outbox.

A *chunk* is what a search returns. A *window* is what is embedded: a stretch of the text that the embedding model can
read whole, far shorter than a chunk. Windows cover a text once, whatever its chunks, so equal texts share them.
Offsets are in characters (code points) of the extracted text, `end` exclusive. Vectors cross these seams as bytes:
little-endian float32, one row of `dimensions` per window, each of length 1.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text as extracted, and what is known of its structure.

    `page_starts[i]` is the offset at which page i + 1 begins (the first is 0); empty where the file has no pages.
    `headings` are (offset, title), in order. `has_lines` says that line numbers of the text are those of the file.
    """

    text: str
    page_starts: tuple[int, ...] = ()
    headings: tuple[tuple[int, str], ...] = ()
    has_lines: bool = False


@dataclass(frozen=True, slots=True)
class ChunkingStrategy:
    """The contract's static strategy, in the fixed tokens of `retrieval.tokens`; the defaults are those of `auto`."""

    max_chunk_size_tokens: int = 800
    chunk_overlap_tokens: int = 400


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: `text` is the source's `text[start:end]`. Pages and lines count from 1 and include the last."""

    start: int
    end: int
    text: str
    page: int | None = None
    last_page: int | None = None
    line: int | None = None
    last_line: int | None = None
    heading: str | None = None


class TextKey(NamedTuple):
    """Which windows: of a text cut in one way (this sha256 is of both), by the embedder with this fingerprint."""

    text_sha256: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WindowBlock:
    """Consecutive windows of a text. `first` is the number of the first one, counted from 0."""

    first: int
    starts: Sequence[int]
    ends: Sequence[int]
    vectors: bytes


@dataclass(frozen=True, slots=True)
class FilePassages:
    """All that makes a file searchable in a vector store. Its windows must have been staged under `key`.

    `key` is None for a file that is searched by its words only. `page_starts` is the source's.
    """

    store_id: str
    file_id: str
    file_name: str
    chunks: Sequence[Chunk]
    key: TextKey | None = None
    num_windows: int = 0
    page_starts: Sequence[int] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A searchable file. `number` is new with every `put`: it is the generation. Chunk ids are consecutive."""

    number: int
    store_id: str
    file_id: str
    file_name: str
    attributes: Mapping[str, Any]
    key: TextKey | None
    num_windows: int
    first_chunk_id: int
    num_chunks: int
    size_bytes: int
    page_starts: Sequence[int]
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk by its id, and the file it belongs to."""

    id: int
    file: StoredFile
    chunk: Chunk


class TextHit(NamedTuple):
    """A chunk that matches words, and its BM25 score (higher is better, no upper bound)."""

    chunk_id: int
    score: float


class ChunkSpan(NamedTuple):
    """A chunk without its text."""

    id: int
    start: int
    end: int


class RemovedFile(NamedTuple):
    """A generation that is gone from the truth and not yet from the index."""

    store_id: str
    number: int
    num_windows: int


class ChunkCounts(NamedTuple):
    """What a vector store holds. `size_bytes` is text and vectors (`usage_bytes` of the contract)."""

    num_files: int
    num_chunks: int
    num_windows: int
    size_bytes: int


class ChunkStore(Protocol):
    """The store of record of file search. Every write is durable when the call returns; calls inside
    `Store.transaction()` join it. Methods may be called from any thread.
    """

    # --- ingestion ---

    def staged(self, key: TextKey) -> int:
        """How many windows of the text are there already, counted from the first without a gap."""

    def stage(self, key: TextKey, block: WindowBlock) -> None:
        """Keep windows until a file uses them. Staging the same block again changes nothing."""

    def put(self, passages: FilePassages) -> StoredFile:
        """Make a file searchable, in one transaction; takes the place of what the file had in this vector store.

        Raises Conflict when not all its windows are staged (another file with the same text was deleted meanwhile):
        stage them again.
        """

    def remove(self, store_id: str, file_id: str) -> bool:
        """Forget a file of a vector store; windows that no file uses go as well."""

    def remove_store(self, store_id: str) -> None: ...

    def replace_windows(self, file_number: int, key: TextKey, num_windows: int) -> bool:
        """Give a file other windows, which must have been staged; False when that generation is gone."""

    def set_attributes(self, store_id: str, file_id: str, attributes: Mapping[str, Any]) -> bool:
        """The attributes that filters see from now on; False when the file is not searchable (yet)."""

    def discard_unused(self, *, keep: Collection[str] = ()) -> int:
        """Delete staged windows no file uses, but for texts with these sha256 sums; returns how many blocks."""

    # --- reading ---

    def version(self, store_id: str) -> int:
        """Changes with every change of what `files` returns; 0 for a store that never had a file."""

    def counts(self, store_id: str) -> ChunkCounts: ...

    def store_ids(self) -> list[str]:
        """Vector stores that hold searchable files."""

    def files(self, store_id: str) -> list[StoredFile]:
        """In the order they became searchable."""

    def chunks_of(self, store_id: str, file_id: str) -> list[Chunk]:
        """A file's chunks in order; empty when it is not searchable."""

    def spans(self, file_number: int) -> list[ChunkSpan]:
        """A file's chunks without text, in order."""

    def fetch(self, chunk_ids: Collection[int]) -> dict[int, StoredChunk]:
        """Chunks by id; those that are gone are left out."""

    def windows(self, key: TextKey) -> Iterator[WindowBlock]:
        """In order."""

    def window_starts(self, key: TextKey) -> Sequence[int]:
        """Where each window of a text begins, in order, without reading its vectors."""

    def match_words(
        self, store_id: str, query: str, *, limit: int, file_numbers: Collection[int] | None = None
    ) -> list[TextHit]:
        """Chunks of a store, or of some files in it, that hold any telling word of the query, best first."""

    # --- what the index still has to do ---

    def unindexed(self, store_id: str) -> list[StoredFile]: ...

    def mark_indexed(self, file_numbers: Collection[int]) -> None: ...

    def mark_unindexed(self, store_id: str) -> None:
        """Everything of this store has to be indexed again."""

    def removed(self) -> list[RemovedFile]: ...

    def forget_removed(self, file_numbers: Collection[int]) -> None: ...

    def rebuild_words(self) -> None:
        """Write the full-text index again from the chunks."""


class Embedder(Protocol):
    """Turns text into vectors. The model is loaded at the first use of anything but `name`, which may take seconds.

    Methods may be called from any thread and raise RetrievalFailed when the model cannot be used.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Differs whenever vectors must not be compared, or windows would be cut elsewhere."""

    @property
    def max_tokens(self) -> int:
        """The most tokens of one text that are read."""

    def embed_passages(self, texts: Sequence[str]) -> bytes: ...

    def embed_queries(self, texts: Sequence[str]) -> bytes: ...

    def token_starts(self, text: str) -> Sequence[int]:
        """Offset of every token of the model in the text (estimated where the model cannot tell)."""

    def can_read(self, text: str) -> bool:
        """Whether the model knows the language of a text well enough for its vectors to mean anything."""

    def unreadable_scripts(self) -> list[str]:
        """Names of the scripts ("Korean", say) in which it can read nothing."""

    def interrupt(self) -> None:
        """Give up loading the model, if that is under way: whoever waits for it gets a RetrievalFailed."""

    def close(self) -> None: ...


class Reranker(Protocol):
    """Judges passages against a query, slowly and well."""

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """From 0 to 1, in the order of the passages."""

    def close(self) -> None: ...


class VectorHit(NamedTuple):
    """A window found by the index: the generation of its file, its number, and the cosine."""

    file_number: int
    window: int
    score: float


class VectorIndex(Protocol):
    """An index over windows, by vector store: an approximation of exact search that can be dropped at any time.

    Raises RetrievalFailed when it cannot be used; whoever calls then searches exactly and rebuilds.
    """

    def add(self, store_id: str, file_number: int, block: WindowBlock) -> None:
        """Adding what is there already changes nothing."""

    def remove(self, store_id: str, file_number: int, num_windows: int) -> None: ...

    def search(self, store_id: str, vector: bytes, limit: int) -> list[VectorHit]:
        """The nearest windows, best first; empty for a store it does not know."""

    def count(self, store_id: str) -> int: ...

    def drop(self, store_id: str) -> None: ...

    def close(self) -> None: ...


IndexState = Literal["not needed", "complete", "incomplete", "damaged", "other model"]


@dataclass(frozen=True, slots=True)
class IndexFinding:
    """What `verify` found about one vector store: a state, and a sentence with the remedy where there is one."""

    store_id: str
    state: IndexState
    num_windows: int
    num_indexed: int
    detail: str


Progress = Callable[[int, int], None]  # windows done, windows in all
