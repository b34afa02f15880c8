"""Two hundred streams that wait leave the server free to answer, and all of them end as they should."""

import asyncio
from collections.abc import Iterator

import openai
import pytest

from localassist import AsyncLocalAssist
from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve_in_thread
from localassist.protocols import TextPiece
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import SCRIPTED_MODEL, Hold, ScriptedModel, Turn
from tests.conformance.driver import KEY, OPTIONS

NUM_STREAMS = 200


@pytest.fixture
def hold() -> Hold:
    return Hold()


@pytest.fixture
def held_engine(hold: Hold) -> Iterator[Engine]:
    """One run at a time, and the first one waits: all the others are queued behind it."""
    config = Config(data_dir=":memory:", max_concurrent_runs=1)
    model = ScriptedModel(Turn(hold, TextPiece("first")))
    with Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=model) as engine:
        yield engine


async def drive(client: openai.AsyncOpenAI, hold: Hold) -> list[str]:
    """Open the streams, work beside them, then let the runs go; the last event of each stream."""
    assistant = await client.beta.assistants.create(model=SCRIPTED_MODEL)
    num_open = 0
    all_open = asyncio.Event()

    async def follow() -> str:
        nonlocal num_open
        thread = {"messages": [{"role": "user", "content": "hi"}]}
        stream = await client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread, stream=True)
        last = ""
        async for event in stream:
            last = event.event
            if last == "thread.run.queued":
                num_open += 1
                if num_open == NUM_STREAMS:
                    all_open.set()
        return last

    followers = [asyncio.create_task(follow()) for _ in range(NUM_STREAMS)]
    await all_open.wait()
    assert hold.reached.is_set() or await asyncio.to_thread(hold.reached.wait)
    for _ in range(20):  # while all of them wait
        assert (await client.beta.assistants.retrieve(assistant.id)).id == assistant.id
    thread = await client.beta.threads.create()
    await client.beta.threads.messages.create(thread.id, role="user", content="still there?")
    assert not any(follower.done() for follower in followers)
    hold.released.set()
    return await asyncio.gather(*followers)


def test_over_http(held_engine: Engine, hold: Hold) -> None:
    async def main(url: str) -> list[str]:
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, **OPTIONS) as client:
            return await drive(client, hold)

    with serve_in_thread(held_engine) as url:
        assert set(asyncio.run(main(url))) == {"thread.run.completed"}


def test_in_process(held_engine: Engine, hold: Hold) -> None:
    async def main() -> list[str]:
        async with AsyncLocalAssist(engine=held_engine, **OPTIONS) as client:
            return await drive(client, hold)

    assert set(asyncio.run(main())) == {"thread.run.completed"}
