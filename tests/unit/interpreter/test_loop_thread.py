"""The thread of the kernels' event loop: nobody waits for ever for what it was given."""

import asyncio
import threading

import pytest

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.loop_thread import LoopThread


async def wait_for_ever(begun: threading.Event, ended: list[str]) -> None:
    try:
        begun.set()
        await asyncio.get_running_loop().create_future()
    finally:
        ended.append("cleaned up")


async def say(word: str) -> str:
    return word


def test_what_a_coroutine_returns_or_raises_is_handed_back() -> None:
    thread = LoopThread("test")
    assert thread.run(say("done")) == "done"
    with pytest.raises(ZeroDivisionError):
        thread.run(divide_by_zero())
    thread.close()


async def divide_by_zero() -> float:
    return 1 / 0


def test_winding_up_cuts_short_what_is_under_way_and_says_so() -> None:
    thread, begun, ended = LoopThread("test"), threading.Event(), []
    under_way = thread.submit(wait_for_ever(begun, ended))
    assert begun.wait(60)
    thread.run(thread.wind_up())
    with pytest.raises(InterpreterUnavailable, match="is closed"):
        under_way.result(60)
    assert ended == ["cleaned up"]
    thread.close()


def test_nothing_is_taken_after_the_end() -> None:
    thread = LoopThread("test")
    thread.close()
    with pytest.raises(InterpreterUnavailable, match="is closed"):
        thread.run(say("too late"))
    thread.spawn(say("too late"))


def test_work_that_nobody_waits_for_fails_audibly(caplog: pytest.LogCaptureFixture) -> None:
    thread = LoopThread("test")
    thread.spawn(divide_by_zero())
    thread.run(say("after it"))
    thread.close()
    assert "ZeroDivisionError" in caplog.text
