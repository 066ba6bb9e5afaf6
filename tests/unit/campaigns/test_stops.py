"""Ending a run early: no new requests, nobody waits for what cannot come."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.feed import Feed
from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.planner import Planner
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.types import Role
from tests.campaign_parts import FunctionTarget, LearningSearch, ManyTurns, OneTurn, echo, make_engine

TARGET = (Role.TARGET, "")
AN_HOUR_S = 3600.0
PATIENCE_S = 60.0


def stopped(engine: Engine, is_due: Callable[[], bool]) -> Stop | None:
    """Runs, and stops once it is due; a run that waits for its grace to end is an error."""

    async def whole() -> Stop | None:
        run = asyncio.create_task(engine.run())
        while not is_due():
            await asyncio.sleep(0)
        engine.stop(StopKind.INTERRUPT, "first")
        engine.stop(StopKind.LIMIT, "second")
        return await asyncio.wait_for(run, PATIENCE_S)

    engine.grace_s = AN_HOUR_S
    return asyncio.run(whole())


def test_a_stop_before_the_run_asks_nothing() -> None:
    target = FunctionTarget(echo)
    engine = make_engine(endpoints={TARGET: target})
    assert stopped(engine, lambda: True) == Stop(StopKind.INTERRUPT, "first")
    assert not target.asked


@pytest.mark.parametrize("answered", range(0, 40, 3))
@pytest.mark.parametrize("concurrency", [1, 4, 30])
@pytest.mark.parametrize("family", [OneTurn, ManyTurns])  # of many turns, those in flight stay without an outcome
def test_a_stop_ends_the_run_with_what_is_in_flight_and_not_with_the_grace(
    family: Any, concurrency: int, answered: int
) -> None:
    store, target = MemoryStore(), FunctionTarget(echo, delay_s=0.001)
    engine = make_engine(
        store,
        family=family(60),
        search=LearningSearch(60, round_size=3),  # most workers wait for the planner, and the planner for outcomes
        endpoints={TARGET: target},
        cases=60,
        concurrency=concurrency,
    )
    assert stopped(engine, lambda: len(store.finished) >= answered) == Stop(StopKind.INTERRUPT, "first")
    assert len(store.finished) < 60
    assert sum(map(len, store.exchanges.values())) == len(target.asked)


def test_all_who_wait_for_work_are_let_go_by_a_stop_while_the_planner_plans_nothing() -> None:
    async def whole() -> list[object]:
        store, family = MemoryStore(), OneTurn(10)
        journal = Journal(store)
        planner = Planner(family, LearningSearch(10), store, journal, wanted=10)  # never run, so nothing is planned
        feed = Feed(store, journal, planner, low=3)
        waiting = [asyncio.create_task(feed.next()) for _ in range(5)]
        await asyncio.sleep(0.05)  # all of them wait now
        feed.stop()
        try:
            return list(await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_S))
        finally:
            await journal.close()

    assert asyncio.run(whole()) == [None] * 5


def test_a_cut_drops_what_is_in_flight() -> None:
    store, target = MemoryStore(), FunctionTarget(echo, delay_s=AN_HOUR_S)
    engine = make_engine(store, endpoints={TARGET: target}, cases=5, concurrency=4)
    engine.grace_s = AN_HOUR_S

    async def whole() -> Stop | None:
        run = asyncio.create_task(engine.run())
        while target.in_flight < 4:
            await asyncio.sleep(0)
        engine.stop(StopKind.INTERRUPT, "first")
        engine.cut()
        return await asyncio.wait_for(run, PATIENCE_S)

    assert asyncio.run(whole()) is not None
    assert not store.finished
    assert store.unclaimed() == 5
