"""Rates shared by several processes through a real Redis; here each process is played by clients of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from probewright.errors import LimiterLost
from probewright.targets.pace import Pace, RateLimits
from probewright.targets.redis_rates import RedisRates
from tests.servers import Server, valkey

ACCOUNTS = (f"account {number}" for number in count())


@asynccontextmanager
async def rates(url: str, patience_s: float = 5.0) -> AsyncIterator[RedisRates]:
    opened = RedisRates(url, patience_s)
    try:
        yield opened
    finally:
        await opened.close()


async def turns_within(seconds: float, paces: list[Pace], callers: int = 8) -> int:
    taken = 0

    async def call(pace: Pace) -> None:
        nonlocal taken
        while True:
            await pace.turn()
            taken += 1

    tasks = [asyncio.create_task(call(pace)) for pace in paces for _ in range(callers)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return taken


def test_two_workers_together_send_no_more_than_one_would(redis: Server) -> None:
    async def scenario() -> int:
        limits, account = RateLimits(rpm=600), next(ACCOUNTS)
        async with rates(redis.url) as first, rates(redis.url) as second:
            started = time.monotonic()
            taken = await turns_within(2.0, [worker.pace(account, limits) for worker in (first, second)])
            seconds = time.monotonic() - started
        assert taken <= 10 * seconds + 10
        return taken

    assert asyncio.run(scenario()) > 15


def test_accounts_do_not_share_their_rate(redis: Server) -> None:
    async def scenario() -> int:
        async with rates(redis.url) as shared:
            return await turns_within(0.3, [shared.pace(next(ACCOUNTS), RateLimits(rpm=1)) for _ in range(3)])

    assert asyncio.run(scenario()) == 3


def test_callers_of_one_process_go_in_the_order_in_which_they_came(redis: Server) -> None:
    async def scenario() -> list[int]:
        order = list[int]()
        async with rates(redis.url) as shared:
            pace = shared.pace(next(ACCOUNTS), RateLimits(rpm=6000))

            async def call(number: int) -> None:
                await pace.turn()
                order.append(number)

            await asyncio.gather(*(call(number) for number in range(150)))
        return order

    assert asyncio.run(scenario()) == list(range(150))


def test_a_cancelled_caller_uses_up_no_turn(redis: Server) -> None:
    async def scenario() -> float:
        async with rates(redis.url) as shared:
            pace = shared.pace(next(ACCOUNTS), RateLimits(rpm=60))
            for pause_s in (0.0, 0.0005, 0.001, 0.002, 0.0):  # before, while and after Redis is asked
                call = asyncio.create_task(pace.turn())
                await asyncio.sleep(pause_s)
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
                if not call.cancelled():
                    await asyncio.sleep(1.05)  # it had its turn already
            await asyncio.sleep(0.1)
            started = time.monotonic()
            await pace.turn()
            return time.monotonic() - started

    assert asyncio.run(scenario()) < 0.5


def test_tokens_are_reserved_and_given_back(redis: Server) -> None:
    async def scenario() -> tuple[float, float]:
        async with rates(redis.url) as first, rates(redis.url) as second:
            account, limits = next(ACCOUNTS), RateLimits(tpm=60_000)
            here, there = first.pace(account, limits), second.pace(account, limits)
            started = time.monotonic()
            for _ in range(10):
                await here.turn(6000)
                await here.used(6000, 10)
            given_back_s = time.monotonic() - started
            await here.turn(6000)
            started = time.monotonic()
            await there.turn(600)
            return given_back_s, time.monotonic() - started

    given_back_s, reserved_s = asyncio.run(scenario())
    assert given_back_s < 3  # without it, 54,000 tokens at 900 a second take a minute
    assert reserved_s > 0.5


def test_nothing_is_sent_while_redis_is_away_and_work_goes_on_when_it_is_back() -> None:
    async def scenario(server: Server) -> bool:
        async with rates(server.url, patience_s=30) as shared:
            pace = shared.pace("one", RateLimits(rpm=60_000))
            await pace.turn()
            server.kill()
            waiting = asyncio.create_task(pace.turn())
            done, _ = await asyncio.wait([waiting], timeout=0.5)
            await asyncio.to_thread(server.start)
            await asyncio.wait_for(waiting, 10)
            return not done

    with valkey() as server:
        assert asyncio.run(scenario(server))


def test_a_redis_that_stays_away_is_one_clear_error() -> None:
    async def scenario(server: Server) -> None:
        async with rates(server.url, patience_s=0.3) as shared:
            pace = shared.pace("one", RateLimits(rpm=60_000))
            await pace.turn()
            server.kill()
            await pace.turn()

    with valkey() as server, pytest.raises(LimiterLost, match="PROBEWRIGHT_REDIS_URL") as caught:
        asyncio.run(scenario(server))
    assert "\n" not in str(caught.value)
