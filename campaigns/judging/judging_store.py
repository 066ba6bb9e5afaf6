"""The store of those who judge a campaign again: hands out trials with their transcripts, adds verdicts to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.engine.ruling import UNJUDGED
from probewright.campaigns.judging.rehearing import Heard
from probewright.campaigns.rows import counters, sittings
from probewright.campaigns.rows.columns import SLOT, exchange_row, exchanges_of, insert, slot_of, verdict_row
from probewright.campaigns.rows.leases import LEASE
from probewright.campaigns.rows.sittings import Sitting
from probewright.campaigns.rows.store import DjangoStore
from probewright.errors import Superseded
from probewright.store import Answered, Chunk, Closed, Entry, Finished, Slot, Spent, Standing, Task
from probewright.types import Exchange, Role, Status, Transcript, Verdict

PAGE = 200  # positions looked at in one claim


class JudgingStore(DjangoStore):
    """A campaign that was run, as a sitting sees it. Outcomes stay as they are until all trials are judged.

    Args:
        row: The campaign, held by this process.
        sitting: Who judges.
        heard: Where the transcripts of claimed trials are put.
        trials: How many trials can be judged.
    """

    def __init__(self, row: models.Campaign, sitting: Sitting, heard: Heard, trials: int) -> None:
        super().__init__(row.pk, trials=1)
        self._sitting = sitting
        self._heard = heard
        self._count = trials
        self._end = row.next_position
        self._next = 0  # position that nobody looked at yet
        self._cases: dict[int, int] = {}  # position -> case, of claimed trials

    def standing(self) -> Standing:
        """All is planned; what was spent so far counts against the limits."""
        spent = counters.total(self._id).spent
        return Standing(0, 0, self._count, 0, 0, None, spent, 0.0, is_planned=True)

    def counts(self) -> Mapping[str, int]:
        """What was said in this sitting so far, by status."""
        return sittings.heard(self._id, self._sitting)

    def lead(self) -> bool:
        """True: there is nothing to plan."""
        return True

    def end_planning(self) -> None:
        """Nothing was planned."""

    def claim(self) -> Chunk | None:
        """The next trials that the judge has not judged, with all that was said in them, or None."""
        while self._next < self._end:
            first, self._next = self._next, self._next + PAGE
            if tasks := self._unjudged_tasks(first):
                return Chunk(first, tuple(tasks))
        return None

    def ended(self) -> str | None:
        """Why to stop: another process holds the campaign by now."""
        return None if self._holds().exists() else "another process took the campaign over"

    @transaction.atomic
    def save(self, entries: Sequence[Entry]) -> Collection[int]:
        """Commits verdicts and the exchanges with judges, and what those cost.

        Raises:
            Superseded: another process holds the campaign, since this one slept for too long.
        """
        if not self._holds().update(lease_until=timezone.now() + LEASE):
            raise Superseded(f"campaign {self._id} is held by another process: what this one judged last is dropped")
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sums = counters.Sums()
        exchanges, verdicts = [], []
        for entry in entries:
            match entry:
                case Answered(position, _, _, exchange):
                    sums.add(exchange)
                    exchanges.append(exchange_row(self._cases[position], entry))
                case Spent(exchange):
                    sums.add(exchange)
                case Finished(position, trial):
                    verdicts.append(verdict_row(self._cases[position], trial, self._verdict(entry), now))
                case Closed(first):
                    for position in range(first, first + PAGE):
                        self._cases.pop(position, None)
        insert(models.Exchange, exchanges)
        insert(models.Verdict, verdicts)
        sums.write(self._id, self._owner, 0.0)
        return ()

    def _holds(self) -> QuerySet[models.Campaign]:
        return models.Campaign.objects.filter(pk=self._id, runner=self._owner)

    def _verdict(self, finished: Finished) -> Verdict:
        """The oracle's verdict under the judge's name; where it gave none, that it did not, and why."""
        judge, outcome = self._sitting.judge, finished.outcome
        if not finished.verdicts:
            return Verdict(judge.name, judge.oracle.version, Status.UNDECIDED, UNJUDGED, reason=outcome.reason)
        return replace(finished.verdicts[0], oracle=judge.name, version=judge.oracle.version)

    def _unjudged_tasks(self, first: int) -> list[Task]:
        within = {"case__position__gte": first, "case__position__lt": first + PAGE}
        trials = sittings.unjudged(self._id, self._sitting).filter(**within).order_by("case__position", "trial")
        rows = list(trials.values_list("case_id", "trial", *(f"case__{column}" for column in SLOT)))
        said = exchanges_of(models.Exchange.objects.filter(case__in={case for case, *_ in rows}, trial__isnull=False))
        return [
            self._task(slot_of(*columns), case, trial, said.get((case, trial), ())) for case, trial, *columns in rows
        ]

    def _task(self, slot: Slot, case: int, trial: int, exchanges: tuple[Exchange, ...]) -> Task:
        """A trial to judge. What judges were asked is no part of its transcript; it is replayed to those who asked."""
        assert slot.case is not None  # it was judged, so it was written
        self._cases[slot.position] = case
        played = tuple(exchange for exchange in exchanges if exchange.ask.role is not Role.JUDGE)
        self._heard[slot.case.key, trial] = Transcript(slot.case, played, trial)
        return Task(slot, trial, exchanges)
