"""The bridge into the application: streaming both ways, slow readers, callers that leave, and its end."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localassist.http.inprocess import (
    HIGH_WATER_BYTES,
    Answer,
    AppStopped,
    AsyncExchange,
    BlockingExchange,
    Call,
    Hangup,
    LoopThread,
)

CALL = Call("POST", "/x", b"a=1", [(b"X-Mine", b"1")])
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
TIMEOUT_S = 20
Begin = Callable[..., BlockingExchange]


@pytest.fixture
def begin() -> Iterator[Begin]:
    thread = LoopThread()

    def build(app: ASGIApp, body: bytes | Iterator[bytes] = b"") -> BlockingExchange:
        return BlockingExchange(app, thread.loop(), CALL, body)

    yield build
    thread.close()


async def body_of(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await body_of(receive)
    await send(START)
    await send({"type": "http.response.body", "body": body + scope["query_string"]})


@pytest.mark.parametrize("body", [b"abc", iter([b"a", b"", b"bc"])])
def test_a_body_goes_in_whole_or_in_pieces(begin: Begin, body: bytes | Iterator[bytes]) -> None:
    exchange = begin(echo, body)
    assert exchange.begin(TIMEOUT_S) == Answer(200, [(b"a", b"b")])
    assert b"".join(exchange.chunks(TIMEOUT_S)) == b"abca=1"


def test_header_names_arrive_in_lower_case() -> None:
    assert CALL.scope()["headers"] == [(b"x-mine", b"1")]


def test_a_body_that_fails_tells_the_caller_and_the_application(begin: Begin) -> None:
    heard = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        heard.set()

    def failing() -> Iterator[bytes]:
        yield b"a"
        raise ValueError("the caller's own")

    with pytest.raises(ValueError, match="the caller's own"):
        begin(app, failing()).begin(TIMEOUT_S)
    assert heard.wait(TIMEOUT_S)


def endless(sent: list[int], ended: threading.Event) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            while True:
                sent.append(1)
                await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        except Hangup:
            ended.set()

    return app


def test_a_slow_reader_holds_the_application_back_and_leaving_ends_it(begin: Begin) -> None:
    sent: list[int] = []
    ended = threading.Event()
    exchange = begin(endless(sent, ended))
    exchange.begin(TIMEOUT_S)
    chunks = exchange.chunks(TIMEOUT_S)
    for _ in range(50):
        next(chunks)
    assert len(sent) <= 50 + HIGH_WATER_BYTES // 100_000 + 5
    exchange.hang_up()
    assert ended.wait(TIMEOUT_S)


def test_an_asynchronous_reader_holds_the_application_back_too() -> None:
    async def scenario() -> tuple[int, bool]:
        sent: list[int] = []
        ended = threading.Event()
        exchange = AsyncExchange(endless(sent, ended), CALL, no_body())
        await exchange.begin(TIMEOUT_S)
        chunks = exchange.chunks(TIMEOUT_S)
        for _ in range(50):
            await anext(chunks)
        await exchange.hang_up()
        return len(sent), exchange._task is not None and exchange._task.done()

    num_sent, is_done = asyncio.run(scenario())
    assert num_sent <= 50 + HIGH_WATER_BYTES // 100_000 + 5
    assert is_done


async def no_body() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def test_an_answer_that_does_not_come_is_a_timeout(begin: Begin) -> None:
    with pytest.raises(TimeoutError):
        begin(silent).begin(0.01)


async def half(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


def test_an_answer_that_is_cut_short_is_no_answer(begin: Begin) -> None:
    exchange = begin(half)
    exchange.begin(TIMEOUT_S)
    with pytest.raises(AppStopped):
        list(exchange.chunks(TIMEOUT_S))


def test_closing_the_loop_ends_what_is_in_flight() -> None:
    thread = LoopThread()
    exchange = BlockingExchange(silent, thread.loop(), CALL, b"")
    ending = threading.Timer(0.05, thread.close)
    ending.start()
    with pytest.raises(AppStopped):
        exchange.begin(TIMEOUT_S)
    ending.join()
    with pytest.raises(AppStopped):
        thread.loop()
    thread.close()
