"""The reader's end of a generation."""

import queue
from collections import deque
from collections.abc import Callable, Iterator

from localassist.errors import LocalAssistError
from localassist.protocols import Token


class TokenStream(Iterator[Token]):
    """Tokens of one generation, waiting for the next when there is none yet.

    One thread reads; `close` may be called from any, and ends a wait. A stream that nobody refers to any more is
    closed. `put` is for the engine.
    """

    def __init__(self, on_close: Callable[[], None]) -> None:
        self._on_close = on_close
        self._arrivals: queue.SimpleQueue[tuple[list[Token], LocalAssistError | None]] = queue.SimpleQueue()
        self._tokens: deque[Token] = deque()
        self._error: LocalAssistError | None = None
        self._has_ended = False
        self._is_closed = False

    def put(self, tokens: list[Token], error: LocalAssistError | None = None) -> None:
        """Add tokens, and the error that comes after them."""
        self._arrivals.put((tokens, error))

    def __next__(self) -> Token:
        while not self._tokens and not self._is_closed and not self._has_ended:
            if self._error is not None:
                self._has_ended = True
                raise self._error
            tokens, self._error = self._arrivals.get()
            self._tokens.extend(tokens)
        if self._is_closed or not self._tokens:
            raise StopIteration
        token = self._tokens.popleft()
        if token.finish_reason is not None:
            self._has_ended, self._on_close = True, _nothing
        return token

    def close(self) -> None:
        """Stop generating; what was not read is lost."""
        if not self._is_closed:
            self._is_closed = True
            self._arrivals.put(([], None))
            self._cancel()

    def __del__(self) -> None:
        if not self._is_closed:
            self._cancel()

    def _cancel(self) -> None:
        if not self._has_ended:
            self._on_close()
        self._on_close = _nothing  # it may hold much that nobody needs any more


def _nothing() -> None:
    """Closing again does nothing."""
