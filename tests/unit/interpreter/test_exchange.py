"""Requests to a kernel and what comes back, without one."""

import asyncio

from localassist.interpreter.exchange import Exchange, Exchanges, KernelMessage

BUSY_FOR_S = 0.1


def test_a_kernel_slower_than_the_first_wait_is_greeted_in_the_end() -> None:
    """Each question is answered late: with a patience that does not grow, no answer would ever be in time."""

    async def greet() -> int:
        exchanges, loop, asked = Exchanges(), asyncio.get_running_loop(), []

        def ask() -> Exchange:
            exchange = exchanges.begin(str(len(asked)), lambda _: None)
            asked.append(exchange)
            loop.call_later(BUSY_FOR_S, answer, exchange)
            return exchange

        def answer(exchange: Exchange) -> None:
            exchange.receive(KernelMessage("status", {"execution_state": "idle"}))
            exchange.reply({})

        assert await exchanges.greet(ask, loop.create_future(), patience_s=BUSY_FOR_S / 8)
        return len(asked)

    assert asyncio.run(greet()) > 1


def test_nobody_is_greeted_who_has_died() -> None:
    async def greet() -> bool:
        exchanges, died = Exchanges(), asyncio.get_running_loop().create_future()
        died.set_result("its process ended")
        return await exchanges.greet(lambda: exchanges.begin("1", lambda _: None), died, patience_s=60)

    assert not asyncio.run(greet())
