"""The engine over `MemoryStore`: every kind of family, every way a trial or a run can end."""

import asyncio
from collections import Counter

import pytest

from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.stop import StopKind
from probewright.errors import AccessDenied, StoreError, Unreachable
from probewright.protocols import Cost
from probewright.store import Entry
from probewright.types import HoleKind, Reply, Request, Role, Script, Status, Transcript, Verdict, last_prompt
from tests.campaign_parts import (
    WORST,
    ByModel,
    ByScore,
    FunctionTarget,
    LearningSearch,
    ManyTurns,
    ModelWritten,
    OneTurn,
    OptionScoring,
    echo,
    make_engine,
    says,
    scores,
)

TARGET = (Role.TARGET, "")
JUDGE = (Role.JUDGE, "judge")
WRITER = (Role.WRITER, "author")


def test_every_case_of_a_one_turn_family_is_asked_once_and_judged() -> None:
    store, target = MemoryStore(), FunctionTarget(echo)
    engine = make_engine(store, endpoints={TARGET: target}, cases=30)
    assert asyncio.run(engine.run()) is None
    assert sorted(target.asked) == sorted(f"question {number}" for number in range(30))
    assert len(store.finished) == 30
    assert engine.progress.outcomes == Counter(outcome.status for outcome in store.finished.values())
    assert {outcome.status for outcome in store.finished.values()} == {Status.PASS, Status.FAIL}


def test_a_dialogue_of_three_turns_is_kept_turn_by_turn() -> None:
    store, target = MemoryStore(), FunctionTarget(echo)
    engine = make_engine(store, family=ManyTurns(4), endpoints={TARGET: target}, cases=4)
    asyncio.run(engine.run())
    assert len(target.asked) == 12
    first = store.exchanges[0, 0]
    assert [len(exchange.ask.request.messages) for exchange in first] == [1, 3, 5]  # type: ignore[union-attr]


def test_options_are_scored_and_the_scores_reach_the_oracle() -> None:
    store = MemoryStore()
    target = FunctionTarget(scores)
    engine = make_engine(store, family=OptionScoring(3), oracle=ByScore(), endpoints={TARGET: target}, cases=3)
    asyncio.run(engine.run())
    assert [outcome.status for outcome in store.finished.values()] == [Status.PASS] * 3


def test_prompts_written_by_a_model_are_stored_and_its_refusals_and_repeats_are_holes() -> None:
    store, target, author = MemoryStore(), FunctionTarget(echo), FunctionTarget(echo)
    family = ModelWritten(20)
    engine = make_engine(store, family=family, endpoints={TARGET: target, WRITER: author}, cases=8)
    assert asyncio.run(engine.run()) is None
    kinds = Counter(hole.kind for hole in store.holes)
    assert kinds[HoleKind.REFUSED] > 0
    assert kinds[HoleKind.DUPLICATE] > 0
    assert len(store.finished) == 8  # every hole was refilled
    assert len(set(target.asked)) == 8
    assert engine.progress.holes == len(store.holes)


def test_an_answer_is_committed_while_its_judge_still_thinks() -> None:
    class Thinking(FunctionTarget):
        async def ask(self, request: Request) -> Reply:
            await asyncio.sleep(0.1)
            committed.append(len(store.exchanges))
            return says("pass")

    store = MemoryStore()
    committed: list[int] = []
    endpoints = {TARGET: FunctionTarget(echo), JUDGE: Thinking(echo)}
    asyncio.run(make_engine(store, oracle=ByModel(), endpoints=endpoints, cases=5, concurrency=1).run())
    assert [outcome.status for outcome in store.finished.values()] == [Status.PASS] * 5
    assert committed[0] >= 1
    assert sum(map(len, store.exchanges.values())) == 10


def test_each_case_is_tried_as_often_as_asked_and_written_once() -> None:
    store, author = MemoryStore(trials=3), FunctionTarget(echo)
    endpoints = {TARGET: FunctionTarget(echo), WRITER: author}
    engine = make_engine(store, family=ModelWritten(6), endpoints=endpoints, cases=3, trials=3)
    asyncio.run(engine.run())
    assert Counter(trial for _, trial in store.finished) == {0: 3, 1: 3, 2: 3}
    assert len(author.asked) == len(store.slots) + len(store.holes)


def test_at_most_the_stated_number_of_requests_is_in_flight() -> None:
    target = FunctionTarget(echo, delay_s=0.01)
    asyncio.run(make_engine(endpoints={TARGET: target}, cases=60, concurrency=5).run())
    assert target.most_in_flight == 5


def test_a_slow_judge_does_not_starve_the_target() -> None:
    target, judge = FunctionTarget(echo), FunctionTarget(lambda _: says("pass"), delay_s=0.2)
    engine = make_engine(oracle=ByModel(), endpoints={TARGET: target, JUDGE: judge}, cases=12, concurrency=3)

    async def watch() -> int:
        run = asyncio.create_task(engine.run())
        while not judge.asked:
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        asked = len(target.asked)
        await run
        return asked

    assert asyncio.run(watch()) > 3


def test_an_answer_withheld_by_the_provider_is_blocked_and_never_judged() -> None:
    store = MemoryStore()
    target = FunctionTarget(lambda _: says("", blocked="content_filter"))
    asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=4).run())
    assert [outcome.status for outcome in store.finished.values()] == [Status.BLOCKED] * 4
    assert not any(store.verdicts.values())


def test_a_call_without_an_answer_is_an_error_and_the_others_go_on() -> None:
    def answer(request: Request) -> Reply:
        if last_prompt(request) == "question 3":
            raise Unreachable("gone")
        return echo(request)

    store = MemoryStore()
    assert asyncio.run(make_engine(store, endpoints={TARGET: FunctionTarget(answer)}, cases=8).run()) is None
    errors = [outcome for outcome in store.finished.values() if outcome.status is Status.ERROR]
    assert [(outcome.labels["item"], outcome.reason) for outcome in errors] == [("3", "unreachable: gone")]


def test_a_broken_oracle_makes_errors_never_passes() -> None:
    class Broken(ByModel):
        def judge(self, transcript: Transcript) -> Script[Verdict]:
            raise KeyError("broken")
            yield

    store = MemoryStore()
    assert asyncio.run(make_engine(store, oracle=Broken(), cases=4).run()) is None
    assert [outcome.reason for outcome in store.finished.values()] == ["KeyError: 'broken'"] * 4
    assert len(store.exchanges) == 4  # the answers are kept


def test_a_refused_key_stops_the_run_at_once() -> None:
    def answer(request: Request) -> Reply:
        raise AccessDenied("HTTP 401")

    store, target = MemoryStore(), FunctionTarget(answer)
    stop = asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=500, concurrency=4).run())
    assert stop is not None
    assert (stop.kind, stop.reason) == (StopKind.TARGET, "HTTP 401")
    assert len(target.asked) <= 4


def test_a_target_that_never_answers_is_given_up_after_eight_cases() -> None:
    def answer(request: Request) -> Reply:
        raise Unreachable("connection refused")

    target = FunctionTarget(answer)
    stop = asyncio.run(make_engine(endpoints={TARGET: target}, cases=500, concurrency=1).run())
    assert stop is not None
    assert stop.reason == "8 calls in a row brought no answer; the last: connection refused"
    assert len(target.asked) == 8


@pytest.mark.parametrize(
    ("limiter", "allowed"),
    [
        (BudgetLimiter(calls=17), 17),
        (BudgetLimiter(tokens=17 * 5), (17 * 5 - WORST) // 5 + 1),
        (BudgetLimiter(usd=0.0175), 8),
    ],
    ids=["calls", "tokens", "usd"],
)
def test_a_limit_is_used_up_but_never_exceeded(limiter: BudgetLimiter, allowed: int) -> None:
    store, target = MemoryStore(), FunctionTarget(echo, delay_s=0.002)
    stop = asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=100, concurrency=16, limiter=limiter).run())
    assert stop is not None
    assert stop.kind is StopKind.LIMIT
    assert len(target.asked) == allowed
    assert len(store.finished) == allowed  # all that was paid for is kept


def test_limited_dollars_with_an_unknown_price_stop_before_the_first_call() -> None:
    class Unpriced(FunctionTarget):
        def worst_case(self, request: Request) -> Cost:
            return Cost(1, WORST, None)

    target = Unpriced(echo)
    stop = asyncio.run(make_engine(endpoints={TARGET: target}, limiter=BudgetLimiter(usd=1.0)).run())
    assert stop is not None
    assert "the price of a call is unknown" in stop.reason
    assert not target.asked


def test_the_clock_stops_the_run_and_what_is_in_flight_may_finish() -> None:
    store, target = MemoryStore(), FunctionTarget(echo, delay_s=0.1)
    stop = asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=10_000, seconds=0.3).run())
    assert stop is not None
    assert stop.reason.startswith("limits.minutes")
    assert len(store.finished) == len(target.asked)


def test_a_store_that_fails_ends_the_run_with_its_error() -> None:
    class Full(MemoryStore):
        def save(self, entries: "list[Entry]") -> None:  # type: ignore[override]
            raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        asyncio.run(make_engine(Full(), cases=100).run())


def test_a_learning_search_gives_the_same_cases_whatever_the_concurrency_and_timing() -> None:
    def cases(concurrency: int, seed: int) -> list[str]:
        store = MemoryStore(trials=2)
        target = FunctionTarget(echo, delay_s=0.003, seed=seed)
        engine = make_engine(
            store,
            family=OneTurn(60),
            search=LearningSearch(60),
            endpoints={TARGET: target},
            cases=40,
            trials=2,
            concurrency=concurrency,
        )
        asyncio.run(engine.run())
        return [slot.cell.labels["item"] for slot in store.slots.values()]

    assert cases(1, 1) == cases(7, 2) == cases(16, 3)


def test_a_stop_of_the_user_keeps_what_came_and_a_second_run_finishes_without_asking_twice() -> None:
    store, target = MemoryStore(), FunctionTarget(echo, delay_s=0.01)
    first = make_engine(store, endpoints={TARGET: target}, cases=60)

    async def interrupted() -> None:
        run = asyncio.create_task(first.run())
        while len(target.asked) < 20:
            await asyncio.sleep(0.001)
        first.stop(StopKind.INTERRUPT, "enough")
        stop = await run
        assert stop is not None

    asyncio.run(interrupted())
    kept = len(store.finished)
    assert 16 <= kept < 60
    assert asyncio.run(make_engine(store, endpoints={TARGET: target}, cases=60).run()) is None
    assert len(store.finished) == 60
    assert sorted(target.asked) == sorted(f"question {number}" for number in range(60))
