"""The thread that owns a model's context: everything that touches it goes through the inbox."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from localassist.errors import BackendError, ContextLengthExceeded, GenerationFailed
from localassist.inference.constraint import GrammarCompiler
from localassist.inference.llama import Context, Model
from localassist.inference.options import LlamaOptions, OnProgress
from localassist.inference.sampling import Sampler
from localassist.inference.scheduler import Emission, Scheduler
from localassist.inference.sequence import Sequence
from localassist.inference.text import TextDecoder
from localassist.inference.threads import ThreadPolicy, default_threads
from localassist.inference.vocabulary import Vocabulary
from localassist.protocols import Constraint, GenerationRequest

logger = logging.getLogger(__name__)

Deliver = Callable[[list[Emission]], None]

_GATHERING_S = 0.001  # after each request that finds the engine idle; reading a prompt takes a hundred times as long
_LONGEST_GATHERING_S = 0.005


class _Open(NamedTuple):
    """What any thread may use while the model is open; whoever uses it keeps it alive."""

    vocabulary: Vocabulary
    compiler: GrammarCompiler


class InferenceThread:
    """Runs the scheduler. `deliver` is called on the thread with what each step brought, and must not block."""

    def __init__(
        self, path: Path, options: LlamaOptions, deliver: Deliver, *, on_progress: OnProgress | None = None
    ) -> None:
        self._options = options
        self._deliver = deliver
        model = Model(path, options, on_progress=on_progress)
        threads = options.threads or default_threads()
        self._context = Context(model, options, threads=threads)
        self._scheduler = Scheduler(self._context, options, ThreadPolicy(threads))
        self._open: _Open | None = _Open(model.vocabulary, GrammarCompiler(model.vocabulary))
        self.facts = model.facts()
        self._inbox: queue.SimpleQueue[Sequence | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"inference {path.name}", daemon=True)
        self._thread.start()

    def prepare(self, request: GenerationRequest) -> Sequence:
        """A sequence for a request: tokens, sampler and grammar. Raises ContextLengthExceeded."""
        vocabulary = self._opened().vocabulary
        token_ids = vocabulary.tokenize_prompt(request.prompt)
        window = self.facts.context_window
        if not token_ids:
            raise GenerationFailed("The prompt is empty.")
        if len(token_ids) >= window:
            raise ContextLengthExceeded(
                f"The prompt has {len(token_ids)} tokens, but the context window of {self.facts.name} is "
                f"{window} tokens and the answer needs some of it. Shorten the conversation or set a larger window."
            )
        rest = window - len(token_ids)
        max_tokens = rest if request.max_tokens is None else max(1, min(request.max_tokens, rest))
        return Sequence(
            request=request,
            token_ids=token_ids,
            num_prompt=len(token_ids),
            max_length=len(token_ids) + max_tokens,
            vocabulary=vocabulary,
            sampler=Sampler(request, self._options),
            matcher=None if request.constraint is None else self._opened().compiler.matcher(request.constraint),
            decoder=TextDecoder(request.stop),
        )

    def submit(self, sequence: Sequence) -> None:
        self._opened()
        self._inbox.put(sequence)

    def cancel(self, sequence: Sequence) -> None:
        """From any thread."""
        self._scheduler.cancel(sequence)

    def check(self, constraint: Constraint) -> None:
        """Compile a constraint. Raises InvalidRequest."""
        self._opened().compiler.matcher(constraint)

    def count_tokens(self, prompt: str) -> int:
        return len(self._opened().vocabulary.tokenize_prompt(prompt))

    def close(self) -> None:
        """Stop after the step under way and free the model; generations that run fail."""
        self._open = None
        self._context.set_abort(True)
        self._inbox.put(None)
        self._thread.join()

    def _opened(self) -> "_Open":
        if self._open is None:
            raise GenerationFailed("The model is closed.")
        return self._open

    def _run(self) -> None:
        while self._receive():
            self._deliver_step()
        while not self._inbox.empty():
            late = self._inbox.get()
            if late is not None:
                self._scheduler.submit(late)
        self._deliver(self._scheduler.abandon(GenerationFailed("The model was closed while it generated.")))
        self._context.close()

    def _receive(self) -> bool:
        """Take what is in the inbox, waiting for something when there is nothing to do; False to stop."""
        was_idle = not self._scheduler.has_work
        while not self._inbox.empty() or not self._scheduler.has_work:
            if not self._take(self._inbox.get()):
                return False
        return self._gather() if was_idle else True

    def _gather(self) -> bool:
        """Requests that come together are read together: whoever is first waits a moment for the others."""
        ends_at = time.monotonic() + _LONGEST_GATHERING_S
        while time.monotonic() < ends_at:
            try:
                sequence = self._inbox.get(timeout=_GATHERING_S)
            except queue.Empty:
                return True
            if not self._take(sequence):
                return False
        return True

    def _take(self, sequence: Sequence | None) -> bool:
        if sequence is not None:
            self._scheduler.submit(sequence)
        return sequence is not None

    def _deliver_step(self) -> None:
        """The inference thread's catch-all: whatever a step raises ends the generations it ran, not the thread."""
        try:
            emissions = self._scheduler.step()
        except Exception as error:
            logger.exception("a step of the inference engine failed")
            failure = error if isinstance(error, BackendError) else GenerationFailed(f"The engine failed: {error}")
            emissions = self._scheduler.reset(failure)
        if emissions:
            self._deliver(emissions)
