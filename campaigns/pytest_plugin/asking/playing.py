"""Plays single cases of a spec, as a campaign would: written by its family, asked, judged by its oracles."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probewright.campaigns.engine.dialogue import Dialogue
from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.parts import Parts
from probewright.campaigns.engine.preflight import Preflight
from probewright.campaigns.engine.runner import build
from probewright.campaigns.engine.scribe import Scribe
from probewright.campaigns.engine.script import drive, run_pure
from probewright.campaigns.engine.turn import play
from probewright.campaigns.pytest_plugin.asking.live import Live, Scope
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.errors import ConfigError, LimitReached
from probewright.store import Slot, Task
from probewright.testgen.described import described
from probewright.types import Ask, Case, Cell, Hole, Outcome, Reply, Status, Transcript

Slots = Sequence[tuple[Case, int]]  # cases with the number of a trial


@dataclass(frozen=True, slots=True)
class Played:
    """How one trial of a case ended, and what was said."""

    outcome: Outcome
    transcript: Transcript


class Player:
    """Writes and plays the cases of one spec, by their place in its search. Cases are written when they are needed.

    Raises:
        ConfigError: the spec's plug-ins refuse their parameters, or more cases are wanted than there are.
    """

    def __init__(self, live: Live, spec: CampaignSpec) -> None:
        self._live = live
        self._plan = build(spec)
        self._cells: list[Cell] = []
        self._written: dict[int, Case | Hole] = {}
        self._is_trusted = False
        self._room = asyncio.Semaphore(spec.limits.concurrency)
        self._described = described(spec.family.dump())

    def is_rated(self, case: Case) -> bool:
        """Whether the case enters rates; where not, it is a control."""
        return bool(self._described.rated.items() <= case.labels.items())

    def cluster_of(self, case: Case) -> str:
        """What the case shares with others on the same thing, else its key."""
        return case.labels.get(self._described.cluster, "") or case.key

    def write(self, place: int, scope: Scope) -> Case | Hole:
        """The case at a place (from 0) of the search, or why there is none."""
        if place not in self._written:
            cell = self._cell(place)
            is_written, written = run_pure(self._plan.family.write(cell))
            self._written[place] = written if is_written and written else self._live.call(self._ask_writer(cell, scope))
        return self._written[place]

    def play(self, slots: Slots, scope: Scope) -> list[Played]:
        """Plays trials, as many at once as the spec's concurrency allows; `not_run` where the budget is spent.

        Raises:
            ConfigError: an oracle failed its preflight.
        """
        return self._live.call(self._play_all(slots, scope))

    def _cell(self, place: int) -> Cell:
        while len(self._cells) <= place:
            more = self._plan.search.ask(min(self._plan.search.round_size, self._plan.cases))
            if not more:
                raise ConfigError(f"the search has {len(self._cells):,} cells; the test wants number {place + 1:,}")
            self._cells.extend(more)
        return self._cells[place]

    async def _ask_writer(self, cell: Cell, scope: Scope) -> Case | Hole:
        endpoints = await self._live.endpoints(self._plan.endpoints, scope)

        async def answer(ask: Ask) -> Reply:
            return await endpoints[ask.role, ask.to].ask(ask.request)

        return await drive(self._plan.family.write(cell), answer)

    async def _play_all(self, slots: Slots, scope: Scope) -> list[Played]:
        plan = self._plan
        endpoints = await self._live.endpoints(plan.endpoints, scope)
        parts = Parts(plan.family, plan.search, plan.oracle, endpoints, plan.opinions, plan.confirmer)
        await self._trust(parts)
        return await asyncio.gather(*(self._play(parts, case, trial) for case, trial in slots))

    async def _play(self, parts: Parts, case: Case, trial: int) -> Played:
        journal = Journal(MemoryStore())  # nothing is resumed, but a dialogue of many turns hands its turns over

        async def answer(ask: Ask) -> Reply:
            return await parts.endpoints[ask.role, ask.to].ask(ask.request)

        dialogue = Dialogue(0, trial, (), journal, answer)
        try:
            async with self._room:
                scribe = Scribe(parts.family, MemoryStore(), journal, answer)
                finished = await play(0, Task(Slot(0, Cell(case.labels), case), trial), scribe, parts, dialogue)
            outcome = finished[0].outcome
        except LimitReached as limit:
            outcome = Outcome(case.key, case.labels, Status.NOT_RUN, f"budget: {limit}", trial=trial)
        finally:
            await journal.close()
        return Played(outcome, Transcript(case, tuple(dialogue.exchanges), trial))

    async def _trust(self, parts: Parts) -> None:
        """Runs the preflights of the oracles, once."""
        if self._is_trusted:
            return
        journal = Journal(MemoryStore())

        async def answer(ask: Ask) -> Reply:
            return await parts.endpoints[ask.role, ask.to].ask(ask.request)

        try:
            passed = await Preflight(parts, journal, answer).passed()
        finally:
            await journal.close()
        if passed.distrust:
            raise ConfigError(passed.distrust)
        self._plan = replace(self._plan, opinions=passed.parts.opinions)
        self._is_trusted = True
