"""What one command works with: its options, the settings, and a client to a running server or to an engine in here."""

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from localassist.config import Config


class Session:
    """One run of one command. Left, it closes what it opened."""

    def __init__(self, *, data_dir: str | None, as_json: bool, debug: bool) -> None:
        self.as_json = as_json
        self.debug = debug
        self._data_dir = data_dir
        self._open = ExitStack()

    def config(self, **flags: Any) -> "Config":
        """The settings, with those given on the command line; None is not given."""
        from localassist.config import Config

        given = {name: value for name, value in flags.items() if value is not None}
        if self._data_dir is not None:
            given["data_dir"] = self._data_dir
        return Config(**given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()
