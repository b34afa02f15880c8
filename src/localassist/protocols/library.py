"""Models by name: what exists, and loading on demand."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from localassist.objects.models import Model
from localassist.protocols.cancellation import Cancellation
from localassist.protocols.dialect import Dialect
from localassist.protocols.generation import ModelBackend


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready for use."""

    backend: ModelBackend
    dialect: Dialect


class ModelLibrary(Protocol):
    """Names to models: what exists, what a requested name stands for, and loading on demand."""

    def resolve(self, requested: str, *, param: str = "model") -> str:
        """The name of the model that serves `requested`. Raises InvalidRequest (`model_not_found`)."""

    def use(
        self,
        name: str,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> AbstractContextManager[LoadedModel]:
        """The model, loaded if it is not; it stays loaded while the context is open. Raises ModelLoadFailed.

        `on_progress` is called while it loads, with how much is there, from 0 to 1. Cancelled while it loads, raises
        GenerationFailed at once.
        """

    def dialect(self, name: str) -> Dialect:
        """How a model writes, read off its file, without loading it. Raises ModelLoadFailed."""

    def models(self) -> Sequence[Model]: ...

    def close(self) -> None: ...


class TokenCount(NamedTuple):
    """Tokens of a text, the model's own marks included, and how many of them stand for something it does not know."""

    total: int
    unknown: int


class EmbeddingModel(Protocol):
    """A loaded model that embeds."""

    @property
    def max_tokens(self) -> int:
        """The longest text it reads."""

    def count_tokens(self, text: str) -> TokenCount: ...

    def embed(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        """One normalised vector per text, and how many tokens were read. Raises InvalidRequest for a text too long."""

    def close(self) -> None: ...
