"""What one command works with: its options, the settings, and a client to a running server or to an engine in here."""

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from localassist.cli.output import Output

if TYPE_CHECKING:
    import openai

    from localassist.cli.api import Api
    from localassist.config import Config


class Session:
    """One run of one command. Left, it closes what it opened."""

    def __init__(self, *, data_dir: str | None, as_json: bool, debug: bool) -> None:
        self.as_json = as_json
        self.debug = debug
        self.out = Output()
        self._data_dir = data_dir
        self._opened = ExitStack()
        self._client: openai.OpenAI | None = None

    def flags(self, **flags: Any) -> dict[str, Any]:
        """The settings given on the command line; None is not given."""
        return {name: value for name, value in {**flags, "data_dir": self._data_dir}.items() if value is not None}

    def config(self, **flags: Any) -> "Config":
        """The settings. Raises InvalidRequest."""
        from localassist.config import load_config

        return load_config(**self.flags(**flags))

    def client(self, **flags: Any) -> "openai.OpenAI":
        """The server that has the data directory, or an engine in this process. Both are the SDK's client.

        It is made once; `flags` are settings for an engine in this process.
        """
        if self._client is None:
            from localassist.cli.connection import connect

            self._client = self._opened.enter_context(connect(self.config(**flags)))
        return self._client

    @cached_property
    def api(self) -> "Api":
        """Plain requests and JSON answers over `client`."""
        from localassist.cli.api import Api

        return Api(self.client())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()
