"""What routes take in: the engine, and the bytes of a JSON body within its limit."""

from typing import Annotated

from fastapi import Depends, Request

from localassist.engine import Engine
from localassist.errors import InvalidRequest

MAX_JSON_BYTES = 64 * 1024 * 1024


async def _engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _body_of(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_JSON_BYTES:
            raise InvalidRequest(f"The request body is too large: at most {MAX_JSON_BYTES} bytes are read.")
        chunks.append(chunk)
    return b"".join(chunks)


EngineOf = Annotated[Engine, Depends(_engine_of)]
Body = Annotated[bytes, Depends(_body_of)]
