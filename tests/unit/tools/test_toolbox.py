"""Calls by name: concurrent, in order, and failures told in words."""

import asyncio
import threading

import pytest

from localassist.errors import InvalidRequest
from localassist.tools import Toolbox
from localassist.tools.toolbox import CallRequest


def double(n: int) -> int:
    return 2 * n


async def triple(n: int) -> int:
    await asyncio.sleep(0)
    return 3 * n


def fail() -> None:
    raise RuntimeError("the printer is on fire")


CALLS = [CallRequest("double", '{"n": 2}'), CallRequest("triple", '{"n": 2}'), CallRequest("fail", ""),
         CallRequest("nope", "{}"), CallRequest("double", '{"n": "x"}')]  # fmt: skip
OUTPUTS = [
    "4",
    "6",
    "Error: RuntimeError: the printer is on fire",
    "Error: there is no function named 'nope'",
    "Error: invalid arguments for 'double': n: Input should be a valid integer, unable to parse string as an integer",
]


def test_outputs_are_in_the_order_of_the_calls_and_failures_are_text(caplog):
    assert Toolbox([double, triple, fail]).call_all(CALLS) == OUTPUTS
    assert [record.tool for record in caplog.records if record.levelname == "ERROR"] == ["fail"]


def test_the_same_asynchronously():
    assert asyncio.run(Toolbox([double, triple, fail]).call_all_async(CALLS)) == OUTPUTS


def test_the_calls_of_one_turn_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)

    def meet(n: int) -> int:
        meeting.wait()
        return n

    box = Toolbox([meet])
    calls = [CallRequest("meet", '{"n": 1}'), CallRequest("meet", '{"n": 2}')]
    assert box.call_all(calls) == ["1", "2"]
    assert asyncio.run(box.call_all_async(calls)) == ["1", "2"]


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(InvalidRequest):
        Toolbox([double, double])
