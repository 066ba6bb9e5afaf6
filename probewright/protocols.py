"""The roles that plug-ins and adapters play. `registry` knows which class plays which under what name.

Every plug-in class has a nested pydantic model ``Params`` (its part of the spec, checked when the spec loads) and is
built from it; a family and a search get the campaign's seed as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from probewright.findings import Finding, Judged
from probewright.plugins import Plugin, PluginParams, SearchRef
from probewright.types import (
    Case,
    Cell,
    Example,
    Hole,
    Json,
    Outcome,
    Reply,
    Request,
    Script,
    Space,
    Transcript,
    Verdict,
)


class Search(Protocol):
    """Chooses what to test next. Pure and restartable: the same seed and the same outcomes give the same cells."""

    Params: ClassVar[type[PluginParams]]
    criterion: str  # what coverage is measured by: "per-cell", or "2-way" for pairs
    round_size: int  # how many cells the planner asks for at once
    learns: bool  # whether cells depend on outcomes: then round r + 2 waits for the outcomes of round r
    is_shuffled: bool  # whether the first n cells of a pass are a random part of it, for every n

    def __init__(self, params: Any, space: Space, seed: int) -> None: ...

    @property
    def size(self) -> int:
        """How many cells one full pass takes: the number of cases where a spec names none."""
        ...

    def ask(self, n: int) -> Sequence[Cell]:
        """The next ``n`` cells; fewer, or none, when the search has nothing left to ask."""
        ...

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Outcomes of earlier cells, in case order."""
        ...

    def state(self) -> Json:
        """All that ``resume`` needs, as JSON."""
        ...

    def resume(self, state: Json) -> None:
        """Goes on where ``state`` was taken."""
        ...


class Writer(Protocol):
    """Turns a cell into a prompt. A script, because a model may have to be asked."""

    Params: ClassVar[type[PluginParams]]

    def __init__(self, params: Any, profile: Any, seed: int) -> None: ...

    def write(self, cell: Cell) -> Script[str | Hole]:
        """The prompt of ``cell``, or why there is none."""
        ...

    def endpoints(self) -> Mapping[str, Plugin]:
        """The targets that ``write`` asks, by the name it puts into ``Ask.to``."""
        ...


class Family(Protocol):
    """A technique of testing: which cells there are, how a cell becomes a case, how a case is played."""

    Params: ClassVar[type["FamilyParams"]]
    name: ClassVar[str]
    source: ClassVar[str]
    oracle: str  # the oracle that judges where the spec names none
    opinions: ClassVar[tuple[str, ...]]  # oracles that judge beside it where the spec names none; they decide nothing
    rated: ClassVar[Mapping[str, str]]  # labels of the cases that enter the model's rate; all others are controls
    cluster: ClassVar[str]  # the label whose value cases on the same thing share: intervals treat them as repeats

    def __init__(self, params: Any, seed: int) -> None: ...

    def space(self) -> Space:
        """All there is to ask."""
        ...

    def write(self, cell: Cell) -> Script[Case | Hole]:
        """The case of ``cell``, or why there is none."""
        ...

    def play(self, case: Case) -> Script[None]:
        """Asks what the case has to ask; the engine keeps the transcript."""
        ...

    def endpoints(self) -> Mapping[str, Plugin]:
        """The writer's endpoints, by the name put into ``Ask.to``."""
        ...

    def targets(self, own: Plugin) -> Mapping[str, Plugin]:
        """Further targets that ``play`` asks, derived from the spec's ``own``, by the name put into ``Ask.to``."""
        ...

    def fingerprint(self) -> str:
        """A digest of data outside the spec that the cases come from (a file), or the empty string."""
        ...

    @classmethod
    def findings(cls, trials: Iterable[Judged], rules: Sequence[str]) -> Sequence[Finding]:
        """What the results of a campaign mean, beyond rates: in one pass over its trials, in case order.

        ``rules`` are the names of the oracles that judged, the deciding one first.
        """
        ...


class FamilyParams(PluginParams):
    """What every family accepts beside its own parameters."""

    search: SearchRef


class Oracle(Protocol):
    """Judges a transcript. Never sees the network: what it wants to ask a model, it yields.

    A class may have ``words``, pairs of its own word and the status that it means, for people who label its answers.
    """

    Params: ClassVar[type[PluginParams]]
    name: ClassVar[str]
    failure: ClassVar[str]  # what an answer did that failed, as a report says it: "did not give the expected answer"
    source: ClassVar[str]

    def __init__(self, params: Any) -> None: ...

    @property
    def version(self) -> str:
        """Changes whenever verdicts could; of an oracle made of others, with each of theirs."""
        ...

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        """Pass, fail, or undecided where it cannot tell."""
        ...

    def preflight(self) -> Script[tuple[str, ...]]:
        """What is wrong with whom it asks, one line each, found before it judges; empty where it can be trusted."""
        ...

    def endpoints(self) -> Mapping[str, Plugin]:
        """The judges' endpoints, by the name put into ``Ask.to``."""
        ...


class Target(Protocol):
    """A model endpoint: open while used, answers requests, raises `TargetError` where it cannot."""

    Params: ClassVar[type[PluginParams]]
    name: str
    retries: int  # requests sent again so far, for the progress display

    def __init__(self, params: Any) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def ask(self, request: Request) -> Reply:
        """The answer to one request, after bounded retries."""
        ...

    def worst_case(self, request: Request) -> "Cost":
        """The most that one answer to ``request`` can cost: what a limit must still allow before it is sent."""
        ...

    def provenance(self) -> Mapping[str, Json]:
        """What was really asked, for the report: digests, versions, how a model was trained; empty where unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave: the target that asks the tuned model, and a record of how it went, as JSON.

    A record has at least ``trainer``, ``examples``, ``epochs``, ``seconds`` (of training, loading left out) and
    ``loss`` (mean over the answers' tokens in the last epoch, natural logarithm).
    """

    target: Plugin
    record: Mapping[str, Json]


class Trainer(Protocol):
    """Teaches a model examples. Training the same again gives what is there already: it is paid for once."""

    Params: ClassVar[type[PluginParams]]
    name: ClassVar[str]
    source: ClassVar[str]

    def __init__(self, params: Any) -> None: ...

    def check(self, base: Plugin, examples: Sequence[Example]) -> None:
        """Checks, before anything runs, that ``base`` can be tuned and that the examples make sense.

        Raises:
            ConfigError: this trainer cannot tune such a target.
            DataError: there are no examples, one is empty, or two give different answers to the same messages.
        """
        ...

    async def train(self, base: Plugin, examples: Sequence[Example], seed: int) -> Trained:
        """Tunes the model that the target ``base`` asks.

        Raises:
            TrainingFailed: it broke off; one line says why.
        """
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls, tokens and US dollars; ``usd`` is None where the price is unknown, never zero in its place."""

    calls: int = 0
    tokens: int = 0
    usd: float | None = None


class Limiter(Protocol):
    """Holds hard limits: a call is reserved at its worst case before it is sent and settled at its real cost after."""

    async def reserve(self, cost: Cost) -> None:
        """Sets ``cost`` aside; where only other reservations stand in the way, waits for what they really cost.

        Raises:
            LimitReached: what is spent leaves no room for it.
        """
        ...

    async def settle(self, reserved: Cost, real: Cost) -> None:
        """Replaces a reservation by what the call really cost."""
        ...

    async def renew(self) -> None:
        """Keeps the reservations of this process alive, which would otherwise end with its lease."""
        ...

    @property
    def spent(self) -> Cost:
        """What the settled calls cost, earlier runs of the campaign included."""
        ...
