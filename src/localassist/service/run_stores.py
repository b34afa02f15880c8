"""Vector stores as a run uses them: noted as used, and given a while to finish reading new files."""

import threading

from localassist.protocols import Cancellation
from localassist.service.vector_stores import VectorStoreService

# How long a run waits for files of its thread's store that are still being read (contract §3.7), and for those attached
# to its assistant in the first version of the API, which gives a program no way to wait for them.
MAX_WAIT_S = 60.0
LOOK_EVERY_S = 0.05


class RunStoreAccess:
    """What `runs.file_search.RunStores` asks for."""

    def __init__(self, stores: VectorStoreService, *, max_wait_s: float = MAX_WAIT_S) -> None:
        self._stores = stores
        self._max_wait_s = max_wait_s

    def open_for_run(self, of_assistant: list[str], of_thread: list[str], cancellation: Cancellation) -> None:
        """Note their use, then wait for the thread's stores, and for urgent files of the assistant's.

        Raises as `VectorStoreService.use` does.
        """
        for store_id in dict.fromkeys([*of_assistant, *of_thread]):
            self._stores.use(store_id)
        cancelled = threading.Event()
        cancellation.subscribe(cancelled.set)
        looks_left = int(self._max_wait_s / LOOK_EVERY_S)
        while looks_left > 0 and self._is_reading(of_assistant, of_thread):
            if cancelled.wait(LOOK_EVERY_S):
                return
            looks_left -= 1

    def _is_reading(self, of_assistant: list[str], of_thread: list[str]) -> bool:
        return any(self._stores.get(one).status == "in_progress" for one in of_thread) or any(
            self._stores.awaits_urgent(one) for one in of_assistant
        )
