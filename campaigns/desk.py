"""The Django half of campaigns behind one door: numbers of campaigns in, core types out. `open_desk` imports it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings

from probewright import registry
from probewright.campaigns import archive, listing, models, reading
from probewright.campaigns.browsing import Conversation, Filter, Line, Page, Place
from probewright.campaigns.comparison import Comparison, compare, fail_shares
from probewright.campaigns.conversation import conversation
from probewright.campaigns.launch import launch
from probewright.campaigns.opinions import second_opinions
from probewright.campaigns.progress import Progress
from probewright.campaigns.report import Report, build_report
from probewright.campaigns.results import Facts, Live, Result
from probewright.campaigns.runner import Plan, require_secrets
from probewright.campaigns.stop import Stop
from probewright.errors import ConfigError
from probewright.types import Outcome


class Desk:
    """What commands and pages do with campaigns. Campaigns are named by their number in this database."""

    def open(self, plan: Plan, is_new: bool = False) -> int:
        """The plan's campaign: the unfinished one with the same identity, unless ``is_new``, else a new one.

        Raises:
            ConfigError: a secret that the spec refers to is not set.
        """
        require_secrets(plan)
        return archive.start_or_resume(plan, is_new).pk

    def run(self, plan: Plan, campaign: int, progress: Progress, notice: Callable[[str], None]) -> Stop | None:
        """Runs the campaign in this process; see `launch`.

        Raises:
            ConfigError: a secret that the spec refers to is not set.
            CampaignBusy: another living process runs it.
        """
        require_secrets(plan)
        return launch(plan, models.Campaign.objects.get(pk=campaign), progress, notice, settings.REDIS_URL)

    def queue(self, plan: Plan, is_new: bool = False, created_by: str = "") -> int:
        """Gives the plan's campaign to the workers: the unfinished one with the same identity, else a new one.

        Raises:
            ConfigError: a secret that the spec refers to is not set.
            CampaignBusy: a living process runs it already.
        """
        require_secrets(plan)
        row = archive.start_or_resume(plan, is_new, created_by)
        self._queue(row, plan)
        return row.pk

    def requeue(self, campaign: int, plan: Plan) -> None:
        """Gives a stopped campaign to the workers again, with the plan's limits.

        Raises:
            ConfigError: the plan is not this campaign's, or a secret that it refers to is not set.
            CampaignBusy: a living process runs it.
        """
        require_secrets(plan)
        self._queue(models.Campaign.objects.get(pk=campaign), plan)

    def _queue(self, row: models.Campaign, plan: Plan) -> None:
        archive.queue(row, plan)
        if settings.BROKER_URL:
            # Celery is an extra: without a broker, workers find the campaign by looking.
            from probewright.campaigns.tasks import ring  # noqa: PLC0415

            ring(row.pk)

    def cancel(self, campaign: int, reason: str) -> bool:
        """Stops a campaign wherever it runs; False where it did not. What is in flight may still come in."""
        return archive.cancel(models.Campaign.objects.get(pk=campaign), reason)

    def live(self, campaign: int) -> Live:
        """Where the campaign stands now."""
        return reading.live(models.Campaign.objects.get(pk=campaign))

    def find(self, reference: str) -> int:
        """The campaign with this number, or the latest with this name."""
        return archive.find(reference).pk

    def reopen_errors(self, campaign: int) -> int:
        """Takes back the outcomes `error`, to be asked again; returns how many."""
        return archive.reopen_errors(models.Campaign.objects.get(pk=campaign))

    def spec(self, campaign: int) -> Mapping[str, Any]:
        """The campaign's spec, every default spelled out."""
        spec: Mapping[str, Any] = models.Campaign.objects.values_list("spec", flat=True).get(pk=campaign)
        return spec

    def facts(self, campaign: int) -> Facts:
        """The campaign as a whole."""
        return reading.facts(models.Campaign.objects.get(pk=campaign))

    def results(self, campaign: int) -> Iterator[Result]:
        """Every trial that has an outcome, with its words, in case order."""
        return reading.results(models.Campaign.objects.get(pk=campaign))

    def report(self, campaign: int, against: int | None = None) -> Report:
        """The campaign's report, compared with another on the same cases where ``against`` names one.

        Raises:
            ConfigError: the two campaigns have no assessed case in common.
        """
        row = models.Campaign.objects.get(pk=campaign)
        comparison = None if against is None else self._compare(row, models.Campaign.objects.get(pk=against))
        facts = reading.facts(row)
        family = registry.load("family", row.spec["family"]["kind"])
        findings = [*family.findings(reading.judged(row), facts.rules), *second_opinions(facts, reading.judged(row))]
        return build_report(facts, reading.outcomes(row), comparison, findings)

    def campaigns(self, before: int | None = None) -> Page[Line, int]:
        """A page of campaigns, newest first, from the one before the number ``before`` on."""
        return listing.campaigns(before)

    def line(self, campaign: int) -> Line | None:
        """A campaign as a list shows it, from its counters; None where there is none of this number."""
        return listing.campaign(campaign)

    def axes(self, campaign: int) -> Mapping[str, tuple[str, ...]]:
        """The axes of a campaign by name; none where its cases are items of a set."""
        return listing.axes(campaign)

    def trials(
        self,
        campaign: int,
        wanted: Filter,
        after: Place | None = None,
        size: int = listing.TRIALS_A_PAGE,
        patience_s: float = listing.PATIENCE_S,
    ) -> Page[Result, Place]:
        """A page of trials that have an outcome, with their words, in case order; see `listing.trials`."""
        return listing.trials(campaign, wanted, after, size, patience_s)

    def conversation(self, campaign: int, place: Place) -> Conversation | None:
        """One trial with every exchange and every verdict; None where it has no outcome."""
        return conversation(campaign, place)

    def _compare(self, row: models.Campaign, other: models.Campaign) -> Comparison:
        facts, other_facts = reading.facts(row), reading.facts(other)
        here, there = fail_shares(_rated(row, facts)), fail_shares(_rated(other, other_facts))
        if not here.keys() & there.keys():
            raise ConfigError(
                f"campaigns {row.pk} and {other.pk} cannot be compared: no case was assessed in both; they need "
                f"the same family and seed, and answers that were judged"
            )
        clusters = {outcome.key: facts.cluster_of(outcome) for outcome in _rated(row, facts)} if facts.cluster else {}
        return compare(
            here,
            there,
            other.pk,
            other.name,
            other_facts.target,
            seed=row.spec["seed"],
            other_oracle=other_facts.judged_by,
            clusters=clusters,
        )


def _rated(row: models.Campaign, facts: Facts) -> Iterator[Outcome]:
    """The outcomes that enter the rates, controls left out."""
    return (outcome for outcome in reading.outcomes(row) if facts.is_rated(outcome.labels))
