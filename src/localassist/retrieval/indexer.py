"""Keeps the index as the store of record says, on a thread of its own: what it still has to do is in the database."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from localassist.errors import LocalAssistError, RetrievalFailed
from localassist.protocols import ChunkStore, IndexFinding, StoredFile, VectorIndex
from localassist.retrieval.nearest import NearestChunks

logger = logging.getLogger(__name__)


class OpenedIndex(VectorIndex, Protocol):
    """An index that says what it holds."""

    was_wiped: bool

    def store_ids(self) -> list[str]: ...


class Indexer:
    """Opens the index when the first store needs one, and brings it up to date whenever it is told of a change.

    Until the index is open and complete searches are exact, so a failure here costs speed, never a result.
    """

    def __init__(self, chunks: ChunkStore, nearest: NearestChunks, open_index: Callable[[], OpenedIndex]) -> None:
        self._chunks = chunks
        self._nearest = nearest
        self._open_index = open_index
        self._index: OpenedIndex | None = None
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._work = threading.Lock()  # held while the index is written
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()
        self.notify()

    def notify(self) -> None:
        """Something was put or removed."""
        self._changed.set()

    def close(self) -> None:
        self._closing.set()
        self._changed.set()
        self._thread.join()
        with self._work:
            self._nearest.use_index(None)
            if self._index is not None:
                self._index.close()
                self._index = None

    def catch_up(self) -> None:
        """Do now, on this thread, what is to be done. Raises RetrievalFailed."""
        with self._work:
            stores = {store_id: self._indexed_files(store_id) for store_id in self._chunks.store_ids()}
            if self._index is None and not any(map(self._nearest.needs_index, stores.values())):
                self._chunks.forget_removed([gone.number for gone in self._chunks.removed()])
                return
            index = self._opened()
            self._remove_gone(index, stores)
            for store_id, files in stores.items():
                if self._nearest.needs_index(files):
                    self._add_waiting(index, store_id, files)

    def rebuild(self, store_ids: Sequence[str]) -> None:
        """Drop what the index holds of some stores and add it again."""
        with self._work:
            if self._index is not None:
                for store_id in store_ids:
                    self._index.drop(store_id)
            for store_id in store_ids:
                self._chunks.mark_unindexed(store_id)
        self.catch_up()

    def findings(self) -> list[IndexFinding]:
        with self._work:
            return [self._finding(store_id) for store_id in self._chunks.store_ids()]

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            self._changed.wait()
            self._changed.clear()
            if self._closing.is_set():
                return
            try:
                self._catch_up_or_start_over()
            except LocalAssistError as exc:
                logger.error("%s Searches are exact until then.", exc, extra={"action": "index_failed"})

    def _catch_up_or_start_over(self) -> None:
        """An index that fails is dropped once and made again."""
        try:
            self.catch_up()
        except RetrievalFailed as exc:
            logger.warning("%s It is made again now.", exc, extra={"action": "index_rebuild"})
            self.rebuild(self._chunks.store_ids())

    # --- the work -------------------------------------------------------------------------------------------------

    def _indexed_files(self, store_id: str) -> list[StoredFile]:
        return self._nearest.comparable(self._nearest.files(store_id))

    def _opened(self) -> OpenedIndex:
        if self._index is None:
            index = self._open_index()
            if index.was_wiped:
                for store_id in self._chunks.store_ids():
                    self._chunks.mark_unindexed(store_id)
            self._index = index
            self._nearest.use_index(index)
        return self._index

    def _remove_gone(self, index: OpenedIndex, stores: dict[str, list[StoredFile]]) -> None:
        held = index.store_ids()
        for store_id in held:
            if store_id not in stores:
                index.drop(store_id)
        gone = self._chunks.removed()
        for store_id, number, num_windows in gone:
            if store_id in stores and store_id in held:
                index.remove(store_id, number, num_windows)
        self._chunks.forget_removed([removed.number for removed in gone])

    def _add_waiting(self, index: OpenedIndex, store_id: str, files: Sequence[StoredFile]) -> None:
        comparable = {file.number for file in files}
        for file in self._chunks.unindexed(store_id):
            if self._closing.is_set():
                return
            if file.key is None or file.number not in comparable:
                continue
            for block in self._chunks.windows(file.key):
                index.add(store_id, file.number, block)
            self._chunks.mark_indexed([file.number])

    def _finding(self, store_id: str) -> IndexFinding:
        files = self._nearest.files(store_id)
        comparable = self._nearest.comparable(files)
        num_windows = sum(file.num_windows for file in comparable)
        others = sum(file.key is not None for file in files) - len(comparable)
        if others:
            return IndexFinding(
                store_id,
                "other model",
                num_windows,
                0,
                f"{others} files were embedded by another model and are found by their words only; `localassist "
                "index rebuild` embeds them again.",
            )
        if not self._nearest.needs_index(comparable):
            return IndexFinding(store_id, "not needed", num_windows, 0, "Small enough to be searched exactly.")
        try:
            num_indexed = self._opened().count(store_id)
        except RetrievalFailed as exc:
            return IndexFinding(store_id, "damaged", num_windows, 0, exc.message)
        waiting = sum(not file.is_indexed for file in comparable)
        if waiting or num_indexed != num_windows:
            detail = f"{num_indexed} of {num_windows} windows are in the index; {waiting} files wait to be added."
            return IndexFinding(store_id, "incomplete", num_windows, num_indexed, detail)
        return IndexFinding(store_id, "complete", num_windows, num_indexed, "Every window is in the index.")
