"""The embedder: an encoder that is opened at its first use, and what can be said of it before."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from localassist.retrieval.languages import Languages, Reading
from localassist.retrieval.vectors import Vectors, to_bytes


class TokenReader(Protocol):
    """An embedding model's tokens. `max_tokens` leaves out those the model adds itself."""

    max_tokens: int

    def starts(self, text: str) -> Sequence[int]: ...

    def reading(self, text: str) -> Reading: ...


class Encoder(Protocol):
    """A loaded embedding model."""

    @property
    def tokens(self) -> TokenReader: ...

    def encode(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors: ...

    def close(self) -> None: ...


class LazyEmbedder:
    """Implements `Embedder`. `open_encoder` is called once, by the first thread that needs the model."""

    def __init__(
        self,
        name: str,
        fingerprint: str,
        open_encoder: Callable[[], Encoder],
        *,
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        """`interrupt` makes `open_encoder` raise RetrievalFailed soon, where opening takes long."""
        self._name = name
        self._fingerprint = fingerprint
        self._open = open_encoder
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._dimensions: int | None = None
        self._known: Languages | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        if self._dimensions is None:
            self._dimensions = int(self._opened().encode(["dimensions"]).shape[1])
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return self._opened().tokens.max_tokens

    def embed_passages(self, texts: Sequence[str]) -> bytes:
        """Texts of like length are computed together, so that little is padded."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors = self._opened().encode([texts[place] for place in order])
        in_order = np.empty_like(vectors)
        in_order[order] = vectors
        return to_bytes(in_order)

    def embed_queries(self, texts: Sequence[str]) -> bytes:
        return to_bytes(self._opened().encode(texts, is_query=True))

    def token_starts(self, text: str) -> Sequence[int]:
        return self._opened().tokens.starts(text)

    def can_read(self, text: str) -> bool:
        return self._languages().can_read(text)

    def unreadable_scripts(self) -> list[str]:
        """Names of the scripts the model does not know."""
        return self._languages().unreadable()

    def interrupt(self) -> None:
        self._interrupt()

    def close(self) -> None:
        with self._lock:
            if self._encoder is not None:
                self._encoder.close()

    def _languages(self) -> Languages:
        if self._known is None:
            self._known = Languages(self._opened().tokens.reading)
        return self._known

    def _opened(self) -> Encoder:
        with self._lock:
            if self._encoder is None:
                self._encoder = self._open()
            return self._encoder
