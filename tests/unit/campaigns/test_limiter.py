import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from probewright.campaigns.engine.limiter import BudgetLimiter, add
from probewright.errors import LimitReached
from probewright.protocols import Cost

NOTHING = Cost(usd=0.0)
Test = Callable[..., Coroutine[Any, Any, None]]


def on_a_loop(test: Test) -> Callable[..., None]:
    """Runs a test on an event loop of its own."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


async def waits(reservation: Awaitable[None]) -> "asyncio.Task[None]":
    """A reservation that is not made yet after everything that could be done was done."""
    task = asyncio.ensure_future(reservation)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    return task


@on_a_loop
async def test_what_is_spent_and_reserved_together_never_exceeds_a_limit() -> None:
    limiter = BudgetLimiter(tokens=100)
    await limiter.reserve(Cost(1, 60, 0.0))
    waiting = await waits(limiter.reserve(Cost(1, 41, 0.0)))
    await limiter.reserve(Cost(1, 40, 0.0))
    waiting.cancel()


@on_a_loop
async def test_a_call_that_only_reservations_keep_out_waits_for_what_they_really_cost() -> None:
    limiter = BudgetLimiter(tokens=100)
    await limiter.reserve(Cost(1, 90, 0.5))
    waiting = await waits(limiter.reserve(Cost(1, 90, 0.5)))
    await limiter.settle(Cost(1, 90, 0.5), Cost(1, 10, 0.1))
    await asyncio.wait_for(waiting, 5)
    assert limiter.spent == Cost(1, 10, 0.1)


@on_a_loop
async def test_whoever_waits_is_refused_once_what_was_reserved_is_spent() -> None:
    limiter = BudgetLimiter(tokens=100)
    await limiter.reserve(Cost(1, 90, 0.5))
    waiting = await waits(limiter.reserve(Cost(1, 90, 0.5)))
    await limiter.settle(Cost(1, 90, 0.5), Cost(1, 60, 0.1))
    with pytest.raises(LimitReached, match=r"limits\.tokens: 60 of 100 spent; the next call could exceed it") as caught:
        await asyncio.wait_for(waiting, 5)
    assert (caught.value.limit, caught.value.exit_code) == ("tokens", 4)


@on_a_loop
async def test_a_refused_reservation_sets_nothing_aside() -> None:
    limiter = BudgetLimiter(calls=2, tokens=10)
    with pytest.raises(LimitReached):
        await limiter.reserve(Cost(1, 11, 0.0))
    await limiter.reserve(Cost(1, 5, 0.0))
    await limiter.reserve(Cost(1, 5, 0.0))


@on_a_loop
async def test_a_call_without_an_answer_costs_nothing() -> None:
    limiter = BudgetLimiter(calls=1)
    for _ in range(3):
        await limiter.reserve(Cost(1, 5, 0.1))
        await limiter.settle(Cost(1, 5, 0.1), NOTHING)
    assert (limiter.spent.calls, limiter.spent.tokens) == (0, 0)


@on_a_loop
async def test_earlier_runs_count_against_the_limit() -> None:
    limiter = BudgetLimiter(usd=1.0, spent=Cost(10, 100, 0.95))
    with pytest.raises(LimitReached, match=r"limits\.usd: 0\.95 of 1 spent"):
        await limiter.reserve(Cost(1, 1, 0.06))
    await limiter.reserve(Cost(1, 1, 0.05))


@pytest.mark.parametrize("spent", [None, Cost(3, 30, None)], ids=["call", "earlier run"])
@on_a_loop
async def test_limited_dollars_cannot_be_held_where_a_price_is_unknown(spent: Cost | None) -> None:
    limiter = BudgetLimiter(usd=5.0, spent=spent)
    with pytest.raises(LimitReached, match=r"limits\.usd: 5 cannot be held: the price of a call is unknown"):
        await limiter.reserve(Cost(1, 1, None))


@on_a_loop
async def test_an_unknown_price_is_no_obstacle_where_dollars_are_not_limited() -> None:
    limiter = BudgetLimiter(calls=1)
    await limiter.reserve(Cost(1, 1, None))
    await limiter.settle(Cost(1, 1, None), Cost(1, 1, None))
    assert limiter.spent == Cost(1, 1, None)


def test_an_unknown_cost_stays_unknown_in_a_sum() -> None:
    assert add(Cost(1, 2, 0.5), Cost(3, 4, None)) == Cost(4, 6, None)
    assert add(Cost(1, 2, 0.5), Cost(3, 4, 0.25)) == Cost(4, 6, 0.75)
