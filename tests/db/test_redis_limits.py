"""Limits of a run shared by several workers, in a real Redis."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any

import pytest
from redis import Redis

from probewright.campaigns.engine import redis_limits
from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.redis_limits import RedisLimiter
from probewright.errors import LimiterLost, LimitReached
from probewright.protocols import Cost, Limiter
from tests.loopback.running import ROOT
from tests.servers import Server, valkey

RUNS = (f"campaign:{number}" for number in count())
NOTHING = Cost(usd=0.0)
ONE = Cost(1, 100, 0.01)

# Put behind the script: notes the most that was ever spent and reserved together, after every batch of commands.
WATCH = """
local reserved = reserved_by_all()
for unit, amount in pairs(amounts(run)) do
  local most = math.max(tonumber(redis.call('HGET', run .. ':most', unit) or 0), amount + reserved[unit])
  redis.call('HSET', run .. ':most', unit, string.format('%.0f', most))
end
"""
DYING_WORKER = """
import asyncio, sys
from probewright.campaigns.engine.redis_limits import RedisLimiter
from probewright.protocols import Cost

async def main(url, run):
    limiter = await RedisLimiter.open(
        url, run, calls=10, tokens=None, usd=None, spent=Cost(usd=0.0), worker="dying", lease_s=1.0
    )
    for _ in range(8):
        await limiter.reserve(Cost(1, 0, 0.0))
    print("reserved", flush=True)
    await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def worker(
    url: str, run: str, spent: Cost = NOTHING, lease_s: float = 60.0, **most: Any
) -> AsyncIterator[Limiter]:
    limits = {"calls": None, "tokens": None, "usd": None} | most
    limiter = await RedisLimiter.open(url, run, **limits, spent=spent, worker="worker", lease_s=lease_s)
    try:
        yield limiter
    finally:
        await limiter.close()


def keys(server: Server, run: str) -> list[str]:
    with Redis.from_url(server.url, decode_responses=True) as client:
        return sorted(client.scan_iter(match=f"*{run}*"))


def test_what_one_worker_spends_all_of_them_know(redis: Server) -> None:
    async def scenario() -> Cost:
        run = next(RUNS)
        async with worker(redis.url, run, calls=100) as first, worker(redis.url, run, calls=100) as second:
            await first.reserve(ONE)
            await first.settle(ONE, Cost(1, 40, 0.002))
            await second.renew()
            return second.spent

    assert asyncio.run(scenario()) == Cost(1, 40, 0.002)


@pytest.mark.parametrize("limit", [{"calls": 3}, {"tokens": 399}, {"usd": 0.03}])
def test_a_limit_that_is_used_up_says_the_same_as_within_one_process(redis: Server, limit: dict[str, Any]) -> None:
    async def refusal(limiter: Limiter) -> tuple[str, str]:
        for _ in range(3):
            await limiter.reserve(ONE)
            await limiter.settle(ONE, ONE)
        with pytest.raises(LimitReached) as caught:
            await limiter.reserve(ONE)
        return caught.value.limit, str(caught.value)

    async def scenario() -> tuple[tuple[str, str], tuple[str, str]]:
        async with worker(redis.url, next(RUNS), **limit) as shared:
            return await refusal(shared), await refusal(BudgetLimiter(**limit))

    shared, alone = asyncio.run(scenario())
    assert shared == alone


def test_an_unknown_price_is_refused_where_dollars_are_limited_and_counted_where_not(redis: Server) -> None:
    unpriced = Cost(1, 100, None)

    async def scenario() -> Cost:
        async with worker(redis.url, next(RUNS), usd=1.0) as limited:
            with pytest.raises(LimitReached, match="the price of a call is unknown"):
                await limited.reserve(unpriced)
        async with worker(redis.url, next(RUNS), calls=10) as counted:
            await counted.reserve(unpriced)
            await counted.settle(unpriced, unpriced)
            return counted.spent

    assert asyncio.run(scenario()) == unpriced


def test_where_only_a_reservation_stands_in_the_way_it_waits_for_what_that_really_costs(redis: Server) -> None:
    async def scenario() -> None:
        run = next(RUNS)
        async with worker(redis.url, run, tokens=150) as first, worker(redis.url, run, tokens=150) as second:
            await first.reserve(ONE)
            waiting = asyncio.create_task(second.reserve(ONE))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            await first.settle(ONE, Cost(1, 50, 0.0))
            await asyncio.wait_for(waiting, 2)

    asyncio.run(scenario())


def test_a_reservation_that_was_cancelled_while_it_waited_holds_nothing(redis: Server) -> None:
    async def scenario() -> None:
        async with worker(redis.url, next(RUNS), calls=1) as limiter:
            for pause_s in (0.0, 0.0005, 0.001, 0.002):
                asking = asyncio.create_task(limiter.reserve(ONE))
                await asyncio.sleep(pause_s)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                if not asking.cancelled():
                    await limiter.settle(ONE, NOTHING)
            await asyncio.wait_for(limiter.reserve(ONE), 1)

    asyncio.run(scenario())


def test_what_the_store_knows_counts_and_the_larger_number_is_kept(redis: Server) -> None:
    async def scenario() -> list[Cost]:
        run = next(RUNS)
        seen = []
        for spent in (Cost(5, 500, 0.5), Cost(3, 300, 0.3), Cost(7, 700, 0.7)):
            async with worker(redis.url, run, spent, calls=100) as limiter:
                await limiter.renew()
                seen.append(limiter.spent)
        return seen

    assert [cost.calls for cost in asyncio.run(scenario())] == [5, 5, 7]


def test_without_limits_redis_is_not_asked() -> None:
    async def scenario() -> Cost:
        async with worker("redis://127.0.0.1:9/0", "run", Cost(1, 10, 0.1)) as limiter:
            await limiter.reserve(ONE)
            await limiter.settle(ONE, ONE)
            await limiter.renew()
            return limiter.spent

    assert asyncio.run(scenario()) == Cost(2, 110, pytest.approx(0.11))


@pytest.mark.parametrize("seed", range(3))
def test_four_workers_with_64_in_flight_each_never_exceed_a_limit_at_any_moment(
    redis: Server, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    watched = redis_limits.OBEY.replace("return {spent, words}", WATCH + "return {spent, words}")
    assert watched != redis_limits.OBEY
    monkeypatch.setattr(redis_limits, "OBEY", watched)
    random, run = Random(seed), next(RUNS)
    limits = {"calls": 900, "tokens": 60_000, "usd": 0.5}

    async def work(limiter: Limiter) -> None:
        while True:
            worst = Cost(1, random.randint(1, 400), random.randint(0, 4000) / 1e6)
            try:
                await limiter.reserve(worst)
            except LimitReached:
                return
            await asyncio.sleep(random.uniform(0, 0.01))
            share = random.random()
            await limiter.settle(worst, Cost(random.randint(0, 1), int(worst.tokens * share), (worst.usd or 0) * share))

    async def one_worker() -> Cost:
        async with worker(redis.url, run, **limits) as limiter:
            await asyncio.gather(*(work(limiter) for _ in range(64)))
            return limiter.spent

    async def scenario() -> list[Cost]:
        return await asyncio.gather(*(one_worker() for _ in range(4)))

    spent = asyncio.run(scenario())
    with Redis.from_url(redis.url, decode_responses=True) as client:
        most = {unit: int(amount) for unit, amount in client.hgetall(f"{redis_limits.PREFIX}{{{run}}}:most").items()}
    assert most["calls"] <= 900
    assert most["tokens"] <= 60_000
    assert most["nanos"] <= 500_000_000
    last = max(spent, key=lambda cost: cost.tokens)
    # A worst case of 400 tokens or 0.004 dollars was all that could be left.
    assert last.calls == 900 or last.tokens > 59_600 or (last.usd or 0) > 0.496


def test_a_worker_that_is_killed_frees_what_it_reserved_when_its_lease_ends(redis: Server) -> None:
    run = next(RUNS)
    command = [sys.executable, "-c", DYING_WORKER, redis.url, run]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout
        assert dying.stdout.readline() == "reserved\n"

        async def scenario() -> None:
            async with worker(redis.url, run, calls=10) as limiter:
                for _ in range(2):
                    await limiter.reserve(ONE)
                third = asyncio.create_task(limiter.reserve(ONE))
                done, _ = await asyncio.wait([third], timeout=0.1)
                assert not done  # the dead one's reservations still stand
                await asyncio.wait_for(third, 5)

        dying.kill()
        asyncio.run(scenario())


def test_a_renewed_lease_keeps_reservations_and_one_that_ran_out_is_reported(redis: Server) -> None:
    async def scenario() -> Cost:
        run = next(RUNS)
        async with worker(redis.url, run, calls=10, lease_s=0.4) as limiter, worker(redis.url, run, calls=10) as other:
            await limiter.reserve(ONE)
            for _ in range(4):
                await asyncio.sleep(0.2)
                await limiter.renew()
            await asyncio.sleep(0.6)
            with pytest.raises(LimiterLost, match="renew"):
                await limiter.settle(ONE, ONE)
            with pytest.raises(LimiterLost):
                await limiter.reserve(ONE)
            with pytest.raises(LimiterLost):
                await limiter.renew()
            await other.renew()
            return other.spent

    assert asyncio.run(scenario()).calls == 1  # it was spent, whatever became of the reservation


@pytest.mark.parametrize(
    "call",
    [
        lambda limiter: limiter.reserve(ONE),
        lambda limiter: limiter.settle(ONE, ONE),
        lambda limiter: limiter.renew(),
    ],
    ids=["reserve", "settle", "renew"],
)
def test_a_redis_that_forgot_the_run_ends_the_workers_run_even_if_another_has_begun_anew(
    redis: Server, call: Callable[[Limiter], Awaitable[None]]
) -> None:
    async def scenario() -> None:
        run = next(RUNS)
        async with worker(redis.url, run, calls=10) as old:
            await old.reserve(ONE)
            with Redis.from_url(redis.url) as client:
                client.delete(*keys(redis, run))
            async with worker(redis.url, run, calls=10):
                with pytest.raises(LimiterLost, match="join it anew") as caught:
                    await call(old)
        assert "\n" not in str(caught.value)

    asyncio.run(scenario())


def test_a_worker_that_leaves_takes_its_reservations_with_it_and_keys_do_not_stay_for_ever(redis: Server) -> None:
    async def scenario(run: str) -> None:
        async with worker(redis.url, run, calls=1) as first:
            await first.reserve(ONE)
        async with worker(redis.url, run, calls=1) as second:
            await asyncio.wait_for(second.reserve(ONE), 1)

    run = next(RUNS)
    asyncio.run(scenario(run))
    with Redis.from_url(redis.url) as client:
        assert keys(redis, run)
        assert all(0 < client.ttl(key) <= 7 * 86_400 for key in keys(redis, run))


def test_an_interrupted_worker_ends_at_once_and_frees_what_it_reserved(redis: Server) -> None:
    async def scenario() -> None:
        run = next(RUNS)
        async with worker(redis.url, run, calls=10) as other:
            async with worker(redis.url, run, calls=10) as interrupted:
                calls = [asyncio.create_task(interrupted.reserve(ONE)) for _ in range(10)]
                await asyncio.sleep(0.001)
                for task in asyncio.all_tasks() - {asyncio.current_task()}:  # as asyncio.run does on Ctrl-C
                    task.cancel()
                await asyncio.gather(*calls, return_exceptions=True)
            for _ in range(10):
                await asyncio.wait_for(other.reserve(ONE), 2)

    asyncio.run(scenario())


def test_a_worker_leaves_soon_even_if_redis_is_away() -> None:
    async def scenario(server: Server) -> None:
        async with worker(server.url, "run", calls=10) as limiter:
            await limiter.reserve(ONE)
            server.kill()
            await asyncio.wait_for(limiter.close(), 10)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with valkey() as server:
        asyncio.run(scenario(server))


def test_a_killed_redis_is_waited_for_and_then_reported() -> None:
    async def scenario(server: Server) -> None:
        async with worker(server.url, "run", calls=10) as limiter:
            await limiter.reserve(ONE)
            server.kill()
            settling = asyncio.create_task(limiter.settle(ONE, ONE))
            done, _ = await asyncio.wait([settling], timeout=0.3)
            assert not done
            await asyncio.to_thread(server.start)
            with pytest.raises(LimiterLost, match="join it anew"):
                await settling

    with valkey() as server:
        asyncio.run(scenario(server))
