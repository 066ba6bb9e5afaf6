"""A store without a database, for pytest and for trying things out: the same role, kept in plain values."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile

from probewright.campaigns.engine.limiter import add
from probewright.campaigns.engine.planner import duplicate
from probewright.errors import Superseded
from probewright.protocols import Cost
from probewright.store import Answered, Chunk, Closed, Entry, Finished, Round, Settled, Slot, Spent, Standing, Task
from probewright.types import Case, Exchange, Hole, Json, Outcome, Verdict

CHUNK = 200


class MemoryStore:
    """Keeps one campaign in this process. Plays the role `Store`."""

    def __init__(self, trials: int = 1) -> None:
        self._trials = trials
        self._rounds: list[list[int]] = []  # positions by round
        self._search_state: Json = None
        self._chunks: dict[int, list[int]] = {}
        self._unclaimed: list[int] = []
        self._claimed: set[int] = set()
        self._ids = count(1)
        self.slots: dict[int, Slot] = {}
        self.holes: list[Hole] = []
        self._is_planned = False
        self.overhead: list[Exchange] = []  # calls of no case
        self.exchanges: dict[tuple[int, int | None], list[Exchange]] = {}
        self.finished: dict[tuple[int, int], Outcome] = {}
        self.verdicts: dict[tuple[int, int], list[Verdict]] = {}

    def standing(self) -> Standing:
        """What is stored so far."""
        return Standing(
            rounds=len(self._rounds),
            next_position=sum(map(len, self._rounds)),
            planned=len(self.slots),
            unwritten=sum(slot.case is None for slot in self.slots.values()),
            search_state=self._search_state,
            holes=len(self.holes),
            spent=self.spent(),
            seconds=0.0,
            is_planned=self._is_planned,
        )

    def counts(self) -> Mapping[str, int]:
        """Outcomes by status."""
        return Counter(outcome.status.value for outcome in self.finished.values())

    def spent(self) -> Cost:
        """What the stored exchanges cost."""
        total = Cost(usd=0.0)
        for exchanges in (*self.exchanges.values(), self.overhead):
            for exchange in exchanges:
                total = add(total, Cost(1, exchange.reply.usage.total, exchange.reply.usd))
        return total

    def lead(self) -> bool:
        """True: no other process can see this store."""
        return True

    def end_planning(self) -> None:
        """Notes that no further round comes."""
        self._is_planned = True

    def plan(self, planned: Round) -> None:
        """Keeps a round's slots, holes and search state.

        Raises:
            Superseded: the round is not the next one.
        """
        if planned.number != len(self._rounds):
            raise Superseded(f"round {planned.number} cannot be planned: the next round is {len(self._rounds)}")
        positions = [slot.position for slot in planned.slots]
        self.slots.update({slot.position: slot for slot in planned.slots})
        self.holes.extend(planned.holes)
        self._rounds.append(positions)
        self._search_state = planned.search_state
        for start in range(0, len(positions), CHUNK):
            chunk = next(self._ids)
            self._chunks[chunk] = positions[start : start + CHUNK]
            self._unclaimed.append(chunk)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these case keys are held already."""
        return {slot.case.key for slot in self.slots.values() if slot.case is not None} & set(keys)

    def write(self, position: int, written: Case | Hole) -> bool:
        """Fills a slot with its case, or drops it as a hole."""
        slot = self.slots[position]
        if isinstance(written, Case) and not self.known([written.key]):
            self.slots[position] = replace(slot, case=written)
            return True
        self.holes.append(written if isinstance(written, Hole) else duplicate(slot.cell))
        del self.slots[position]
        return False

    def claim(self) -> Chunk | None:
        """The next chunk that nobody works on and that has unfinished tasks."""
        while self._unclaimed:
            chunk = self._unclaimed.pop(0)
            if tasks := tuple(self._tasks(self._chunks[chunk])):
                self._claimed.add(chunk)
                return Chunk(chunk, tasks)
        return None

    def renew(self) -> None:
        """Nothing to renew: no other process can see this store."""

    def ended(self) -> None:
        """Nobody else can stop this campaign."""

    def release(self) -> None:
        """Gives all claimed chunks back that are not closed."""
        self._unclaimed = sorted({*self._unclaimed, *self._claimed})
        self._claimed.clear()

    def save(self, entries: Sequence[Entry]) -> Collection[int]:
        """Keeps answers and outcomes, and closes chunks; no other process can take one over."""
        for entry in entries:
            match entry:
                case Answered(position, trial, _, exchange):
                    self.exchanges.setdefault((position, trial), []).append(exchange)
                case Finished(position, trial, outcome, verdicts):
                    self.finished[position, trial] = outcome
                    self.verdicts.setdefault((position, trial), []).extend(verdicts)
                case Closed(chunk):
                    self._claimed.discard(chunk)
                case Spent(exchange):
                    self.overhead.append(exchange)
        return ()

    def outcomes(self, round_number: int) -> Sequence[Outcome]:
        """The outcomes of a round, in case order."""
        keys = [(position, trial) for position in self._rounds[round_number] for trial in range(self._trials)]
        return [self.finished[key] for key in keys if key in self.finished]

    def settled(self, after: int, most: int) -> Sequence[Settled]:
        """The outcomes of the cases that follow position ``after``, up to the first without one, at most ``most``."""
        following = sorted(position for position in self.slots if position > after)[:most]
        done = takewhile(lambda position: (position, 0) in self.finished, following)
        outcomes = ((position, self.finished[position, 0]) for position in done)
        return [Settled(position, outcome.labels, outcome.status) for position, outcome in outcomes]

    def unclaimed(self) -> int:
        """How many slots are planned in chunks that nobody has claimed."""
        return sum(len(self._chunks[chunk]) for chunk in self._unclaimed)

    def unfinished(self, round_number: int) -> int:
        """How many trials of a round have no outcome yet."""
        kept = [position for position in self._rounds[round_number] if position in self.slots]
        return len(kept) * self._trials - len(self.outcomes(round_number))

    def _tasks(self, positions: Sequence[int]) -> list[Task]:
        return [
            Task(
                self.slots[position],
                trial,
                tuple(self.exchanges.get((position, trial), ())),
                tuple(self.exchanges.get((position, None), ())),
            )
            for position in positions
            if position in self.slots
            for trial in range(self._trials)
            if (position, trial) not in self.finished
        ]
