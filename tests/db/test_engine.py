"""The engine over the database: families that a model writes, a run cut off anywhere, a store that fails."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, connection

from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.stop import StopKind
from probewright.store import Finished, Round, Slot, Store
from probewright.types import Case, Cell, HoleKind, Outcome, Role, Status
from tests.campaign_parts import ByModel, FunctionTarget, LearningSearch, ManyTurns, ModelWritten, OneTurn, echo
from tests.campaign_parts import make_engine as make_any_engine
from tests.stores import django_store

pytestmark = pytest.mark.usefixtures("either_database")

TARGET = (Role.TARGET, "")
ON_SQLITE = (
    ["CREATE TRIGGER full_disk BEFORE {} BEGIN SELECT RAISE(ABORT, 'disk full'); END"],
    ["DROP TRIGGER full_disk"],
)
ON_POSTGRESQL = (
    [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$",
        "CREATE TRIGGER full_disk BEFORE {} FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ],
    ["DROP TRIGGER full_disk ON {}", "DROP FUNCTION full_disk()"],
)
JUDGE = (Role.JUDGE, "judge")
WRITER = (Role.WRITER, "author")


def make_engine(store: Store, family: Any, **options: Any) -> Engine:
    """An engine with fresh parts, all endpoints in one counting target."""
    target = FunctionTarget(echo, delay_s=0.004)
    endpoints = dict.fromkeys((TARGET, JUDGE, WRITER), target)
    return make_any_engine(store, family=family, oracle=ByModel(), endpoints=endpoints, **options)


def asked(engine: Engine) -> list[str]:
    target: Any = engine.parts.endpoints[TARGET]
    return list(target.asked)


def all_outcomes(store: Store) -> list[Any]:
    return [store.outcomes(number) for number in range(store.standing().rounds)]


def holes(store: Any) -> Counter[str]:
    # Models can be imported only once Django is set up.
    from probewright.campaigns.models import Hole  # noqa: PLC0415

    return Counter(Hole.objects.filter(campaign=store._id).values_list("kind", flat=True))


def test_prompts_that_a_model_writes_are_stored_and_holes_refilled() -> None:
    store = django_store(2)
    engine = make_engine(store, ModelWritten(30), cases=8, trials=2)
    assert asyncio.run(engine.run()) is None
    kinds = holes(store)
    assert kinds[HoleKind.REFUSED] > 0
    assert kinds[HoleKind.DUPLICATE] > 0
    standing = store.standing()
    assert (standing.planned, standing.unwritten, standing.holes) == (8, 0, sum(kinds.values()))
    assert sum(map(len, all_outcomes(store))) == 16
    assert standing.spent.calls == len(asked(engine))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("family", [OneTurn, ManyTurns, ModelWritten])
def test_a_run_cut_off_anywhere_is_finished_by_the_next_without_paying_twice(family: Any, seed: int) -> None:
    whole = django_store(2)
    options: dict[str, Any] = {"cases": 12, "trials": 2, "concurrency": 5}
    uncut = make_engine(whole, family(40), search=LearningSearch(40), **options)
    asyncio.run(uncut.run())

    store, random = django_store(2), Random(seed)
    paid = 0
    for _ in range(3):
        engine = make_engine(store, family(40), search=LearningSearch(40), **options)
        asyncio.run(cut_off(engine, after=random.randrange(1, 25), gently=random.random() < 0.5))
        assert store.standing().spent.calls <= paid + len(asked(engine))
        paid = store.standing().spent.calls
    last = make_engine(store, family(40), search=LearningSearch(40), **options)
    assert asyncio.run(last.run()) is None
    assert store.standing().spent.calls == paid + len(asked(last))  # what was committed was not asked again
    if family is not ModelWritten:  # there, holes are refilled as they are found, so the cells depend on timing
        assert all_outcomes(store) == all_outcomes(whole)
        assert store.standing().spent.tokens == whole.standing().spent.tokens
    assert sum(map(len, all_outcomes(store))) == 24


async def cut_off(engine: Engine, after: int, *, gently: bool) -> None:
    """Runs until so many requests were sent, then stops, or cancels as a crash would."""
    run = asyncio.create_task(engine.run())
    while len(asked(engine)) < after and not run.done():
        await asyncio.sleep(0.001)
    if gently:
        engine.stop(StopKind.INTERRUPT, "test")
    else:
        run.cancel()
    await asyncio.gather(run, return_exceptions=True)


@contextmanager
def full_disk(statement: str) -> Iterator[None]:
    """A database that refuses a statement, such as ``INSERT ON campaigns_transcript``."""
    make, drop = ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE
    with connection.cursor() as cursor:
        for part in make:
            cursor.execute(part.format(statement))
        try:
            yield
        finally:
            for part in drop:
                cursor.execute(part.format(statement.split()[-1]))


def test_a_database_that_refuses_to_write_ends_the_run_and_loses_nothing_committed() -> None:
    store = django_store()
    asyncio.run(cut_off(make_engine(store, OneTurn(60), cases=60), after=40, gently=True))
    kept = store.counts()
    assert sum(kept.values()) > 0
    with full_disk("INSERT ON campaigns_transcript"), pytest.raises(DatabaseError, match="disk full"):
        asyncio.run(make_engine(store, OneTurn(60), cases=60).run())
    assert store.counts() == kept
    assert asyncio.run(make_engine(store, OneTurn(60), cases=60).run()) is None
    assert sum(store.counts().values()) == 60


def test_a_database_that_refuses_a_prompt_ends_the_run_and_is_no_error_of_a_case() -> None:
    store = django_store()
    engine = make_engine(store, ModelWritten(60), cases=20)
    with full_disk("UPDATE ON campaigns_case"), pytest.raises(DatabaseError, match="disk full"):
        asyncio.run(engine.run())
    assert not store.counts()
    assert asyncio.run(make_engine(store, ModelWritten(60), cases=20).run()) is None
    assert store.counts().keys() <= {Status.PASS, Status.FAIL}


def test_two_outcomes_of_one_trial_are_refused() -> None:
    store = django_store()
    store.plan(Round(0, (Slot(0, Cell({"item": "0"}), Case("one_turn", {"prompt": "q"})),), (), None))
    store.claim()
    entry = Finished(0, 0, Outcome("", {}, Status.PASS), ())
    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        store.save([entry, entry])
    assert not store.counts()  # a batch is saved whole or not at all


def test_outcomes_of_trials_that_are_no_longer_wanted_finish_nothing() -> None:
    store: Any = django_store(2)
    slots = tuple(Slot(p, Cell({"item": str(p)}), Case("one_turn", {"prompt": f"q{p}"})) for p in range(2))
    store.plan(Round(0, slots, (), None))
    store.claim()
    store.save([Finished(0, trial, Outcome("", {}, Status.PASS, trial=trial), ()) for trial in (0, 1)])
    assert store.unfinished(0) == 2
    assert type(store)(store._id, trials=1).unfinished(0) == 1
