"""The role `Store`, which keeps one campaign, and what goes in and out of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from probewright.protocols import Cost
from probewright.types import Case, Cell, Exchange, Hole, Json, Outcome, Status, Verdict


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
