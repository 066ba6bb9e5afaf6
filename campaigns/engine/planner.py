"""Turns a search into stored rounds: cells, written into cases where nobody has to be asked, and the search's state."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.script import run_pure
from probewright.errors import Superseded
from probewright.protocols import Family, Search
from probewright.store import Round, Slot, Standing, Store
from probewright.types import Case, Cell, Hole, HoleKind

AHEAD = 2  # rounds that may be planned and unfinished at once
SLICE = 4  # cells written before other work gets a turn: writing is computation, sending must not wait for it
SPARE_HOLES = 100  # holes allowed beyond the number of cases wanted, before the planner gives up refilling
LOOK_S = 0.5  # how often a planner that waits looks again, since other processes may have moved the campaign on


class Planner:
    """The one planner of a campaign. Plans until ``wanted`` slots hold, refilling holes within bounds.

    Each process that works on a campaign has a planner, and one of them leads: it holds the campaign's lease. The
    others follow what it stores, and the first to find the lease free goes on from there.

    A search that learns is told the outcomes of round r, in case order, before it is asked for round r + 2. One that
    does not learn is only kept from running far ahead of the workers, so that no straggler holds it up.
    """

    def __init__(self, family: Family, search: Search, store: Store, journal: Journal, wanted: int) -> None:
        self._family = family
        self._search = search
        self._store = store
        self._journal = journal
        self._wanted = wanted
        self._turn = asyncio.Event()
        self.planned = asyncio.Event()  # set whenever a round was stored or planning ended
        self.rounds = 0  # planned so far, as far as this process knows
        self.is_done = False
        self.holes = 0

    def wake(self) -> None:
        """Work was finished or is running out: look again whether to plan."""
        self._turn.set()

    async def run(self) -> None:
        """Leads or follows; returns when the search or the number of wanted cases is exhausted."""
        while not self.is_done:
            if await self._journal.call(self._store.lead):
                with suppress(Superseded):  # this process slept so long that another took the lead
                    await self._lead()
            else:
                await self._follow()
        self.planned.set()

    async def _lead(self) -> None:
        """Plans round after round."""
        standing, is_due = await self._look()
        if standing.search_state is not None:
            self._search.resume(standing.search_state)
        while not self._has_enough(standing):
            if not is_due or standing.planned >= self._wanted:  # slots without a case yet may turn out holes
                await self._wait()
            elif not await self._plan(standing):
                break
            own_rounds = self.rounds
            standing, is_due = await self._look()
            if standing.rounds != own_rounds:
                raise Superseded("another process planned meanwhile, which this one's search does not know of")
        await self._journal.call(self._store.end_planning)
        self.is_done = True

    async def _follow(self) -> None:
        """Takes note of what the leader stored."""
        self._turn.clear()
        standing = await self._journal.call(self._store.standing)
        if standing.rounds > self.rounds:
            self.planned.set()
        self.rounds, self.holes, self.is_done = standing.rounds, standing.holes, standing.is_planned
        if not self.is_done:
            await self._wait()

    async def _wait(self) -> None:
        """Until this process moved on, or half a second passed."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self._turn.wait()
        except TimeoutError:
            self.planned.set()  # whoever waits for a task tries again: another process may have planned, or given back

    def _has_enough(self, standing: Standing) -> bool:
        if self.holes >= self._wanted + SPARE_HOLES:
            return True
        return standing.planned >= self._wanted and not standing.unwritten

    async def _look(self) -> tuple[Standing, bool]:
        """Where the campaign stands, and whether the next round may be planned."""
        self._turn.clear()
        standing, is_due = await self._journal.call(self._ask_store)
        self.rounds, self.holes = standing.rounds, standing.holes
        return standing, is_due

    def _ask_store(self) -> tuple[Standing, bool]:
        standing = self._store.standing()
        if self._search.learns:
            awaited = standing.rounds - AHEAD
            return standing, awaited < 0 or self._store.unfinished(awaited) == 0
        return standing, self._store.unclaimed() < AHEAD * self._search.round_size

    async def _plan(self, standing: Standing) -> bool:
        """Plans one round; False where the search has nothing left to ask."""
        if self._search.learns and standing.rounds >= AHEAD:
            self._search.tell(await self._journal.call(self._store.outcomes, standing.rounds - AHEAD))
        cells = self._search.ask(min(self._search.round_size, self._wanted - standing.planned))
        if cells:
            await self._journal.call(self._store.plan, await self._write(standing, cells))
            self.rounds += 1
            self.planned.set()
        return bool(cells)

    async def _write(self, standing: Standing, cells: Sequence[Cell]) -> Round:
        slots: list[Slot] = []
        holes: list[Hole] = []
        keys: set[str] = set()
        for place, cell in enumerate(cells, 1):
            is_written, written = run_pure(self._family.write(cell))
            if isinstance(written, Hole):
                holes.append(written)
            elif isinstance(written, Case) and written.key in keys:
                holes.append(duplicate(cell))
            else:
                slots.append(Slot(0, cell, written if is_written else None))
                keys.update([written.key] if written else [])
            if place % SLICE == 0:
                await asyncio.sleep(0)
        known = await self._journal.call(self._store.known, sorted(keys)) if keys else set()
        fresh = [slot for slot in slots if slot.case is None or slot.case.key not in known]
        holes += [duplicate(slot.cell) for slot in slots if slot.case is not None and slot.case.key in known]
        first = standing.next_position
        placed = tuple(Slot(first + place, slot.cell, slot.case) for place, slot in enumerate(fresh))
        return Round(standing.rounds, placed, tuple(holes), self._search.state())


def duplicate(cell: Cell) -> Hole:
    """The hole that a case leaves which the campaign has already."""
    return Hole(cell, HoleKind.DUPLICATE, "the campaign has this very case already")
