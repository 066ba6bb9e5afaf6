"""The roles that plug-ins and adapters play. `registry` knows which class plays which under what name.

Every plug-in class has a nested pydantic model ``Params`` (its part of the spec, checked when the spec loads) and is
built from it; a family and a search get the campaign's seed as well.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from probewright.findings import Finding, Judged
from probewright.plugins import Plugin, PluginParams, SearchRef
from probewright.types import (
    Case,
    Cell,
    Example,
    Exchange,
    Hole,
    Json,
    Outcome,
    Reply,
    Request,
    Script,
    Space,
    Status,
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


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned cell at its place in the campaign's order; ``case`` is there once it is written."""

    position: int
    cell: Cell
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One trial of a slot that has no outcome yet, with what an earlier run stored of it.

    ``exchanges`` are the trial's own, ``writing`` those in which the slot's case was being written.
    """

    slot: Slot
    trial: int
    exchanges: tuple[Exchange, ...] = ()
    writing: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A claimed piece of a round: at most 200 slots, worked on under a lease."""

    id: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One step of the planner: its slots, holes found while writing them, and the search's state after it."""

    number: int
    slots: tuple[Slot, ...]
    holes: tuple[Hole, ...]
    search_state: Json


@dataclass(frozen=True, slots=True)
class Answered:
    """An exchange to commit; ``ordinal`` counts from 0 in its trial, or in the writing where ``trial`` is None."""

    position: int
    trial: int | None
    ordinal: int
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Spent:
    """A call that belongs to no case, such as an oracle's preflight: its cost is committed, its words are not kept."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Closed:
    """All tasks of a chunk have their outcomes, and they stand before this entry."""

    chunk: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The outcome of one trial to commit, with the verdicts that it follows from."""

    position: int
    trial: int
    outcome: Outcome
    verdicts: tuple[Verdict, ...] = ()


Entry = Answered | Finished | Closed | Spent


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands, from counters: cheap to ask however large the campaign is.

    ``planned`` counts the slots that hold, ``unwritten`` those of them without a case yet, ``spent`` is what the stored
    exchanges cost, ``seconds`` how long it ran so far, ``is_planned`` whether no further round comes.
    """

    rounds: int
    next_position: int
    planned: int
    unwritten: int
    holes: int
    search_state: Json
    spent: Cost
    seconds: float
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A case of which nothing is left to ask, at its place in the campaign's order: how its only trial ended."""

    position: int
    labels: Mapping[str, str]
    status: Status


@runtime_checkable
class Store(Protocol):
    """Keeps one campaign. Synchronous, called from one thread of the engine's own; every method is one transaction.

    Several processes may each have a store of the same campaign: chunks and the planning are held by leases of 60 s.
    """

    def standing(self) -> Standing:
        """What is stored so far."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Outcomes by status."""
        ...

    def lead(self) -> bool:
        """Takes the lease of the campaign's one planner, or keeps it; False while another process holds it."""
        ...

    def plan(self, planned: Round) -> None:
        """Commits a round: slots, holes, and the search's state.

        Raises:
            Superseded: somebody else planned this round.
        """
        ...

    def end_planning(self) -> None:
        """Notes that no further round comes."""
        ...

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these case keys the campaign holds already."""
        ...

    def write(self, position: int, written: Case | Hole) -> bool:
        """Fills a slot with its case and gives True, or drops it as a hole (also for a duplicate) and gives False."""
        ...

    def claim(self) -> Chunk | None:
        """Leases the next chunk that has unfinished tasks, or None."""
        ...

    def renew(self) -> None:
        """Extends this process's leases; called every 20 s while the engine runs."""
        ...

    def ended(self) -> str | None:
        """Why this campaign is not to be worked on any more, where somebody else stopped it; asked every second."""
        ...

    def release(self) -> None:
        """Gives all claimed chunks back that are not closed, open for whoever claims next."""
        ...

    def save(self, entries: Sequence[Entry]) -> Collection[int]:
        """Commits answers and outcomes, and closes chunks.

        Returns:
            Chunks that another process holds by now, since this one let its lease run out: their entries were dropped,
            so that a trial never gets two outcomes.
        """
        ...

    def outcomes(self, round_number: int) -> Sequence[Outcome]:
        """The outcomes of a round, in case order; trials of a case follow one another."""
        ...

    def settled(self, after: int, most: int) -> Sequence[Settled]:
        """The outcomes of the cases that follow position ``after``, up to the first without one, at most ``most``.

        Asked only where each case is tried once.
        """
        ...

    def unclaimed(self) -> int:
        """How many slots are planned in chunks that nobody has claimed."""
        ...

    def unfinished(self, round_number: int) -> int:
        """How many trials of a round have no outcome yet."""
        ...
