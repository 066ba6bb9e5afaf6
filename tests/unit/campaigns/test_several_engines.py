"""Several engines on one store, as several processes would have it, and stores whose leases end under an engine."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import pytest

from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.stop import StopKind
from probewright.errors import LimiterLost, Superseded
from probewright.protocols import Cost
from probewright.store import Chunk, Entry, Finished, Round
from probewright.types import Role, Status
from tests.campaign_parts import FunctionTarget, LearningSearch, OneTurn, echo, make_engine

TARGET = (Role.TARGET, "")
CASES = 60


class Table:
    """A memory that several seats share, and who of them leads."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.leader: Seat | None = None


class Seat:
    """One process's view of a shared store: one leads until it leaves, and each gives back only what it claimed."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._claimed: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table.store, name)

    def lead(self) -> bool:
        self._table.leader = self._table.leader or self
        return self._table.leader is self

    def claim(self) -> Chunk | None:
        chunk = self._table.store.claim()
        self._claimed |= {chunk.id} if chunk else set()
        return chunk

    def release(self) -> None:
        if self._table.leader is self:
            self._table.leader = None
        store = self._table.store
        others, store._claimed = store._claimed - self._claimed, store._claimed & self._claimed
        store.release()
        store._claimed = others


def engines(table: Table, count: int, target: FunctionTarget) -> list[Any]:
    return [
        make_engine(
            Seat(table),
            family=OneTurn(CASES),
            search=LearningSearch(CASES),
            endpoints={TARGET: target},
            cases=CASES,
            concurrency=3,
        )
        for _ in range(count)
    ]


async def run_all(running: Sequence[Any]) -> None:
    assert await asyncio.gather(*(engine.run() for engine in running)) == [None] * len(running)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_engines_share_a_campaign_and_each_case_is_asked_once(count: int) -> None:
    alone, shared = Table(), Table()
    asyncio.run(run_all(engines(alone, 1, FunctionTarget(echo))))
    target = FunctionTarget(echo, delay_s=0.004)
    asyncio.run(run_all(engines(shared, count, target)))
    assert Counter(target.asked).most_common(1)[0][1] == 1
    assert shared.store.finished == alone.store.finished  # also what a learning search chose
    assert shared.store.standing().is_planned


def test_an_engine_that_follows_takes_the_lead_when_the_leader_leaves() -> None:
    shared, target = Table(), FunctionTarget(echo, delay_s=0.004)
    leader, follower = engines(shared, 2, target)

    async def leave_early() -> None:
        first = asyncio.create_task(leader.run())
        await asyncio.sleep(0.01)
        second = asyncio.create_task(follower.run())
        while len(shared.store.finished) < 12:
            await asyncio.sleep(0.001)
        leader.stop(StopKind.INTERRUPT, "test")
        assert (await first) is not None
        assert (await second) is None

    asyncio.run(leave_early())
    assert len(shared.store.finished) == CASES
    assert Counter(target.asked).most_common(1)[0][1] == 1


def test_an_engine_that_lost_a_chunk_asks_no_more_of_it_and_ends() -> None:
    class Overslept(MemoryStore):
        """Loses its first chunk at the first commit."""

        first: Chunk | None = None

        def claim(self) -> Chunk | None:
            chunk = super().claim()
            self.first = self.first or chunk
            return chunk

        def save(self, entries: Sequence[Entry]) -> Collection[int]:
            assert self.first is not None
            lost = {task.slot.position for task in self.first.tasks}
            super().save([entry for entry in entries if not (isinstance(entry, Finished) and entry.position in lost)])
            return {self.first.id}

    store, target = Overslept(), FunctionTarget(echo, delay_s=0.08)
    engine = make_engine(store, family=OneTurn(30), endpoints={TARGET: target}, cases=30, concurrency=2)
    assert asyncio.run(engine.run()) is None
    assert store.first is not None
    lost = len(store.first.tasks)
    assert len(store.finished) == 30 - lost
    assert len(target.asked) < 30  # what was asked before it noticed, and no more


def test_a_planner_whose_round_another_planned_goes_on_from_there() -> None:
    class Contested(MemoryStore):
        """Another planner stores the first round a moment earlier."""

        refused = 0

        def plan(self, planned: Round) -> None:
            super().plan(planned)
            if self.refused == 0:
                self.refused = 1
                raise Superseded("round 0 is planned already")

    store, target = Contested(), FunctionTarget(echo)
    engine = make_engine(store, family=OneTurn(20), search=LearningSearch(20), endpoints={TARGET: target}, cases=20)
    assert asyncio.run(engine.run()) is None
    assert store.refused == 1
    assert sorted(Counter(target.asked).values()) == [1] * 20


def test_a_campaign_that_somebody_stopped_is_left_within_a_second_or_two() -> None:
    class Stopped(MemoryStore):
        def ended(self) -> str:  # type: ignore[override]
            return "cancelled by ann"

    store, target = Stopped(), FunctionTarget(echo, delay_s=0.05)
    stop = asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=10_000).run())
    assert stop is not None
    assert (stop.kind, stop.reason) == (StopKind.CANCEL, "cancelled by ann")
    assert len(store.finished) == len(target.asked)  # what was in flight came in


def test_an_answer_in_hand_is_stored_before_a_lost_limiter_ends_the_run() -> None:
    class Forgetful(BudgetLimiter):
        async def settle(self, reserved: Cost, real: Cost) -> None:
            if real.calls and self.spent.calls >= 5:
                raise LimiterLost("Redis does not know what this run has spent any more")
            await super().settle(reserved, real)

    store, target = MemoryStore(), FunctionTarget(echo)
    engine = make_engine(store, endpoints={TARGET: target}, cases=50, limiter=Forgetful(calls=50))
    with pytest.raises(LimiterLost):
        asyncio.run(engine.run())
    assert sum(map(len, store.exchanges.values())) == len(target.asked) >= 6
    assert all(outcome.status in {Status.PASS, Status.FAIL} for outcome in store.finished.values())
