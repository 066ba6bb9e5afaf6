"""The Django half of campaigns behind one door: numbers of campaigns in, core types out. `open_desk` imports it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from probewright import registry
from probewright.campaigns import archive, models, reading
from probewright.campaigns.comparison import Comparison, compare, fail_shares
from probewright.campaigns.launch import launch
from probewright.campaigns.opinions import second_opinions
from probewright.campaigns.progress import Progress
from probewright.campaigns.report import Report, build_report
from probewright.campaigns.results import Facts, Result
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
        return launch(plan, models.Campaign.objects.get(pk=campaign), progress, notice)

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
