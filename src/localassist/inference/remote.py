"""The model backend in a worker process: a crash of native code, or a busy interpreter here, does not touch it."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from localassist.errors import GenerationFailed
from localassist.inference.options import LlamaOptions, OnProgress
from localassist.inference.probe import check_file
from localassist.inference.stream import TokenStream
from localassist.inference.worker_process import WorkerProcess, WorkerStopped
from localassist.protocols import Constraint, GenerationRequest, ModelFacts

logger = logging.getLogger(__name__)


class WorkerBackend:
    """A GGUF model in a process of its own. When that dies, the next request loads the model again.

    `environment` is the whole environment of the process; None: that of this one. Raises ModelLoadFailed.
    """

    def __init__(
        self,
        path: Path,
        options: LlamaOptions | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._path = Path(path)
        self._options = options or LlamaOptions()
        self._environment = environment
        self._lock = threading.Lock()
        self._is_closed = False
        check_file(self._path, self._options)
        self._worker = self._start(on_progress)

    @property
    def facts(self) -> ModelFacts:
        return self._worker.facts

    @property
    def is_ready(self) -> bool:
        return self._worker.is_alive

    def wake(self, on_progress: OnProgress | None = None) -> None:
        self._live_worker(on_progress)

    @property
    def process_id(self) -> int:
        return self._worker.process_id

    def generate(self, request: GenerationRequest) -> TokenStream:
        """Queue a generation at once and return its tokens as they come; closing the stream cancels it."""
        try:
            return self._live_worker().generate(request)
        except WorkerStopped:  # before it took the request, so nothing was begun
            return self._live_worker().generate(request)

    def check(self, constraint: Constraint) -> None:
        self._live_worker().ask("check", grammar=constraint.grammar)

    def count_tokens(self, prompt: str) -> int:
        return int(self._live_worker().ask("count_tokens", prompt=prompt))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._worker.close()

    def _live_worker(self, on_progress: OnProgress | None = None) -> WorkerProcess:
        """The worker; a new one when the last died."""
        with self._lock:
            if self._is_closed:
                raise GenerationFailed("The model is closed.")
            if not self._worker.is_alive:
                logger.warning("the inference process of %s stopped; loading the model again", self._path)
                self._worker.close()
                self._worker = self._start(on_progress)
            return self._worker

    def _start(self, on_progress: OnProgress | None = None) -> WorkerProcess:
        return WorkerProcess(self._path, self._options, environment=self._environment, on_progress=on_progress)
