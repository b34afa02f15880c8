"""/chat/completions: generation for clients without assistants, on threads apart so that it starves nothing."""

import asyncio
from collections.abc import Generator
from concurrent.futures import Executor
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request, Response

from localassist.engine import Engine
from localassist.http.bodies import Body, EngineOf
from localassist.http.pump import PumpedFrames
from localassist.http.responses import json_response
from localassist.http.sse import EventStream
from localassist.objects.chat import ChatCompletionBody
from localassist.objects.faults import parse_body
from localassist.protocols import Cancellation

router = APIRouter(prefix="/chat")


@router.post("/completions")
async def complete(request: Request, engine: EngineOf, body: Body) -> Response:
    state, loop = request.app.state, asyncio.get_running_loop()
    wanted = parse_body(ChatCompletionBody, body)
    if not wanted.stream:
        return json_response(await _complete(request, engine, wanted, state.chat_threads))
    frames = await loop.run_in_executor(state.chat_threads, _begin, engine, wanted, state.chat_threads)
    return EventStream(frames, state.streams, keep_alive_s=engine.config.keep_alive_s)


async def _complete(request: Request, engine: Engine, wanted: ChatCompletionBody, threads: Executor) -> dict[str, Any]:
    """The whole answer; a client that goes away stops the generation."""
    cancellation = Cancellation()
    watcher = asyncio.create_task(_cancel_on_disconnect(request, cancellation))
    try:
        work = partial(engine.chat.complete, wanted, cancellation=cancellation)
        return await asyncio.get_running_loop().run_in_executor(threads, work)
    finally:
        watcher.cancel()


async def _cancel_on_disconnect(request: Request, cancellation: Cancellation) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
    cancellation.set("disconnected")


def _begin(engine: Engine, wanted: ChatCompletionBody, threads: Executor) -> PumpedFrames:
    """Take the first chunk: a request that cannot be carried out is an ordinary error, not a stream."""
    chunks = cast("Generator[dict[str, Any]]", engine.chat.stream(wanted))
    return PumpedFrames(next(chunks), chunks, threads)
