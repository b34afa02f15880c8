"""The model backend of this process: llama.cpp on a thread of its own."""

from pathlib import Path
from weakref import WeakValueDictionary

from localassist.inference.engine_thread import InferenceThread
from localassist.inference.options import LlamaOptions, OnProgress
from localassist.inference.scheduler import Emission
from localassist.inference.sequence import Sequence
from localassist.inference.stream import TokenStream
from localassist.protocols import Constraint, GenerationRequest, ModelFacts


class LlamaBackend:
    """A GGUF model in this process. Raises ModelLoadFailed."""

    def __init__(
        self, path: Path, options: LlamaOptions | None = None, *, on_progress: OnProgress | None = None
    ) -> None:
        self._streams: WeakValueDictionary[Sequence, TokenStream] = WeakValueDictionary()
        self._thread = InferenceThread(Path(path), options or LlamaOptions(), self._deliver, on_progress=on_progress)

    @property
    def facts(self) -> ModelFacts:
        return self._thread.facts

    @property
    def is_ready(self) -> bool:
        return True

    def wake(self, on_progress: OnProgress | None = None) -> None:
        """It is lost only with this process."""

    def generate(self, request: GenerationRequest) -> TokenStream:
        """Queue a generation at once and return its tokens as they come; closing the stream cancels it."""
        sequence = self._thread.prepare(request)
        stream = TokenStream(on_close=lambda: self._cancel(sequence))
        self._streams[sequence] = stream
        self._thread.submit(sequence)
        return stream

    def check(self, constraint: Constraint) -> None:
        self._thread.check(constraint)

    def count_tokens(self, prompt: str) -> int:
        return self._thread.count_tokens(prompt)

    def close(self) -> None:
        self._thread.close()

    def _cancel(self, sequence: Sequence) -> None:
        self._streams.pop(sequence, None)
        if not sequence.is_finished:
            self._thread.cancel(sequence)

    def _deliver(self, emissions: list[Emission]) -> None:
        for emission in emissions:
            stream = self._streams.get(emission.sequence)
            if stream is not None:
                stream.put(emission.tokens, emission.error)
