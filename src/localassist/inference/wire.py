"""Messages between an engine and its worker process: JSON objects, each behind its length."""

import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from localassist import errors
from localassist.errors import GenerationFailed, LocalAssistError
from localassist.protocols import Constraint, GenerationRequest, GenerationUsage, ModelFacts, Token

Message = dict[str, Any]

_LENGTH = struct.Struct("!I")
_CHUNK = 1 << 16


class Channel:
    """One end of the connection. Any thread may send; one thread receives."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._send_lock = threading.Lock()
        self._received = bytearray()

    def send(self, message: Message) -> None:
        """Raises OSError when the other end is gone."""
        body = json.dumps(message, separators=(",", ":")).encode()
        data = _LENGTH.pack(len(body)) + body
        with self._send_lock:
            self._socket.sendall(data)

    def receive(self) -> Message | None:
        """The next message, or None when the other end is gone."""
        header = self._take(_LENGTH.size)
        if header is None:
            return None
        body = self._take(_LENGTH.unpack(header)[0])
        return None if body is None else json.loads(body)

    def _take(self, count: int) -> bytes | None:
        while len(self._received) < count:
            try:
                data = self._socket.recv(_CHUNK)
            except OSError:
                return None
            if not data:
                return None
            self._received += data
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def close(self) -> None:
        """End the connection; a `receive` that waits returns None."""
        with suppress(OSError):  # the other end may have been faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def pack_request(request: GenerationRequest) -> Message:
    return asdict(request)


def unpack_request(message: Message) -> GenerationRequest:
    constraint = message["constraint"]
    return GenerationRequest(
        **{**message, "stop": tuple(message["stop"]), "constraint": constraint and Constraint(**constraint)}
    )


def pack_tokens(tokens: list[Token]) -> list[Any]:
    """Texts, and at the end of a generation its outcome."""
    return [
        token.text if token.usage is None else [token.text, token.finish_reason, asdict(token.usage)]
        for token in tokens
    ]


def unpack_tokens(items: list[Any]) -> list[Token]:
    return [
        Token(item) if isinstance(item, str) else Token(item[0], item[1], GenerationUsage(**item[2])) for item in items
    ]


def pack_facts(facts: ModelFacts) -> Message:
    return {**asdict(facts), "special_tokens": sorted(facts.special_tokens), "metadata": dict(facts.metadata)}


def unpack_facts(message: Message) -> ModelFacts:
    return ModelFacts(**{**message, "special_tokens": frozenset(message["special_tokens"])})


def pack_error(error: LocalAssistError) -> Message:
    return {"kind": type(error).__name__, "message": error.message}


def unpack_error(message: Message) -> LocalAssistError:
    """An error of the same class; only classes of `localassist.errors` can come over the wire."""
    kind = getattr(errors, message["kind"], None)
    if not (isinstance(kind, type) and issubclass(kind, LocalAssistError)):
        kind = GenerationFailed
    return kind(message["message"])
