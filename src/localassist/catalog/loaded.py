"""The models in memory: loaded at first use, kept while in use, unloaded when idle or when another needs the room."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from localassist.errors import GenerationFailed, NotEnoughMemory
from localassist.objects.models import ModelState
from localassist.protocols import Cancellation, LoadedModel

logger = logging.getLogger(__name__)

OnProgress = Callable[[float], None]


class _Slot:
    """One model by name. `lock` is held while it loads or unloads; the counts are guarded by the owner's lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.model: LoadedModel | None = None
        self.num_users = 0
        self.used_at = 0.0
        self.loaded_share: float | None = None  # while it loads

    @property
    def is_ready(self) -> bool:
        """Whether it can be used without waiting: it is loaded, and was not lost since."""
        model = self.model
        return model is not None and model.backend.is_ready


class LoadedModels:
    """Leases loaded models. `load` turns a name into one; `idle_timeout_s` None keeps idle models for ever."""

    def __init__(self, load: Callable[[str, OnProgress | None], LoadedModel], *, idle_timeout_s: float | None) -> None:
        self._load = load
        self._idle_timeout_s = idle_timeout_s
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._timer: threading.Timer | None = None
        self._is_closed = False

    @contextmanager
    def use(
        self, name: str, *, on_progress: OnProgress | None = None, cancellation: Cancellation | None = None
    ) -> Iterator[LoadedModel]:
        """The model, loaded now if it is not; it stays loaded while the context is open. Raises ModelLoadFailed.

        Cancelled while it loads, raises GenerationFailed at once; the model is there for whoever comes next.
        """
        with self._lock:
            slot = self._slots.setdefault(name, _Slot())
            slot.num_users += 1
        try:
            if cancellation is None or slot.is_ready:
                yield self._opened(name, slot, on_progress)
            else:
                yield self._opened_unless_cancelled(name, slot, on_progress, cancellation)
        finally:
            with self._lock:
                slot.num_users -= 1
                slot.used_at = time.monotonic()
            self._watch_idle()

    def state(self, name: str) -> ModelState:
        """Whether a model is in memory, and while it loads, how much of it."""
        with self._lock:
            slot = self._slots.get(name)
        if slot is None:
            return ModelState(status="available")
        share = slot.loaded_share
        if share is not None:
            return ModelState(status="loading", progress=share)
        return ModelState(status="loaded" if slot.is_ready else "available")

    def close(self) -> None:
        """Unload everything. Whoever still uses a model sees its generations fail."""
        with self._lock:
            self._is_closed = True
            timer, self._timer = self._timer, None
            slots = list(self._slots.values())
        if timer is not None:
            timer.cancel()
            timer.join()
        for slot in slots:
            with slot.lock:
                self._unload(slot)

    def _opened(self, name: str, slot: _Slot, on_progress: OnProgress | None) -> LoadedModel:
        def report(share: float) -> None:
            slot.loaded_share = round(share, 2)
            if on_progress is not None:
                on_progress(share)

        with slot.lock:
            try:
                if slot.model is None:
                    slot.loaded_share = 0.0
                    slot.model = self._loaded(name, report)
                elif not slot.is_ready:
                    slot.loaded_share = 0.0
                    slot.model.backend.wake(report)
            finally:
                slot.loaded_share = None
            return slot.model

    def _opened_unless_cancelled(
        self, name: str, slot: _Slot, on_progress: OnProgress | None, cancellation: Cancellation
    ) -> LoadedModel:
        loader = ThreadPoolExecutor(1, thread_name_prefix=f"load {name}")
        opened = loader.submit(self._opened, name, slot, on_progress)
        loader.shutdown(wait=False)
        is_over = threading.Event()
        opened.add_done_callback(lambda _: is_over.set())
        cancellation.subscribe(is_over.set)
        is_over.wait()
        if not opened.done():
            raise GenerationFailed(f"The wait for the model {name} to load was cancelled.")
        return opened.result()

    def _loaded(self, name: str, on_progress: OnProgress | None) -> LoadedModel:
        began = time.monotonic()
        logger.info("loading the model %s", name, extra={"action": "model_loading"})
        try:
            model = self._load(name, on_progress)
        except NotEnoughMemory:
            if not self.unload_idle(older_than_s=0.0):
                raise
            model = self._load(name, on_progress)
        logger.info("loaded the model %s in %.1f s", name, time.monotonic() - began, extra={"action": "model_loaded"})
        return model

    def unload_idle(self, *, older_than_s: float) -> int:
        """Unload the models nobody has used for that long; returns how many."""
        now = time.monotonic()
        with self._lock:
            idle = [
                (name, slot)
                for name, slot in self._slots.items()
                if slot.model is not None and slot.num_users == 0 and now - slot.used_at >= older_than_s
            ]
        return sum(self._unload_if_idle(name, slot) for name, slot in idle)

    def _unload_if_idle(self, name: str, slot: _Slot) -> bool:
        with slot.lock:
            with self._lock:
                if slot.num_users:
                    return False
            logger.info("unloading the idle model %s", name, extra={"action": "model_unloaded"})
            return self._unload(slot)

    def _unload(self, slot: _Slot) -> bool:
        model, slot.model = slot.model, None
        if model is not None:
            model.backend.close()
        return model is not None

    def _watch_idle(self) -> None:
        """Look again when the model used last has been idle for long enough."""
        if self._idle_timeout_s is None:
            return
        with self._lock:
            if self._timer is None and not self._is_closed:
                self._timer = threading.Timer(self._idle_timeout_s, self._on_timer)
                self._timer.daemon = True
                self._timer.start()

    def _on_timer(self) -> None:
        assert self._idle_timeout_s is not None
        with self._lock:
            self._timer = None
        self.unload_idle(older_than_s=self._idle_timeout_s)
        with self._lock:
            is_something_loaded = any(slot.model is not None for slot in self._slots.values())
        if is_something_loaded:
            self._watch_idle()
