"""Judging a campaign again: verdicts are added to every stored transcript, then the outcomes follow from them.

The target is not called. What a judge's models are asked counts within the campaign's limits and is kept as exchanges.
Broken off at any moment, the campaign stays decided as it was, and the same command goes on.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.process import process_name
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.ruling import UNANSWERED
from probewright.campaigns.engine.runner import Plan, budget, require_secrets, run
from probewright.campaigns.engine.sharing import shared_rates
from probewright.campaigns.engine.stop import Stop
from probewright.campaigns.judging.judging_store import JudgingStore
from probewright.campaigns.judging.rehearing import Heard, rehearing
from probewright.campaigns.rows import archive, counters, leases, sittings
from probewright.campaigns.rows.deciding import decide, deciders, spec_rules
from probewright.campaigns.rows.leases import LEASE
from probewright.campaigns.rows.sittings import Sitting
from probewright.campaigns.specs.judges import Judge
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.workers.launch import Interrupts, relax_garbage_collection
from probewright.errors import ConfigError, StoreError
from probewright.store import Standing
from probewright.types import Status


@dataclass(frozen=True, slots=True)
class Rejudging:
    """One judge judging all trials of a campaign that were judged, so that the outcomes follow from its verdicts.

    A trial that this oracle judged before in the same version is not judged once more, unless ``is_again``.

    Args:
        row: The campaign; it must have ended.
        spec: Its spec; limits in it that differ are kept.
        judge: Who judges.
        is_again: Whether to judge also what the judge has judged already.
        progress: Counts that a display may read meanwhile.
        notice: Told what a signal does, and what could not be judged.
        redis_url: Where rates of endpoints are shared with other processes; empty where there is no such place.
    """

    row: models.Campaign
    spec: CampaignSpec
    judge: Judge
    is_again: bool
    progress: Progress
    notice: Callable[[str], None]
    redis_url: str = ""

    def run(self) -> Stop | None:
        """Judges, then decides.

        Returns:
            Why it stopped early, or None: then the campaign is decided by the judge.

        Raises:
            CampaignBusy: another living process works on the campaign.
            ConfigError: it has not ended, has no trial that was judged, or a secret is not set.
            StoreError: the database failed, or another process took over; the same command goes on.
            ProbewrightError: an endpoint of the judge cannot be opened.
        """
        row = self.row
        count = sittings.trials(row.pk).count()
        if not count:
            raise ConfigError(
                f"campaign {row.name!r} ({row.pk}) has no answer to judge again: none of its trials ended as pass, "
                f"fail or undecided"
            )
        with _holding(row, self.spec):
            try:
                sitting = sittings.sit(row, self.judge, self.is_again)
                self._begin(sitting)
                stop = self._judge(sitting, sitting) or self._confirm(sitting)
                if stop is None:
                    self._decide(sitting)
            except DatabaseError as error:
                said = " ".join(str(error).split())
                raise StoreError(f"the database failed ({said}); the same command goes on") from error
        return stop

    def _begin(self, sitting: Sitting) -> None:
        """Shows where the sitting stands, also where nothing is left to judge."""
        self.progress.limiter = BudgetLimiter(spent=counters.total(self.row.pk).spent)
        count = sittings.in_sitting(self.row.pk, sitting).count()
        self.progress.begin(count, sittings.heard(self.row.pk, sitting), holes=0)

    def _confirm(self, sitting: Sitting) -> Stop | None:
        """Has the confirming oracle judge failures that it has not judged yet, where the judge's are confirmed."""
        if (confirming := self._confirming()) is None or not sittings.unjudged(self.row.pk, confirming).exists():
            return None
        self._begin(confirming)
        return self._judge(confirming, sitting)

    def _confirming(self) -> Sitting | None:
        """The sitting of the oracle that confirms the judge's failures; None where the judge decides alone."""
        name, confirm = deciders(self.row, self.judge.name).confirmer, self.spec.confirm
        return sittings.confirming(Judge(name, confirm), self.judge.name) if name and confirm else None

    def _judge(self, sitting: Sitting, noted: Sitting) -> Stop | None:
        """Adds the verdicts that are missing in a sitting, which is the one that is noted, or a part of it."""
        if not sittings.unjudged(self.row.pk, sitting).exists():
            return None
        heard: Heard = {}
        count, unanswered = sittings.in_sitting(self.row.pk, sitting).count(), self.progress.labels[UNANSWERED]
        plan = rehearing(self.spec, sitting.judge, sitting.place, heard, count, self.row.digest)
        require_secrets(plan)
        sittings.note(self.row, noted)
        store = JudgingStore(self.row, sitting, heard, count)
        interrupts = Interrupts(self.notice)
        relax_garbage_collection()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                stop = runner.run(self._ask(plan, store, interrupts))
        finally:
            archive.keep(self.row, self.progress.provenance)
            self.row.refresh_from_db()
        errors, unanswered = self.progress.outcomes[Status.ERROR], self.progress.labels[UNANSWERED] - unanswered
        if stop is None and errors + unanswered:
            self.notice(
                f"{errors + unanswered:,} could not be judged and count as {'errors' if errors else 'undecided'}; "
                f"probewright rejudge {self.row.pk} --oracle {self.judge.name} tries them again"
            )
        return stop

    async def _ask(self, plan: Plan, store: JudgingStore, interrupts: Interrupts) -> Stop | None:
        standing = await asyncio.to_thread(_standing, store)
        limiter = budget(plan, standing)
        async with shared_rates(self.redis_url):
            return await run(plan, store, standing, limiter, self.progress, interrupts.attach)

    @transaction.atomic
    def _decide(self, sitting: Sitting) -> None:
        """Makes the outcomes, and the counters with them, follow from the sitting's verdicts.

        Raises:
            StoreError: some trials have none, or another process took the campaign over.
        """
        row, name = self.row, self.judge.name
        archive.lock(row)
        confirming = self._confirming()
        left = sum(sittings.silent(row.pk, one) for one in (sitting, confirming) if one)
        if left or row.runner != process_name():
            raise StoreError(f"campaign {row.pk} was changed meanwhile, {left:,} trials left; the same command goes on")
        before = sittings.counts(row.pk)
        decide(row.pk, deciders(row, name))
        after = sittings.counts(row.pk)
        gained = {status: after[status] - before[status] for status in {*before, *after}}
        counters.Sums(outcomes=gained).write(row.pk, process_name(), 0.0)
        sittings.close(row, sitting)
        decided_by = "" if name == self.spec.judge.kind else name
        models.Campaign.objects.filter(pk=row.pk).update(decided_by=decided_by)


def refuse_where_decided(row: models.Campaign) -> None:
    """Makes sure that a campaign that goes on is decided by the oracle that would judge what comes.

    Raises:
        ConfigError: it was judged again, and is decided by another one.
    """
    if row.decided_by:
        raise ConfigError(
            f"campaign {row.name!r} ({row.pk}) cannot go on: it is decided by {row.decided_by} since it was judged "
            f"again, and new answers would be judged by its spec's oracle; go back with probewright rejudge {row.pk} "
            f"--oracle {spec_rules(row)[0]}, and judge again once it has ended"
        )


@contextmanager
def _holding(row: models.Campaign, spec: CampaignSpec) -> Iterator[None]:
    """Keeps others from working on the campaign, which has ended and stays so, and keeps the spec's limits."""
    with transaction.atomic():
        archive.lock(row)
        archive.refuse_if_busy(row)
        if row.state in archive.WORKED_ON:
            raise ConfigError(
                f"campaign {row.name!r} ({row.pk}) is {row.state}; it can be judged again once it has ended: wait for "
                f"it, or stop it with probewright cancel {row.pk}"
            )
        row.spec = {**row.spec, "limits": spec.dump()["limits"]}
        row.runner, row.lease_until = process_name(), timezone.now() + LEASE
        row.save(update_fields=["spec", "runner", "lease_until"])
        leases.enter(row.pk, process_name())
    try:
        yield
    finally:
        leases.release(row.pk, process_name())
        models.Campaign.objects.filter(pk=row.pk, runner=process_name()).update(runner="", lease_until=None)
        row.refresh_from_db()


def _standing(store: JudgingStore) -> Standing:
    """Where the campaign stands, asked in a thread whose connection nobody else will use."""
    try:
        return store.standing()
    finally:
        connection.close()
