"""The Django half of campaigns behind one door: numbers of campaigns in, core types out. `open_desk` imports it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from probewright.campaigns import models
from probewright.campaigns.baselines.blessing import Blessing
from probewright.campaigns.baselines.holding import comparable, compared, held_against
from probewright.campaigns.comparison import Comparison
from probewright.campaigns.confirmations import confirmations
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan, require_secrets
from probewright.campaigns.engine.stop import Stop
from probewright.campaigns.exports.exported import Exported
from probewright.campaigns.judging.known import known
from probewright.campaigns.judging.labelled_trials import labelled_trials
from probewright.campaigns.judging.measuring import Measuring
from probewright.campaigns.judging.rejudge import Rejudging, refuse_where_decided
from probewright.campaigns.labelling import labels
from probewright.campaigns.opinions import second_opinions
from probewright.campaigns.panel_weights import PanelWeights, panel_weights
from probewright.campaigns.report import Report, build_report
from probewright.campaigns.results import Facts, Live, Result
from probewright.campaigns.rows import archive, baselines, cards, deltas, reading, sittings, suites
from probewright.campaigns.rows.deltas import Delta
from probewright.campaigns.specs.gate import GateSpec
from probewright.campaigns.specs.judges import Judge, read_judge
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import check_spec
from probewright.campaigns.workers.launch import launch
from probewright.oracles.calibration.card import Card
from probewright.oracles.calibration.labelled import Data
from probewright.protocols import Oracle
from probewright.testgen.described import described
from probewright.types import Verdict

Notice = Callable[[str], None]


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
        row = models.Campaign.objects.get(pk=campaign)
        refuse_where_decided(row)
        return launch(plan, row, progress, notice, settings.REDIS_URL)

    def judge(self, campaign: int, spec: CampaignSpec, text: str, source: str, folder: Path) -> Judge:
        """The oracle that a user names to judge the campaign again; see `read_judge`.

        Raises:
            ConfigError: it is none, or one with parameters that are not allowed.
        """
        known = sittings.judges(models.Campaign.objects.get(pk=campaign))
        return read_judge(text, spec, known, source, folder)

    def rejudge(
        self,
        campaign: int,
        spec: CampaignSpec,
        judge: Judge,
        is_again: bool,
        progress: Progress,
        notice: Callable[[str], None],
    ) -> Stop | None:
        """Has ``judge`` judge the campaign's answers in this process; see `Rejudging`.

        Raises:
            CampaignBusy: a living process works on it.
            ConfigError: it has not ended, has no judged trial, or a secret is not set.
        """
        row = models.Campaign.objects.get(pk=campaign)
        return Rejudging(row, spec, judge, is_again, progress, notice, settings.REDIS_URL).run()

    def measure(
        self, oracle: Oracle, data: Data, concurrency: int, calls: int | None, progress: Progress, notice: Notice
    ) -> tuple[list[Verdict], Stop | None]:
        """Has an oracle judge labelled answers in this process; see `Measuring`."""
        return Measuring(oracle, data.rows, concurrency, calls, progress, notice, settings.REDIS_URL).run()

    def labelled(self, campaign: int) -> Data:
        """The trials of a campaign that people labelled.

        Raises:
            ConfigError: there is none.
        """
        return labelled_trials(campaign)

    def keep_card(self, card: Card) -> int:
        """Stores an oracle's card and gives its number."""
        return cards.keep(card)

    def cards(self, oracle: str = "") -> Iterator[tuple[int, Card]]:
        """All cards with their numbers, those of one kind of oracle where it is named; the newest first."""
        return cards.cards(oracle)

    def panel_weights(self, campaign: int) -> PanelWeights:
        """What each of the campaign's oracles is worth on a panel; see `panel_weights`.

        Raises:
            ConfigError: too few oracles judged it.
        """
        row = models.Campaign.objects.get(pk=campaign)
        spec = check_spec(row.spec, source=f"campaign {campaign}")
        of_spec = {plugin.kind: plugin.dump() for plugin in (spec.judge, *spec.second_judges)}
        members = of_spec | sittings.judges(row)
        said = {(label.key, label.trial): label.status for label in labels.final_labels(campaign)}
        return panel_weights(members, reading.judged(row), said)

    def bless(self, campaign: int, name: str, by: str, why: str) -> Blessing:
        """Makes a finished campaign the baseline of a name, by default its own.

        Raises:
            Unfinished: it has not finished.
            NothingAssessed: nothing of it was assessed.
            ConfigError: the name is none, or the reason is empty.
        """
        return baselines.bless(campaign, name, by, why)

    def baselines(self, name: str = "") -> Iterator[Blessing]:
        """All blessings, those of one baseline where it is named; the newest first."""
        return baselines.all_of(name)

    def calibration_stamp(self, campaign: int) -> Sequence[Any]:
        """Changes whenever what a report says of its oracle's errors may: with every card and every label.

        It does as well where the gate names a baseline, when another campaign is blessed and with its age in days.
        """
        asked = (self.spec(campaign).get("gate") or {}).get("no_worse_than")
        held = baselines.current(asked["baseline"]) if asked else None
        return [*cards.stamp(campaign), *([held.number, held.blessing.age_days()] if held else [])]

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
        refuse_where_decided(row)
        archive.queue(row, plan)
        if settings.BROKER_URL:
            # Celery is an extra: without a broker, workers find the campaign by looking.
            from probewright.campaigns.workers.tasks import ring  # noqa: PLC0415

            ring(row.pk)

    def cancel(self, campaign: int, reason: str) -> bool:
        """Stops a campaign wherever it runs; False where it did not. What is in flight may still come in."""
        return archive.cancel(models.Campaign.objects.get(pk=campaign), reason)

    def live(self, campaign: int) -> Live:
        """Where the campaign stands now."""
        return reading.live(models.Campaign.objects.defer("space", "search_state").get(pk=campaign))

    def find(self, reference: str) -> int:
        """The campaign with this number, or the latest with this name."""
        return archive.find(reference).pk

    def reopen_errors(self, campaign: int) -> int:
        """Takes back the outcomes `error`, to be asked again; returns how many."""
        row = models.Campaign.objects.get(pk=campaign)
        refuse_where_decided(row)
        return archive.reopen_errors(row)

    def spec(self, campaign: int) -> Mapping[str, Any]:
        """The campaign's spec, every default spelled out."""
        spec: Mapping[str, Any] = models.Campaign.objects.values_list("spec", flat=True).get(pk=campaign)
        return spec

    def facts(self, campaign: int) -> Facts:
        """The campaign as a whole."""
        return reading.facts(models.Campaign.objects.get(pk=campaign))

    def results(self, campaign: int, oracle: str = "") -> Iterator[Result]:
        """Every trial that has an outcome, with its words, in case order; as decided by ``oracle`` where it is named.

        Raises:
            ConfigError: this oracle has not judged all that was judged.
        """
        row = models.Campaign.objects.get(pk=campaign)
        return reading.results(row, reading.reader(row, oracle))

    def exported(self, campaign: int, oracle: str = "") -> Exported:
        """What the formats of `exports` are made of, as decided by ``oracle`` where it is named.

        Raises:
            ConfigError: this oracle has not judged all that was judged.
        """
        row = models.Campaign.objects.get(pk=campaign)
        by = reading.reader(row, oracle)
        return Exported(reading.facts(row, by), lambda: reading.outcomes(row, by), lambda: reading.results(row, by))

    def suite(self, campaign: int, created: datetime | None = None) -> Iterator[bytes]:
        """The lines of a frozen suite of the campaign's cases; see `suites.lines`.

        Raises:
            ConfigError: its family cannot be frozen, or it has no case yet.
        """
        return suites.lines(models.Campaign.objects.get(pk=campaign), created)

    def comparison(self, campaign: int, other: int) -> Comparison:
        """The campaign against another on the same cases.

        Raises:
            ConfigError: the two cannot be compared, as a gate sees it; says why.
        """
        return comparable(models.Campaign.objects.get(pk=campaign), models.Campaign.objects.get(pk=other))

    def deltas(self, campaign: int, other: int) -> Iterator[Delta]:
        """How each case fares that both campaigns assessed, in this campaign's order."""
        return deltas.deltas(models.Campaign.objects.get(pk=campaign), models.Campaign.objects.get(pk=other))

    def rule(self, campaign: int, gate: GateSpec) -> Report:
        """The campaign's report, without findings, as if its spec had this gate; nothing is changed."""
        row = models.Campaign.objects.get(pk=campaign)
        own = reading.facts(row)
        facts = replace(own, spec={**own.spec, "gate": gate.model_dump(mode="json")})
        held, _ = held_against(row, facts)
        errors = known(row, facts)
        return build_report(facts, reading.outcomes(row), held.comparison if held else None, known=errors, against=held)

    def report(self, campaign: int, against: int | None = None, oracle: str = "") -> Report:
        """The campaign's report, compared with another on the same cases where ``against`` names one.

        ``oracle`` names by whose verdicts to read it, where not as it is decided; the other campaign is read as it is.

        Raises:
            ConfigError: this oracle has not judged all that was judged, or the two campaigns have no assessed case in
                common.
        """
        row = models.Campaign.objects.get(pk=campaign)
        by = reading.reader(row, oracle)
        facts = reading.facts(row, by)
        errors = known(row, facts)
        comparison = None if against is None else compared(row, facts, models.Campaign.objects.get(pk=against))
        held, baseline = held_against(row, facts)
        family = described(row.spec["family"])
        findings = [
            *baseline,
            *family.findings(reading.judged(row, by), facts.rules),
            *confirmations(facts, reading.judged(row, by), errors.confirmed_by),
            *second_opinions(facts, reading.judged(row, by), errors.cards, errors.confirmed_by),
        ]
        rejudged = reading.rejudged(row, facts)
        shown = comparison or (held.comparison if held else None)
        return build_report(facts, reading.outcomes(row, by), shown, findings, rejudged, errors, held)
