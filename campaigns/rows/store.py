"""The store in Django's database: one campaign as a process works on it, each method one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from time import monotonic

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.engine.planner import duplicate
from probewright.campaigns.engine.process import process_name
from probewright.campaigns.models import CampaignState
from probewright.campaigns.rows import counters, leases
from probewright.campaigns.rows.codec import case_to_json
from probewright.campaigns.rows.columns import (
    OUTCOME,
    SLOT,
    case_row,
    exchange_row,
    exchanges_of,
    hole_row,
    insert,
    outcome_of,
    slot_of,
    transcript_row,
    verdict_row,
)
from probewright.errors import Superseded
from probewright.store import Answered, Chunk, Closed, Entry, Finished, Round, Settled, Slot, Spent, Standing, Task
from probewright.types import Case, Cell, Hole, Outcome, Status

LARGEST_CHUNK = 200
SMALLEST_CHUNK = 16
FRESH = 64  # chunks kept in memory between planning and claiming
STANDING = ("rounds", "next_position", "planned", "unwritten", "hole_count", "search_state", "is_planned")


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A case of a claimed chunk."""

    case: int
    chunk: int


class DjangoStore:
    """Keeps one campaign in the database. Plays the role `Store`; used from one thread, with its own connection.

    Args:
        campaign_id: The campaign's primary key.
        trials: How often each case is asked.
        concurrency: Requests that a process has in flight: a chunk holds about as many cases, so that several
            processes end together.
    """

    def __init__(self, campaign_id: int, trials: int, concurrency: int = LARGEST_CHUNK) -> None:
        self._id = campaign_id
        self._trials = trials
        self._chunk = min(LARGEST_CHUNK, max(SMALLEST_CHUNK, concurrency))
        self._owner = process_name()
        self._leads = False
        self._claimed: dict[int, _Claimed] = {}  # by position
        self._positions: dict[int, range] = {}  # chunk -> its positions; all chunks of which something is under way
        self._fresh: dict[int, Sequence[Slot]] = {}  # chunk -> its slots, planned by this process and not yet claimed
        self._clock = monotonic()

    def standing(self) -> Standing:
        """Where the campaign stands."""
        row = models.Campaign.objects.only(*STANDING).get(pk=self._id)
        total = counters.total(self._id)
        return Standing(
            rounds=row.rounds,
            next_position=row.next_position,
            planned=row.planned,
            unwritten=row.unwritten,
            holes=row.hole_count,
            search_state=row.search_state,
            spent=total.spent,
            seconds=total.seconds,
            is_planned=row.is_planned,
        )

    def counts(self) -> Mapping[str, int]:
        """Outcomes by status."""
        return counters.total(self._id).counts

    def lead(self) -> bool:
        """Takes the lease of the campaign's planner, or keeps it; False while another living process holds it."""
        self._leads = leases.take_lead(self._id, self._owner)
        return self._leads

    def end_planning(self) -> None:
        """Notes that no further round comes."""
        models.Campaign.objects.filter(pk=self._id).update(is_planned=True)

    @transaction.atomic
    def plan(self, planned: Round) -> None:
        """Commits a round: slots, chunks, holes, and the search's state.

        Raises:
            Superseded: the round is not the next one, so somebody else planned it.
        """
        positions = [slot.position for slot in planned.slots]
        updated = models.Campaign.objects.filter(pk=self._id, rounds=planned.number).update(
            rounds=planned.number + 1,
            next_position=F("next_position") + len(positions),
            planned=F("planned") + len(positions),
            unwritten=F("unwritten") + sum(slot.case is None for slot in planned.slots),
            hole_count=F("hole_count") + len(planned.holes),
            search_state=planned.search_state,
        )
        if updated != 1:
            raise Superseded(f"round {planned.number} of campaign {self._id} is planned already")
        insert(models.Case, (case_row(self._id, slot, planned.number) for slot in planned.slots))
        pieces = [planned.slots[start : start + self._chunk] for start in range(0, len(positions), self._chunk)]
        chunks = models.Chunk.objects.bulk_create(
            models.Chunk(campaign_id=self._id, round=planned.number, first=piece[0].position, last=piece[-1].position)
            for piece in pieces
        )
        self._remember({chunk.pk: piece for chunk, piece in zip(chunks, pieces, strict=True)})
        models.Hole.objects.bulk_create(hole_row(self._id, hole) for hole in planned.holes)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these case keys the campaign holds already."""
        held = models.Case.objects.filter(campaign=self._id, key__in=keys)
        return {key for key in held.values_list("key", flat=True) if key is not None}

    @transaction.atomic
    def write(self, position: int, written: Case | Hole) -> bool:
        """Fills a slot with its case and gives True, or drops it as a hole (also for a duplicate) and gives False."""
        campaign = models.Campaign.objects.filter(pk=self._id)
        campaign.select_for_update().only("pk").get()  # so that two processes cannot write the same case
        if not leases.held([self._claimed[position].chunk], self._owner):
            return False
        unwritten = models.Case.objects.filter(campaign=self._id, position=position, key=None)
        if isinstance(written, Case) and not self.known([written.key]):
            filled = unwritten.update(key=written.key, labels=written.labels, content=case_to_json(written))
            campaign.update(unwritten=F("unwritten") - filled)
            return filled == 1
        planned = unwritten.get()
        hole = written if isinstance(written, Hole) else duplicate(Cell(planned.cell, planned.index))
        hole_row(self._id, hole).save()
        planned.delete()
        campaign.update(unwritten=F("unwritten") - 1, planned=F("planned") - 1, hole_count=F("hole_count") + 1)
        return False

    def claim(self) -> Chunk | None:
        """Leases the next chunk by one conditional UPDATE, or gives None; one without unfinished tasks is closed."""
        leases.enter(self._id, self._owner)
        while True:
            row = leases.next_free(self._id, self._owner, self._positions)
            if row is None:
                return None
            if not leases.claim(row, self._owner):
                continue
            if tasks := self._tasks(row):
                return Chunk(row.pk, tuple(tasks))
            self._close([row.pk])
            self._forget([row.pk])

    def renew(self) -> None:
        """Extends the leases of this process, which would otherwise end 60 s after the last call."""
        leases.renew(self._id, self._owner)
        self._keep_time()

    def ended(self) -> str | None:
        """Why the campaign is not to be worked on any more, or None while it runs."""
        state, reason = models.Campaign.objects.values_list("state", "stop_reason").get(pk=self._id)
        if state in {CampaignState.RUNNING, CampaignState.QUEUED}:
            return None
        return reason or f"the campaign is {state}"

    def release(self) -> None:
        """Gives back what this process holds of the campaign; ends the thread's connection."""
        self._keep_time()
        leases.release(self._id, self._owner)
        self._positions.clear()
        connection.close()

    @transaction.atomic
    def save(self, entries: Sequence[Entry]) -> Collection[int]:
        """Commits answers and outcomes, counters with them, and closes chunks; gives the chunks that it lost."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        lost = self._find_lost(entries)
        sums = counters.Sums()
        exchanges, transcripts, verdicts, closed = [], [], [], []
        for entry in entries:
            if isinstance(entry, Answered | Spent):
                sums.add(entry.exchange)  # it was paid for, whoever holds the chunk
            if isinstance(entry, Spent) or self._chunk_of(entry) in lost:
                continue
            match entry:
                case Answered(position):
                    exchanges.append(exchange_row(self._claimed[position].case, entry))
                case Finished(position, trial, outcome, judged):
                    case_id = self._claimed[position].case
                    transcripts.append(transcript_row(case_id, trial, outcome))
                    verdicts += [verdict_row(case_id, trial, verdict, now) for verdict in judged]
                    sums.end(outcome.status)
                case Closed(chunk):
                    closed.append(chunk)
        insert(models.Exchange, exchanges)
        insert(models.Transcript, transcripts)
        insert(models.Verdict, verdicts)
        sums.write(self._id, self._owner, self._elapsed())
        self._close(closed)
        self._forget(entry.chunk for entry in entries if isinstance(entry, Closed))
        return lost

    def _chunk_of(self, entry: Answered | Finished | Closed) -> int:
        return entry.chunk if isinstance(entry, Closed) else self._claimed[entry.position].chunk

    def _find_lost(self, entries: Sequence[Entry]) -> set[int]:
        """Which chunks of ``entries`` this process does not hold any more; those that it does stay locked."""
        chunks = {self._chunk_of(entry) for entry in entries if not isinstance(entry, Spent)}
        return chunks - leases.held(chunks, self._owner) if chunks else chunks

    def outcomes(self, round_number: int) -> Sequence[Outcome]:
        """The outcomes of a round, in case order; trials of a case follow one another."""
        rows = models.Transcript.objects.filter(case__campaign=self._id, case__round=round_number)
        return [outcome_of(*row) for row in rows.order_by("case__position", "trial").values_list(*OUTCOME)]

    def settled(self, after: int, most: int) -> Sequence[Settled]:
        """The outcomes of the cases that follow position ``after``, up to the first without one, at most ``most``."""
        following = models.Case.objects.filter(campaign=self._id, position__gt=after).order_by("position")[:most]
        rows = following.values_list("position", "labels", "transcripts__status")
        done = takewhile(lambda row: row[2] is not None, rows)
        return [Settled(position, labels, Status(status)) for position, labels, status in done]

    def unclaimed(self) -> int:
        """How many slots are planned in chunks that nobody has claimed."""
        open_chunks = models.Chunk.objects.filter(campaign=self._id, is_done=False, owner="")
        return sum(last - first + 1 for first, last in open_chunks.values_list("first", "last"))

    def unfinished(self, round_number: int) -> int:
        """How many trials of a round have no outcome yet."""
        cases = models.Case.objects.filter(campaign=self._id, round=round_number).count()
        outcomes = models.Transcript.objects.filter(case__campaign=self._id, case__round=round_number)
        return cases * self._trials - outcomes.filter(trial__lt=self._trials).count()

    def _remember(self, planned: Mapping[int, Sequence[Slot]]) -> None:
        """Keeps slots that were just planned, for this process to claim without reading them back."""
        self._fresh.update(planned)
        while len(self._fresh) > FRESH:  # the oldest were claimed by somebody else
            del self._fresh[next(iter(self._fresh))]

    def _tasks(self, row: models.Chunk) -> list[Task]:
        cases = models.Case.objects.filter(campaign=self._id, position__range=(row.first, row.last))
        self._claimed.update((place, _Claimed(pk, row.pk)) for place, pk in cases.values_list("position", "pk"))
        self._positions[row.pk] = range(row.first, row.last + 1)
        slots = self._fresh.pop(row.pk, None)
        if slots is not None and row.claims == 0:  # claimed before: some of it may be done
            return [Task(slot, trial) for slot in slots for trial in range(self._trials)]
        return self._stored_tasks(row)

    def _stored_tasks(self, row: models.Chunk) -> list[Task]:
        within = {"campaign": self._id, "position__range": (row.first, row.last)}
        cases = models.Case.objects.filter(**within).order_by("position")
        slots = {pk: slot_of(*columns) for pk, *columns in cases.values_list("pk", *SLOT)}
        within = {f"case__{name}": value for name, value in within.items()}
        done = set(models.Transcript.objects.filter(**within).values_list("case_id", "trial"))
        stored = exchanges_of(models.Exchange.objects.filter(**within))
        return [
            Task(slot, trial, stored.get((pk, trial), ()), stored.get((pk, None), ()))
            for pk, slot in slots.items()
            for trial in range(self._trials)
            if (pk, trial) not in done
        ]

    def _close(self, chunks: Iterable[int]) -> None:
        for chunk in chunks:
            models.Chunk.objects.filter(pk=chunk).update(is_done=True, owner="", lease_until=None)

    def _forget(self, chunks: Iterable[int]) -> None:
        """Nothing of ``chunks`` is under way any more; one that another process took over may be claimed again."""
        for chunk in chunks:
            for position in self._positions.pop(chunk, ()):
                self._claimed.pop(position, None)

    def _keep_time(self) -> None:
        counters.Sums().write(self._id, self._owner, self._elapsed())

    def _elapsed(self) -> float:
        """Seconds since the last call, to be counted once: by the process that plans."""
        now = monotonic()
        elapsed, self._clock = now - self._clock, now
        return elapsed if self._leads else 0.0
