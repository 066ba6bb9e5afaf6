"""The engine's promises over `MemoryStore`, for any size, load, mix of endings, limit and place of an interrupt."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.report import Report, build_report
from probewright.errors import RequestRejected, TargetError, TimedOut
from probewright.protocols import Cost
from probewright.seeds import generator
from probewright.testgen.search.grid import Grid
from probewright.types import (
    Items,
    Outcome,
    Reply,
    Request,
    Role,
    Script,
    Status,
    Transcript,
    Verdict,
    last_prompt,
)
from tests.campaign_parts import WORST, ByLength, FunctionTarget, LearningSearch, ManyTurns, OneTurn, make_engine, says
from tests.unit.render.made import FACTS

TARGET = (Role.TARGET, "")
TOKENS = 5  # of each answer of `says`
STATUSES = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.BLOCKED, Status.ERROR)


class ByWord(ByLength):
    """A rule that reads its verdict off the answer."""

    name = "by_word"

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        return Verdict(self.name, self.version, Status(transcript.answer))
        yield


@dataclass
class Mixed:
    """An endpoint's answers: how each prompt ends depends on the seed and the prompt alone, never on time."""

    seed: int
    mix: tuple[Status, ...]
    answered: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request) -> Reply:
        prompt = last_prompt(request)
        drawn = generator(self.seed, prompt)
        status = drawn.choice(self.mix)
        if status is Status.ERROR:
            raise drawn.choice([RequestRejected("HTTP 404"), TimedOut("too slow"), TargetError("odd")])
        self.answered[prompt] += 1
        return says("", blocked="content_filter") if status is Status.BLOCKED else says(status.value)


@dataclass(frozen=True)
class Setting:
    """One campaign to try."""

    size: int
    wanted: int
    trials: int
    concurrency: int
    seed: int
    mix: tuple[Status, ...]
    is_learning: bool
    round_size: int
    turns: type

    def search(self) -> Any:
        if self.is_learning:
            return LearningSearch(self.size, self.round_size)
        items = Items(tuple(str(number) for number in range(self.size)))
        return Grid(Grid.Params(round_size=self.round_size), items, 0)

    def engine(self, store: MemoryStore, limiter: BudgetLimiter | None = None) -> Engine:
        mixed = Mixed(self.seed, self.mix)
        return make_engine(
            store,
            family=self.turns(self.size),
            oracle=ByWord(),
            search=self.search(),
            endpoints={TARGET: FunctionTarget(mixed, delay_s=0.0005, seed=self.seed)},
            cases=self.wanted,
            trials=self.trials,
            concurrency=self.concurrency,
            limiter=limiter,
        )


@st.composite
def setting(draw: st.DrawFn, mixes: tuple[Status, ...] = STATUSES) -> Setting:
    size = draw(st.integers(1, 40))
    return Setting(
        size=size,
        wanted=draw(st.integers(1, size)),
        trials=draw(st.integers(1, 3)),
        concurrency=draw(st.integers(1, 12)),
        seed=draw(st.integers(0, 9999)),
        mix=tuple(draw(st.lists(st.sampled_from(mixes), min_size=1, max_size=6))),
        is_learning=draw(st.booleans()),
        round_size=draw(st.integers(1, 15)),
        turns=draw(st.sampled_from([OneTurn, ManyTurns])),
    )


def target_of(engine: Engine) -> FunctionTarget:
    target = engine.parts.endpoints[TARGET]
    assert isinstance(target, FunctionTarget)
    return target


def report_of(chosen: Setting, store: MemoryStore, stop: Stop | None) -> Report:
    facts = replace(
        FACTS,
        state="stopped" if stop else "finished",
        stop_kind=stop.kind.value if stop else "",
        stop_reason=stop.reason if stop else "",
        spec={},
        space=Items(tuple(str(number) for number in range(chosen.size))),
        wanted=chosen.wanted,
        planned=store.standing().planned,
        trials=chosen.trials,
    )
    return build_report(facts, store.finished.values())


def check_sums(chosen: Setting, store: MemoryStore, stop: Stop | None) -> None:
    """Every trial that the campaign is to have is exactly one of the six statuses."""
    report = report_of(chosen, store, stop)
    counts = report.tally.counts
    assert sum(counts.values()) == chosen.wanted * chosen.trials
    assert all(count >= 0 for count in counts.values())
    assert {status: counts[status] for status in STATUSES} == {
        status: sum(outcome.status is status for outcome in store.finished.values()) for status in STATUSES
    }
    assert report.tally.fail_rate.n == counts[Status.PASS] + counts[Status.FAIL]
    assert (report.tally.fail_rate.value is None) == (report.tally.fail_rate.n == 0)
    if stop is None:
        assert counts[Status.NOT_RUN] == 0


async def run_until(engine: Engine, answers: int, *, is_crash: bool) -> Stop | None:
    """Runs until so many answers came, then stops the engine, or cancels its task as a crash would."""
    run = asyncio.create_task(engine.run())
    target = target_of(engine)
    while len(target.asked) - target.in_flight < answers and not run.done():
        await asyncio.sleep(0)
    if is_crash:
        run.cancel()
    else:
        engine.stop(StopKind.INTERRUPT, "test")
    [result] = await asyncio.gather(run, return_exceptions=True)
    if isinstance(result, asyncio.CancelledError):
        return Stop(StopKind.INTERRUPT, "crash")
    assert not isinstance(result, BaseException)
    return result


def given_up(stop: Stop | None) -> bool:
    """Whether the endpoint answered so rarely that the run ended itself."""
    return stop is not None and stop.kind is StopKind.TARGET


@settings(max_examples=60)
@given(setting())
def test_every_planned_trial_ends_as_exactly_one_status(chosen: Setting) -> None:
    store = MemoryStore(chosen.trials)
    engine = chosen.engine(store)
    stop = asyncio.run(engine.run())
    assert stop is None or given_up(stop)
    check_sums(chosen, store, stop)
    assert target_of(engine).most_in_flight <= chosen.concurrency


@settings(max_examples=60)
@given(setting(), st.integers(1, 60), st.sampled_from(["calls", "tokens", "usd"]))
def test_no_limit_is_ever_exceeded_and_all_that_was_paid_for_is_kept(chosen: Setting, calls: int, what: str) -> None:
    limits = {"calls": calls, "tokens": calls * TOKENS + WORST, "usd": calls * 0.001 + 0.01}
    store = MemoryStore(chosen.trials)
    limiter = BudgetLimiter(**{what: limits[what]})  # type: ignore[arg-type]
    engine = chosen.engine(store, limiter)
    stop = asyncio.run(engine.run())
    spent = limiter.spent
    assert {"calls": spent.calls, "tokens": spent.tokens, "usd": spent.usd}[what] <= limits[what]  # type: ignore[operator]
    assert (store.spent().calls, store.spent().tokens) == (spent.calls, spent.tokens)
    check_sums(chosen, store, stop)


NEVER_GIVEN_UP = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.BLOCKED)


@settings(max_examples=40)
@given(setting(NEVER_GIVEN_UP), st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_a_limit_raised_again_and_again_gives_what_one_run_gives(chosen: Setting, steps: list[int]) -> None:
    whole = MemoryStore(chosen.trials)
    asyncio.run(chosen.engine(whole).run())
    store, limit = MemoryStore(chosen.trials), 0
    for step in steps:
        limit += step
        limiter = BudgetLimiter(calls=limit, spent=store.spent())
        stop = asyncio.run(chosen.engine(store, limiter).run())
        assert store.spent().calls <= limit
        check_sums(chosen, store, stop)
    assert asyncio.run(chosen.engine(store).run()) is None
    assert outcomes(store) == outcomes(whole)
    assert store.spent().calls == whole.spent().calls


@settings(max_examples=80)
@given(setting(NEVER_GIVEN_UP), st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=3))
def test_a_run_cut_off_anywhere_and_run_again_ends_as_one_that_never_was(
    chosen: Setting, cuts: list[tuple[int, bool]]
) -> None:
    whole = MemoryStore(chosen.trials)
    assert asyncio.run(chosen.engine(whole).run()) is None

    store = MemoryStore(chosen.trials)
    for answers, is_crash in cuts:
        engine = chosen.engine(store)
        before = committed(store)
        stop = asyncio.run(run_until(engine, answers, is_crash=is_crash))
        check_sums(chosen, store, stop)
        after = committed(store)
        assert all(after[key] >= count for key, count in before.items())  # nothing committed is lost
        check_nothing_asked_twice(chosen, engine, before)
    before = committed(store)
    last = chosen.engine(store)
    assert asyncio.run(last.run()) is None
    check_nothing_asked_twice(chosen, last, before)
    assert outcomes(store) == outcomes(whole)
    assert store.slots == whole.slots
    assert {key: tuple(kept) for key, kept in store.exchanges.items()} == {
        key: tuple(kept) for key, kept in whole.exchanges.items()
    }
    assert replace_usd(store.spent()) == replace_usd(whole.spent())


def committed(store: MemoryStore) -> dict[tuple[int, int | None], int]:
    """How many answers of each trial are stored."""
    return {key: len(kept) for key, kept in store.exchanges.items()}


def outcomes(store: MemoryStore) -> dict[tuple[int, int], Outcome]:
    return dict(sorted(store.finished.items()))


def replace_usd(cost: Cost) -> Cost:
    """Sums of floats depend on their order."""
    return replace(cost, usd=round(cost.usd or 0.0, 9))


def check_nothing_asked_twice(chosen: Setting, engine: Engine, before: dict[tuple[int, int | None], int]) -> None:
    """A run asks each prompt at most as often as trials had no stored answer to it when the run began."""
    assert isinstance(engine.store, MemoryStore)
    left: Counter[str] = Counter()
    for position, slot in engine.store.slots.items():
        assert slot.case is not None
        for trial in range(chosen.trials):
            prompts = [slot.case.parameters["prompt"], *(f"why? ({turn})" for turn in range(2))]
            left.update(prompts[before.get((position, trial), 0) :])
    asked = Counter(target_of(engine).asked)
    assert all(asked[prompt] <= left[prompt] for prompt in asked), asked - left
