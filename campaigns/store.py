"""The store in Django's database: rows of one campaign to core types and back, each method one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Count, F, Model, Q, QuerySet
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.codec import ask_from, case_from_json, case_to_json, reply_from, request_to_json
from probewright.campaigns.planner import duplicate
from probewright.campaigns.process import process_name
from probewright.errors import StoreError
from probewright.protocols import Answered, Chunk, Closed, Cost, Entry, Finished, Round, Slot, Standing, Task
from probewright.types import Case, Cell, Exchange, Hole, Outcome, Status

CHUNK = 200
FRESH = 64  # chunks kept in memory between planning and claiming
LEASE = timedelta(seconds=60)
COUNTERS = ("calls", "prompt_tokens", "completion_tokens", "usd", "unpriced_calls", "retries")
COUNT = f"UPDATE campaigns_campaign SET {', '.join(f'{c} = {c} + %s' for c in (*COUNTERS, 'seconds'))} WHERE id = %s"
OUTCOME = ("case__key", "case__labels", "status", "reason", "label", "score", "trial")
SLOT = ("position", "cell", "index", "labels", "content")
STANDING = (*COUNTERS, "rounds", "next_position", "planned", "unwritten", "hole_count", "search_state", "seconds")


@dataclass(slots=True)
class _Sums:
    """What a batch adds to its campaign's counters."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced_calls: int = 0
    retries: int = 0
    closed: list[int] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        reply = exchange.reply
        self.calls += 1
        self.prompt_tokens += reply.usage.prompt_tokens
        self.completion_tokens += reply.usage.completion_tokens
        self.usd += reply.usd or 0.0
        self.unpriced_calls += reply.usd is None
        self.retries += reply.attempts - 1


class DjangoStore:
    """Keeps one campaign in the database. Plays the role `Store`; used from one thread, with its own connection."""

    def __init__(self, campaign_id: int, trials: int) -> None:
        self._id = campaign_id
        self._trials = trials
        self._owner = process_name()
        self._case_ids: dict[int, int] = {}  # position -> primary key, of the claimed chunks
        self._positions: dict[int, range] = {}  # chunk -> its positions
        self._fresh: dict[int, Sequence[Slot]] = {}  # chunk -> its slots, planned by this process and not yet claimed
        self._clock = monotonic()

    def standing(self) -> Standing:
        """Where the campaign stands."""
        row = models.Campaign.objects.only(*STANDING).get(pk=self._id)
        return Standing(
            rounds=row.rounds,
            next_position=row.next_position,
            planned=row.planned,
            unwritten=row.unwritten,
            holes=row.hole_count,
            search_state=row.search_state,
            spent=spent(row),
            seconds=row.seconds,
        )

    def counts(self) -> Mapping[str, int]:
        """Outcomes by status."""
        rows = models.Transcript.objects.filter(case__campaign=self._id).values_list("status")
        return dict(rows.annotate(count=Count("pk")).order_by())

    @transaction.atomic
    def plan(self, planned: Round) -> None:
        """Commits a round: slots, chunks, holes, and the search's state.

        Raises:
            StoreError: the round is not the next one, so somebody else planned it.
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
            raise StoreError(f"round {planned.number} of campaign {self._id} is planned already")
        _insert(models.Case, (self._case_row(slot, planned.number) for slot in planned.slots))
        pieces = [planned.slots[start : start + CHUNK] for start in range(0, len(positions), CHUNK)]
        chunks = models.Chunk.objects.bulk_create(
            models.Chunk(campaign_id=self._id, round=planned.number, first=piece[0].position, last=piece[-1].position)
            for piece in pieces
        )
        self._remember({chunk.pk: piece for chunk, piece in zip(chunks, pieces, strict=True)})
        models.Hole.objects.bulk_create(self._hole_row(hole) for hole in planned.holes)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these case keys the campaign holds already."""
        held = models.Case.objects.filter(campaign=self._id, key__in=keys)
        return {key for key in held.values_list("key", flat=True) if key is not None}

    @transaction.atomic
    def write(self, position: int, written: Case | Hole) -> bool:
        """Fills a slot with its case and gives True, or drops it as a hole (also for a duplicate) and gives False."""
        row = models.Case.objects.filter(campaign=self._id, position=position)
        campaign = models.Campaign.objects.filter(pk=self._id)
        if isinstance(written, Case) and not self.known([written.key]):
            campaign.update(unwritten=F("unwritten") - 1)
            return row.update(key=written.key, labels=written.labels, content=case_to_json(written)) == 1
        campaign.update(unwritten=F("unwritten") - 1, planned=F("planned") - 1, hole_count=F("hole_count") + 1)
        planned = row.get()
        hole = written if isinstance(written, Hole) else duplicate(Cell(planned.cell, planned.index))
        self._hole_row(hole).save()
        planned.delete()
        return False

    def claim(self) -> Chunk | None:
        """Leases the next chunk by one conditional UPDATE, or gives None; one without unfinished tasks is closed."""
        now = timezone.now()
        free = (Q(lease_until=None) | Q(lease_until__lt=now)) & ~Q(owner=self._owner)
        while True:
            row = models.Chunk.objects.filter(free, campaign=self._id, is_done=False).order_by("first").first()
            if row is None:
                return None
            chunk = models.Chunk.objects.filter(free, pk=row.pk, is_done=False)
            if chunk.update(owner=self._owner, lease_until=now + LEASE, claims=F("claims") + 1) != 1:
                continue
            if tasks := self._tasks(row):
                return Chunk(row.pk, tuple(tasks))
            self._close([row.pk])

    def renew(self) -> None:
        """Extends the leases of this process, which would otherwise end 60 s after the last call."""
        until = timezone.now() + LEASE
        models.Chunk.objects.filter(campaign=self._id, owner=self._owner).update(lease_until=until)
        models.Campaign.objects.filter(pk=self._id, runner=self._owner).update(lease_until=until)
        self._keep_time()

    def release(self) -> None:
        """Gives back the chunks that this process has claimed and not closed; ends the thread's connection."""
        models.Chunk.objects.filter(campaign=self._id, owner=self._owner, is_done=False).update(
            owner="", lease_until=None
        )
        self._keep_time()
        connection.close()

    @transaction.atomic
    def save(self, entries: Sequence[Entry]) -> None:
        """Commits answers and outcomes, counters with them, and closes chunks."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sums = _Sums()
        exchanges, transcripts, verdicts = [], [], []
        for entry in entries:
            match entry:
                case Answered(position):
                    exchanges.append(_exchange_row(self._case_ids[position], entry))
                    sums.add(entry.exchange)
                case Finished(position, trial, outcome, judged):
                    case_id = self._case_ids[position]
                    transcripts.append(_transcript_row(case_id, trial, outcome))
                    verdicts += [_verdict_row(case_id, trial, verdict, now) for verdict in judged]
                case Closed(chunk):
                    sums.closed.append(chunk)
        _insert(models.Exchange, exchanges)
        _insert(models.Transcript, transcripts)
        _insert(models.Verdict, verdicts)
        self._count(sums)
        self._close(sums.closed)

    def outcomes(self, round_number: int) -> Sequence[Outcome]:
        """The outcomes of a round, in case order; trials of a case follow one another."""
        rows = models.Transcript.objects.filter(case__campaign=self._id, case__round=round_number)
        return [outcome_of(*row) for row in rows.order_by("case__position", "trial").values_list(*OUTCOME)]

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
        self._case_ids.update(cases.values_list("position", "pk"))
        self._positions[row.pk] = range(row.first, row.last + 1)
        slots = self._fresh.pop(row.pk, None)
        if slots is not None and row.claims == 0:  # claimed before: some of it may be done
            return [Task(slot, trial) for slot in slots for trial in range(self._trials)]
        return self._stored_tasks(row)

    def _stored_tasks(self, row: models.Chunk) -> list[Task]:
        within = {"campaign": self._id, "position__range": (row.first, row.last)}
        cases = models.Case.objects.filter(**within).order_by("position")
        slots = {pk: _slot(*columns) for pk, *columns in cases.values_list("pk", *SLOT)}
        within = {f"case__{name}": value for name, value in within.items()}
        done = set(models.Transcript.objects.filter(**within).values_list("case_id", "trial"))
        stored = _stored_exchanges(models.Exchange.objects.filter(**within))
        return [
            Task(slot, trial, stored.get((pk, trial), ()), stored.get((pk, None), ()))
            for pk, slot in slots.items()
            for trial in range(self._trials)
            if (pk, trial) not in done
        ]

    def _count(self, sums: _Sums) -> None:
        with connection.cursor() as cursor:  # by hand: Django takes 0.4 ms to write this statement, once a commit
            cursor.execute(COUNT, (*(getattr(sums, name) for name in COUNTERS), self._elapsed(), self._id))

    def _close(self, chunks: Iterable[int]) -> None:
        for chunk in chunks:
            models.Chunk.objects.filter(pk=chunk).update(is_done=True, owner="", lease_until=None)
            for position in self._positions.pop(chunk, ()):
                self._case_ids.pop(position, None)

    def _keep_time(self) -> None:
        models.Campaign.objects.filter(pk=self._id).update(seconds=F("seconds") + self._elapsed())

    def _elapsed(self) -> float:
        now = monotonic()
        elapsed, self._clock = now - self._clock, now
        return elapsed

    def _case_row(self, slot: Slot, round_number: int) -> dict[str, Any]:
        case = slot.case
        return {
            "campaign_id": self._id,
            "position": slot.position,
            "round": round_number,
            "cell": _dumps(slot.cell.labels),
            "index": slot.cell.index,
            "labels": _dumps(slot.cell.labels if case is None else case.labels),
            "key": None if case is None else case.key,
            "content": None if case is None else _dumps(case_to_json(case)),
        }

    def _hole_row(self, hole: Hole) -> models.Hole:
        labels, index = dict(hole.cell.labels), hole.cell.index
        return models.Hole(campaign_id=self._id, cell=labels, index=index, kind=hole.kind.value, reason=hole.reason)


def spent(row: models.Campaign) -> Cost:
    """What a campaign has cost so far; dollars are unknown once a call had no known price."""
    tokens = row.prompt_tokens + row.completion_tokens
    return Cost(row.calls, tokens, None if row.unpriced_calls else row.usd)


def outcome_of(
    key: str | None, labels: dict[str, str], status: str, reason: str, label: str, score: float | None, trial: int
) -> Outcome:
    """The outcome that a row of Transcript keeps, from its columns `OUTCOME`."""
    return Outcome(key or "", labels, Status(status), reason, label, score, trial)


def _slot(
    position: int, cell: dict[str, str], index: int, labels: dict[str, str], content: dict[str, Any] | None
) -> Slot:
    return Slot(position, Cell(cell, index), None if content is None else case_from_json(content, labels))


def _stored_exchanges(rows: QuerySet[models.Exchange]) -> dict[tuple[int, int | None], tuple[Exchange, ...]]:
    stored: dict[tuple[int, int | None], tuple[Exchange, ...]] = {}
    for row in rows.order_by("case_id", "trial", "ordinal").values():
        ask = ask_from(row["role"], row["to"], row["request"])
        key = (row["case_id"], row["trial"])
        stored[key] = (*stored.get(key, ()), Exchange(ask, reply_from(row)))
    return stored


def _exchange_row(case_id: int, answered: Answered) -> dict[str, Any]:
    ask, reply = answered.exchange.ask, answered.exchange.reply
    return {
        "case_id": case_id,
        "trial": answered.trial,
        "ordinal": answered.ordinal,
        "role": ask.role.value,
        "to": ask.to,
        "request": _dumps(request_to_json(ask.request)),
        "text": _storable(reply.text),
        "reasoning": _storable(reply.reasoning),
        "finish_reason": reply.finish_reason,
        "scores": _dumps([[score.logprob, score.tokens] for score in reply.scores]) if reply.scores else None,
        "blocked": reply.blocked,
        "model": reply.model,
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "is_estimated": reply.usage.is_estimated,
        "usd": reply.usd,
        "latency_s": reply.latency_s,
        "attempts": reply.attempts,
    }


def _transcript_row(case_id: int, trial: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "trial": trial,
        "status": outcome.status.value,
        "label": outcome.label,
        "score": outcome.score,
        "reason": _storable(outcome.reason),
    }


def _verdict_row(case_id: int, trial: int, verdict: Any, now: Any) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "trial": trial,
        "oracle": verdict.oracle,
        "version": verdict.version,
        "status": verdict.status.value,
        "label": verdict.label,
        "score": verdict.score,
        "reason": _storable(verdict.reason),
        "created_at": now,
    }


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _storable(text: str) -> str:
    """``text`` without what a database cannot hold: NUL, and halves of surrogate pairs."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _insert(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts rows of columns. Django's `bulk_create` costs 5 times as much a row, and this is the hot path."""
    columns: list[str] = []
    values = []
    for row in rows:
        columns = columns or list(row)
        values.append(tuple(row.values()))
    if not values:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", values)
