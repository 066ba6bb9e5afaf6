"""A run that ends as soon as its gate is certain: at the same case whatever the load, with no request before that."""

import asyncio
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.campaigns.engine.early import Referee
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.gates.early import GateReferee
from probewright.campaigns.specs.gate import GateSpec
from probewright.seeds import generator
from probewright.store import Settled
from probewright.types import Reply, Request, Role, last_prompt
from tests.campaign_parts import FunctionTarget, make_engine, says

TARGET = (Role.TARGET, "")
CASES = 120


class Held(FunctionTarget):
    """Answers the first ``free`` questions, and the others once ``released``."""

    def __init__(self, answer: Callable[[Request], Reply], free: int, delay_s: float = 0.0, seed: int = 0) -> None:
        super().__init__(answer, delay_s, seed)
        self._free = free
        self.released = asyncio.Event()

    async def ask(self, request: Request) -> Reply:
        if int(last_prompt(request).rpartition(" ")[2]) >= self._free:
            await self.released.wait()
        return await super().ask(request)


class UpTo:
    """A referee that has seen enough after so many cases, remembers all it saw, and then lets a target go on."""

    def __init__(self, enough: int, held: Held | None = None) -> None:
        self._enough = enough
        self._held = held
        self.seen: list[int] = []

    def see(self, settled: Sequence[Settled]) -> str | None:
        self.seen += [case.position for case in settled]
        if len(self.seen) < self._enough:
            return None
        if self._held is not None:
            self._held.released.set()
        return "seen enough"


def good(_: Request) -> Reply:
    return says("even")


def run(
    target: FunctionTarget, referee: Referee, concurrency: int = 4, store: MemoryStore | None = None
) -> Stop | None:
    engine = make_engine(store, cases=CASES, concurrency=concurrency, endpoints={TARGET: target}, referee=referee)
    return asyncio.run(engine.run())


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 9))
def test_a_referee_sees_every_case_once_in_order_and_ends_the_run(enough: int, concurrency: int, seed: int) -> None:
    target = Held(good, free=enough, delay_s=0.002, seed=seed)
    referee, store = UpTo(enough, target), MemoryStore()
    stop = run(target, referee, concurrency, store)
    assert stop == Stop(StopKind.DECIDED, "seen enough")
    assert referee.seen == list(range(enough))
    # What was in flight was paid for, so it is kept; nothing was asked after the end.
    assert enough <= len(store.finished) == len(target.asked) <= enough + concurrency


def test_what_earlier_runs_brought_may_be_enough_and_then_nothing_is_asked() -> None:
    store = MemoryStore()
    held = Held(good, free=10)
    assert run(held, UpTo(10, held), store=store) is not None
    again = FunctionTarget(good)
    assert run(again, UpTo(10), store=store) == Stop(StopKind.DECIDED, "seen enough")
    assert again.asked == []


def test_a_run_that_is_never_certain_asks_everything() -> None:
    target = FunctionTarget(good)
    assert run(target, UpTo(CASES + 1)) is None
    assert len(target.asked) == CASES


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 30), st.integers(0, 20))
def test_a_gate_is_certain_at_the_same_case_for_any_load(concurrency: int, seed: int) -> None:
    def answer(request: Request) -> Reply:
        return says("odd" if generator(seed, last_prompt(request)).random() < 0.4 else "even")

    gate = GateSpec(max_fail_rate=0.1, sequential=True)
    stores = [MemoryStore(), MemoryStore()]
    for places, store in zip((1, concurrency), stores, strict=True):
        run(FunctionTarget(answer, delay_s=0.001, seed=concurrency), GateReferee(gate, {}), places, store)
    # However many were asked beyond it, what they show is shown at the same case.
    certain = [GateReferee(gate, {}).see(store.settled(-1, CASES)) for store in stores]
    assert certain[0] == certain[1] is not None
