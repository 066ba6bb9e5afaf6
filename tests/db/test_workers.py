"""Several processes at one campaign, over the real databases: who claims, who plans, and who slept for too long.

A process is a store under a name of its own here; the name of another machine, since nothing is certain of those.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from probewright.campaigns.engine.engine import Engine
from probewright.errors import Superseded
from probewright.protocols import Cost
from probewright.store import Answered, Closed, Finished, Round, Slot
from probewright.types import Ask, Case, Cell, Exchange, Generate, Hole, HoleKind, Message, Outcome, Role, Status
from tests.campaign_parts import FunctionTarget, LearningSearch, ManyTurns, ModelWritten, OneTurn, echo
from tests.campaign_parts import make_engine as make_any_engine
from tests.stores import django_store

pytestmark = pytest.mark.usefixtures("either_database")

TARGET, AUTHOR = (Role.TARGET, ""), (Role.WRITER, "author")


def processes(count: int, trials: int = 1, concurrency: int = 16) -> list[Any]:
    """Stores of one campaign, each of a process of its own."""
    first: Any = django_store(trials)
    stores = [first, *(type(first)(first._id, trials, concurrency) for _ in range(count - 1))]
    for number, store in enumerate(stores):
        store._owner = f"machine-{number}:1:1"
        store._chunk = concurrency
    return stores


def plan(store: Any, number: int, positions: range, *, is_written: bool = True) -> None:
    cases = [Case("one_turn", {"prompt": f"question {p}"}, {"item": str(p)}) if is_written else None for p in positions]
    slots = tuple(Slot(p, Cell({"item": str(p)}), case) for p, case in zip(positions, cases, strict=True))
    store.plan(Round(number, slots, (), None))


def answered(position: int) -> Answered:
    ask = Ask(Role.TARGET, Generate((Message("user", f"question {position}"),)))
    return Answered(position, 0, 0, Exchange(ask, echo(ask.request)))


def finished(position: int, status: Status = Status.PASS) -> Finished:
    return Finished(position, 0, Outcome("", {"item": str(position)}, status), ())


def oversleep(store: Any) -> None:
    """Lets the leases of the store's process run out."""
    # Models can be imported only once Django is set up.
    from probewright.campaigns.models import Campaign, Chunk  # noqa: PLC0415

    past = timezone.now() - timedelta(seconds=1)
    Chunk.objects.filter(campaign=store._id, owner=store._owner).update(lease_until=past)
    Campaign.objects.filter(pk=store._id, planner=store._owner).update(planner_until=past)


def claim_all(store: Any) -> list[int]:
    """The chunks that this process gets, in a thread of its own."""
    try:
        chunks = []
        while (chunk := store.claim()) is not None:
            chunks.append(chunk.id)
        return chunks
    finally:
        connection.close()


def test_processes_that_claim_at_once_get_each_chunk_once() -> None:
    stores = processes(4, concurrency=4)
    plan(stores[0], 0, range(200))
    with ThreadPoolExecutor(4) as threads:
        claimed = [chunk for chunks in threads.map(claim_all, stores) for chunk in chunks]
    assert len(claimed) == len(set(claimed)) == 50


def test_one_process_plans_until_its_lease_ends_and_the_first_to_ask_goes_on() -> None:
    one, other, third = processes(3)
    assert one.lead()
    assert one.lead()
    assert not other.lead()
    plan(one, 0, range(3))
    oversleep(one)
    assert other.lead()
    assert not third.lead()
    plan(other, 1, range(3, 6))
    with pytest.raises(Superseded):
        plan(one, 1, range(3, 6))
    assert not one.lead()
    other.release()
    assert third.lead()
    assert (third.standing().rounds, third.standing().planned) == (2, 6)


def test_what_a_process_saves_after_it_overslept_is_dropped_but_for_its_cost() -> None:
    sleeper, other = processes(2)
    plan(sleeper, 0, range(2))
    chunk = sleeper.claim()
    assert sleeper.save([answered(0), finished(0)]) == set()
    oversleep(sleeper)
    taken = other.claim()
    assert taken.id == chunk.id
    assert [task.slot.position for task in taken.tasks] == [1]
    late = [answered(1), finished(1, Status.FAIL), Closed(chunk.id)]
    assert sleeper.save(late) == {chunk.id}
    sleeper.renew()
    assert sleeper.claim() is None
    assert other.counts() == {"pass": 1}
    assert other.save([answered(1), finished(1), Closed(chunk.id)]) == set()
    assert other.counts() == {"pass": 2}
    assert other.standing().spent == Cost(3, 15, 0.003)  # what came too late was paid for as well
    assert [outcome.status for outcome in other.outcomes(0)] == [Status.PASS] * 2
    assert sleeper.claim() is None


def test_a_chunk_that_a_process_overslept_and_nobody_took_is_still_its_own() -> None:
    [store] = processes(1)
    plan(store, 0, range(2))
    chunk = store.claim()
    oversleep(store)
    assert store.save([finished(0), finished(1), Closed(chunk.id)]) == set()
    assert store.counts() == {"pass": 2}


@pytest.mark.parametrize(
    "late", [Case("one_turn", {"prompt": "late"}), Hole(Cell({"item": "0"}), HoleKind.REFUSED, "")]
)
@pytest.mark.parametrize(
    "first", [Case("one_turn", {"prompt": "in time"}), Hole(Cell({"item": "0"}), HoleKind.REFUSED, "no")]
)
def test_what_is_written_too_late_changes_nothing(first: Case | Hole, late: Case | Hole) -> None:
    sleeper, other = processes(2)
    plan(sleeper, 0, range(1), is_written=False)
    sleeper.claim()
    oversleep(sleeper)
    other.claim()
    is_case = isinstance(first, Case)
    assert other.write(0, first) is is_case
    before = other.standing()
    assert (before.planned, before.unwritten, before.holes) == (int(is_case), 0, int(not is_case))
    assert not sleeper.write(0, late)
    assert other.standing() == before
    if is_case:
        other.release()
        assert sleeper.claim() is None  # it lost this chunk
        assert other.claim().tasks[0].slot.case == first


def make_engines(stores: Sequence[Any], family: Any, **options: Any) -> list[Engine]:
    """An engine each, all endpoints in one target."""
    target = FunctionTarget(echo, delay_s=0.02)
    endpoints = dict.fromkeys((TARGET, AUTHOR), target)
    size = options["cases"]
    return [
        make_any_engine(store, family=family(2 * size), search=LearningSearch(2 * size), endpoints=endpoints, **options)
        for store in stores
    ]


@pytest.mark.parametrize("family", [OneTurn, ManyTurns, ModelWritten])
def test_two_processes_end_a_campaign_that_one_would_end_the_same(family: Any) -> None:
    options: dict[str, Any] = {"cases": 30, "trials": 2, "concurrency": 3}
    alone, stores = processes(1, 2), processes(2, 2, concurrency=3)
    for engine in make_engines(alone, family, **options):
        asyncio.run(engine.run())
    asyncio.run(run_all(make_engines(stores, family, **options)))
    standing = stores[0].standing()
    assert (standing.planned, standing.unwritten, standing.is_planned) == (30, 0, True)
    outcomes = [outcome for number in range(standing.rounds) for outcome in stores[0].outcomes(number)]
    assert Counter((outcome.key, outcome.trial) for outcome in outcomes).most_common(1)[0][1] == 1
    assert len(outcomes) == sum(stores[0].counts().values()) == 60
    if family is not ModelWritten:  # there, holes are refilled as they are found, so the cells depend on timing
        assert outcomes == [outcome for number in range(standing.rounds) for outcome in alone[0].outcomes(number)]
        assert standing.spent.tokens == alone[0].standing().spent.tokens


async def run_all(engines: Sequence[Engine]) -> None:
    assert await asyncio.gather(*(engine.run() for engine in engines)) == [None] * len(engines)


@pytest.mark.parametrize("family", [OneTurn, ManyTurns, ModelWritten])
def test_a_process_that_oversleeps_again_and_again_spoils_nothing(family: Any) -> None:
    stores = processes(2, concurrency=4)
    engines = make_engines(stores, family, cases=40, concurrency=4)

    async def lull() -> None:
        """Ends the leases of one, then of the other, as a laptop that sleeps would."""
        while True:
            for store in stores:
                await asyncio.sleep(0.05)
                await asyncio.to_thread(_apart, oversleep, store)

    async def run() -> None:
        lulling = asyncio.create_task(lull())
        try:
            await asyncio.wait_for(run_all(engines), 60)
        finally:
            lulling.cancel()
            await asyncio.gather(lulling, return_exceptions=True)

    asyncio.run(run())
    standing = stores[0].standing()
    assert (standing.planned, standing.unwritten) == (40, 0)
    keys = [outcome.key for number in range(standing.rounds) for outcome in stores[0].outcomes(number)]
    assert len(keys) == len(set(keys)) == sum(stores[0].counts().values()) == 40
    target: Any = engines[0].parts.endpoints[TARGET]
    assert standing.spent.calls == len(target.asked)  # also those whose answers were dropped


def _apart(function: Any, *args: Any) -> None:
    try:
        function(*args)
    finally:
        connection.close()
