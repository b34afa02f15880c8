"""Calls an application without a network: one blocking call each, JSON in and out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.access import Access
from localassist.http.app import create_app
from localassist.http.inprocess import BlockingExchange, Call, LoopThread
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import ScriptedModel, Turn

BETA = {"openai-beta": "assistants=v2"}
TIMEOUT_S = 20


def open_engine(*turns: Turn, **settings: Any) -> Engine:
    config = Config(data_dir=":memory:", **settings)
    return Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=ScriptedModel(*turns))


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]

    @property
    def events(self) -> list[tuple[str, str]]:
        frames = [block.split("\n") for block in self.body.decode().strip().split("\n\n")]
        return [(frame[0].removeprefix("event: "), frame[1].removeprefix("data: ")) for frame in frames]


class Api:
    """An application over an engine, as callers see it."""

    def __init__(self, engine: Engine, access: Access | None = None) -> None:
        self.engine = engine
        self.app = create_app(engine, access or Access(in_process=True))
        self._thread = LoopThread()

    def call(
        self,
        method: str,
        path: str,
        json_body: Any = None,
        *,
        content: bytes | Iterator[bytes] = b"",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        exchange = self.begin(method, path, json_body, content=content, headers=headers)
        answer = exchange.begin(TIMEOUT_S)
        named = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
        return Reply(answer.status, named, b"".join(exchange.chunks(TIMEOUT_S)))

    def begin(
        self,
        method: str,
        path: str,
        json_body: Any = None,
        *,
        content: bytes | Iterator[bytes] = b"",
        headers: dict[str, str] | None = None,
    ) -> BlockingExchange:
        path, _, query = path.partition("?")
        if json_body is not None:
            content = json.dumps(json_body).encode()
        given = [(name.encode(), value.encode()) for name, value in (BETA if headers is None else headers).items()]
        return BlockingExchange(self.app, self._thread.loop(), Call(method, path, query.encode(), given), content)

    def new_run(self, **settings: Any) -> dict[str, Any]:
        """A run on a new thread of a new assistant."""
        assistant = self.call("POST", "/v1/assistants", {"model": "scripted"}).json
        body = {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "hi"}]}}
        return self.call("POST", "/v1/threads/runs", body | settings).json

    def close(self) -> None:
        self.engine.close()
        self.app.state.chat_threads.shutdown()
        self._thread.close()
