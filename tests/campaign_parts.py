"""Small real plug-ins for tests of the engine: one family of each kind, an endpoint that answers from a function."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import TracebackType
from typing import Any, Self

from probewright.campaigns.engine.early import Referee
from probewright.campaigns.engine.engine import Engine, Load
from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.parts import Address, Opinion, Parts
from probewright.campaigns.engine.progress import Progress
from probewright.plugins import Plugin
from probewright.protocols import Cost
from probewright.seeds import derive
from probewright.store import Store
from probewright.testgen.family import BaseFamily
from probewright.testgen.search.grid import Grid
from probewright.types import (
    Ask,
    Case,
    Cell,
    Generate,
    Hole,
    HoleKind,
    Items,
    Json,
    Message,
    OptionScore,
    Outcome,
    Reply,
    Request,
    Role,
    Score,
    Script,
    Space,
    Status,
    Transcript,
    Usage,
    Verdict,
    last_prompt,
)

WORST = 50  # tokens reserved for a call of `FunctionTarget`


class FunctionTarget:
    """An endpoint in this process: answers by a function, after a delay drawn from a seed."""

    name = "function"
    retries = 0

    def __init__(self, answer: Callable[[Request], Reply], delay_s: float = 0.0, seed: int = 0) -> None:
        self._answer = answer
        self._delay_s = delay_s
        self._random = Random(seed)
        self.asked: list[str] = []
        self.in_flight = 0
        self.most_in_flight = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def ask(self, request: Request) -> Reply:
        self.asked.append(last_prompt(request))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self._delay_s * self._random.random())
            return self._answer(request)
        finally:
            self.in_flight -= 1

    def worst_case(self, request: Request) -> Cost:
        return Cost(1, WORST, 0.01)

    def provenance(self) -> Mapping[str, Json]:
        return {"asked": len(self.asked)}


def says(text: str, **more: Any) -> Reply:
    """A reply of 5 tokens that cost a tenth of a cent."""
    return Reply(text, usage=Usage(3, 2), usd=0.001, **more)


def echo(request: Request) -> Reply:
    return says(f"answer to {last_prompt(request)}")


class _Family(BaseFamily):
    source = "tests"
    oracle = "none"

    def __init__(self, size: int = 10) -> None:
        self._ids = tuple(str(number) for number in range(size))

    def space(self) -> Space:
        return Items(self._ids)

    def write(self, cell: Cell) -> Script[Case | Hole]:
        return Case(self.name, {"prompt": f"question {cell.labels['item']}"}, dict(cell.labels))
        yield


class OneTurn(_Family):
    """Asks once."""

    name = "one_turn"

    def play(self, case: Case) -> Script[None]:
        yield Ask(Role.TARGET, Generate((Message("user", case.parameters["prompt"]),)))


class ManyTurns(_Family):
    """Asks, then asks again about the answer, three times."""

    name = "many_turns"

    def play(self, case: Case) -> Script[None]:
        messages = [Message("user", case.parameters["prompt"])]
        for turn in range(3):
            reply = yield Ask(Role.TARGET, Generate(tuple(messages)))
            messages += [Message("assistant", reply.text), Message("user", f"why? ({turn})")]


class OptionScoring(_Family):
    """Compares log-probabilities of given continuations."""

    name = "option_scoring"

    def play(self, case: Case) -> Script[None]:
        yield Ask(Role.TARGET, Score(case.parameters["prompt"], ("yes", "no")))


class ModelWritten(_Family):
    """Has a model write the prompt; refuses every third cell, and repeats itself for every fifth."""

    name = "model_written"

    def write(self, cell: Cell) -> Script[Case | Hole]:
        number = int(cell.labels["item"])
        reply = yield Ask(Role.WRITER, Generate((Message("user", f"write about {number % 5 and number}"),)), "author")
        if number % 3 == 2:
            return Hole(cell, HoleKind.REFUSED, "the writer declined")
        return Case(self.name, {"prompt": reply.text})

    def play(self, case: Case) -> Script[None]:
        yield Ask(Role.TARGET, Generate((Message("user", case.parameters["prompt"]),)))


class ByLength:
    """A rule: an answer of even length passes."""

    name = "by_length"
    version = "1"
    source = "tests"

    def endpoints(self) -> Mapping[str, Plugin]:
        return {}

    def preflight(self) -> Script[tuple[str, ...]]:
        return ()
        yield

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        status = Status.FAIL if len(transcript.answer) % 2 else Status.PASS
        return Verdict(self.name, self.version, status, "even" if status is Status.PASS else "odd")
        yield


class ByModel(ByLength):
    """Asks a judge."""

    name = "by_model"

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        reply = yield Ask(Role.JUDGE, Generate((Message("user", f"judge: {transcript.answer}"),)), "judge")
        return Verdict(self.name, self.version, Status.PASS if "pass" in reply.text else Status.FAIL, reply.text)


class ByScore(ByLength):
    """Compares option scores."""

    name = "by_score"

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        yes, no = transcript.replies[-1].scores
        return Verdict(self.name, self.version, Status.PASS if yes.logprob > no.logprob else Status.FAIL)
        yield


class LearningSearch:
    """Asks items in an order that depends on all it was told: any change in what it hears changes what it asks."""

    criterion = "per-cell"
    learns = True
    is_shuffled = False

    def __init__(self, size: int, round_size: int = 5) -> None:
        self.round_size = round_size
        self.size = size
        self._heard = 0
        self._left = [str(number) for number in range(size)]

    def ask(self, n: int) -> Sequence[Cell]:
        Random(self._heard).shuffle(self._left)
        taken, self._left = self._left[:n], self._left[n:]
        return [Cell({"item": item}) for item in taken]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._heard = derive(self._heard, outcome.key, outcome.status, outcome.trial)

    def state(self) -> Json:
        return {"heard": self._heard, "left": list(self._left)}

    def resume(self, state: Json) -> None:
        assert isinstance(state, dict)
        self._heard, self._left = int(str(state["heard"])), [str(item) for item in list(state["left"] or [])]


def scores(request: Request) -> Reply:
    return says("", scores=(OptionScore(-1.0, 1), OptionScore(-2.0, 2)))


def make_engine(
    store: Store | None = None,
    *,
    family: Any = None,
    oracle: Any = None,
    search: Any = None,
    endpoints: Mapping[Address, Any] | None = None,
    cases: int = 10,
    trials: int = 1,
    concurrency: int = 4,
    limiter: BudgetLimiter | None = None,
    seconds: float | None = None,
    opinions: tuple[Opinion, ...] = (),
    confirmer: Opinion | None = None,
    referee: Referee | None = None,
) -> Engine:
    """An engine over real parts, small by default."""
    family = family or OneTurn(cases)
    search = search or Grid(Grid.Params(round_size=7), family.space(), 0)
    endpoints = endpoints or {(Role.TARGET, ""): FunctionTarget(echo)}
    parts = Parts(family, search, oracle or ByLength(), endpoints, opinions, confirmer)
    load = Load(cases, trials, concurrency, seconds)
    return Engine(
        parts, store or MemoryStore(trials), limiter or BudgetLimiter(), load, Progress(), referee, grace_s=1.0
    )
