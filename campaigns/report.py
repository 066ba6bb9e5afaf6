"""The numbers of a report, from results to rates: pure, and without a word of how they are shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from probewright.campaigns.calibrated import NOTHING, Calibrated, Known, Sample, Trust, calibrate
from probewright.campaigns.comparison import Comparison
from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.gates.evidence import Against, Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict
from probewright.campaigns.rejudged import Rejudged
from probewright.campaigns.results import Facts
from probewright.campaigns.specs.gate import GateSpec
from probewright.figures import percent
from probewright.findings import Finding
from probewright.stats.intervals import Rate, clustered_rate
from probewright.testgen.coverage import Coverage, measure
from probewright.types import ASSESSED, Outcome, Status

THIN = 5  # a rate over fewer assessed cases than this is shown greyed
ITEM = "item"  # the label of a cell of a set
MOST_VALUES = 40  # a label with more values than this is an identifier, not something to break results down by

ANSWERED = frozenset(Status) - {Status.NOT_RUN, Status.ERROR}  # what coverage counts as tested


@dataclass(slots=True)
class Tally:
    """Outcomes counted together: all of a campaign, of one value of a label, of one cell of the grid."""

    counts: Counter[Status] = field(default_factory=Counter)
    controls: Counter[Status] = field(default_factory=Counter)  # of them, those of controls: they enter no rate
    trials: dict[str, tuple[int, int]] = field(default_factory=dict)  # cluster (a case) -> failed, assessed

    def add(self, outcome: Outcome, is_rated: bool = True, cluster: str = "") -> None:
        """Counts one more outcome; one of a control enters no rate. ``cluster`` is the case's key where not given."""
        self.counts[outcome.status] += 1
        if not is_rated:
            self.controls[outcome.status] += 1
        elif outcome.status in ASSESSED:
            cluster = cluster or outcome.key
            failed, n = self.trials.get(cluster, (0, 0))
            self.trials[cluster] = (failed + (outcome.status is Status.FAIL), n + 1)

    def rated(self, status: Status) -> int:
        """Outcomes of this status, controls left out."""
        return self.counts[status] - self.controls[status]

    @property
    def total(self) -> int:
        """All outcomes."""
        return sum(self.counts.values())

    @property
    def cases(self) -> int:
        """Cases, or clusters of cases, with at least one assessed trial."""
        return len(self.trials)

    @property
    def is_thin(self) -> bool:
        """Whether too few cases were assessed to read anything from the rate."""
        return self.cases < THIN

    @property
    def fail_rate(self) -> Rate:
        """The model's rate: failed of assessed trials, clustered by case, or by what the family says cases share."""
        return clustered_rate(list(self.trials.values()))

    @property
    def system_rate(self) -> Rate:
        """The system's rate: failed of answered or withheld trials; what a provider's filter withheld did no harm."""
        return clustered_rate([*self.trials.values(), *[(0, 1)] * self.rated(Status.BLOCKED)])


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Tallies by the values of one label, in the order of the axis."""

    label: str
    rows: tuple[tuple[str, Tally], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Tallies by two labels; a pair that was never tested has none."""

    row_label: str
    column_label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Tally]

    def notable(self) -> list[tuple[tuple[str, str], Tally]]:
        """Cells with a failure, first those whose rate is surely high: by the lower bound, then by the point."""
        failing = [(place, tally) for place, tally in self.cells.items() if tally.counts[Status.FAIL]]
        return sorted(failing, key=lambda item: _rank(item[1]), reverse=True)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says in numbers."""

    facts: Facts
    tally: Tally
    coverage: Coverage
    breakdowns: tuple[Breakdown, ...]
    grid: Grid | None
    gate: Gate | None
    comparison: Comparison | None
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    calibrated: Calibrated
    rejudged: Rejudged | None = None


def build_report(
    facts: Facts,
    outcomes: Iterable[Outcome],
    comparison: Comparison | None = None,
    findings: Sequence[Finding] = (),
    rejudged: Rejudged | None = None,
    known: Known = NOTHING,
    against: Against | None = None,
) -> Report:
    """The report of a campaign. Breakdowns and grid count the cases that enter the rates, controls only the tally.

    Args:
        facts: The campaign as a whole.
        outcomes: One for each trial that has one, in case order.
        comparison: With another campaign on the same cases, where there is one.
        findings: What the family makes of the results.
        rejudged: What judging again changed, where the outcomes are not those that the run ended with.
        known: What is known of the errors of the campaign's oracles.
        against: The blessed baseline that its gate names, where it names one.
    """
    seen = _Seen(facts, known)
    for outcome in outcomes:
        seen.add(outcome)
    tally = seen.whole()
    calibrated = calibrate(facts, tally.trials, seen.sample, known)
    coverage = measure(facts.space, seen.tested.labels(), facts.criterion)
    gate = seen.keeper.gate(evidence(facts, tally, coverage, calibrated, against)) if seen.keeper is not None else None
    return Report(
        facts=facts,
        tally=tally,
        coverage=coverage,
        breakdowns=_breakdowns(facts, seen.by_value.tallies),
        grid=None if facts.grid_labels is None else _grid(facts, facts.grid_labels, seen.by_pair),
        gate=gate,
        comparison=comparison,
        findings=(*([rejudged.finding(facts.id)] if rejudged else ()), *findings),
        rejudged=rejudged,
        calibrated=calibrated,
        warnings=(*_deceived(facts, gate, calibrated), *_warnings(facts, tally, comparison, calibrated)),
    )


class _Seen:
    """What one pass over the outcomes leaves."""

    def __init__(self, facts: Facts, known: Known) -> None:
        self._facts = facts
        self._labels = facts.grid_labels
        self._tally = Tally()
        self.tested = _Tested(facts)
        self.sample = Sample(known.labels)
        self.by_value = _ByValue(facts)
        self.by_pair: dict[tuple[str, str], Tally] = defaultdict(Tally)
        spec = facts.spec.get("gate")
        self.keeper = None if spec is None else Gatekeeper(GateSpec.model_validate(spec))

    def add(self, outcome: Outcome) -> None:
        """Counts one more outcome."""
        is_rated = self._facts.is_rated(outcome.labels)
        cluster = self._facts.cluster_of(outcome)
        self._tally.add(outcome, is_rated, cluster)
        if self.keeper is not None:
            self.keeper.add(outcome, cluster, is_rated)
        if outcome.status in ANSWERED:
            self.tested.add(outcome)
        if not is_rated:
            return
        self.sample.add(outcome)
        self.by_value.add(outcome, cluster)
        labels = self._labels
        if labels is not None and labels[0] in outcome.labels and labels[1] in outcome.labels:
            self.by_pair[outcome.labels[labels[0]], outcome.labels[labels[1]]].add(outcome, cluster=cluster)

    def whole(self) -> Tally:
        """All outcomes, with those of the trials that were not run."""
        not_run = self._facts.expected_trials - self._tally.total
        if not_run > 0:
            self._tally.counts[Status.NOT_RUN] += not_run
        return self._tally


class _Tested:
    """Which cells were tested, each kept once however many trials it had."""

    def __init__(self, facts: Facts) -> None:
        self._names = tuple(facts.axes) or (ITEM,)
        self._cells: set[tuple[str, ...]] = set()

    def add(self, outcome: Outcome) -> None:
        """Keeps the outcome's cell."""
        # A case of a frozen suite may have no label ``item``: its key names it there.
        named = {ITEM: outcome.key, **outcome.labels}
        self._cells.add(tuple(named[name] for name in self._names))

    def labels(self) -> Iterator[Mapping[str, str]]:
        """The cells, in any order."""
        return (dict(zip(self._names, cell, strict=True)) for cell in self._cells)


class _ByValue:
    """Tallies by label and value. A label with too many values is dropped as soon as they are: memory stays flat."""

    def __init__(self, facts: Facts) -> None:
        self._axes = facts.axes
        self._dropped: set[str] = set()
        self.tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))

    def add(self, outcome: Outcome, cluster: str) -> None:
        """Counts the outcome under each of its labels."""
        for label, value in outcome.labels.items():
            if label in self._dropped:
                continue
            self.tallies[label][value].add(outcome, cluster=cluster)
            if len(self.tallies[label]) > MOST_VALUES and label not in self._axes:
                self._dropped.add(label)
                del self.tallies[label]


def _rank(tally: Tally) -> tuple[float, float, int]:
    rate = tally.fail_rate
    return (rate.low or 0.0, rate.value or 0.0, rate.n)


def _breakdowns(facts: Facts, by_value: Mapping[str, Mapping[str, Tally]]) -> tuple[Breakdown, ...]:
    """Axes first, in their order; then other labels, unless each value is as good as an identifier."""
    names = [label for label in facts.axes if label in by_value]
    others = (label for label in by_value if label not in facts.axes and label not in facts.rated)
    names += [label for label in others if not _names_cases(facts, by_value[label])]
    return tuple(Breakdown(name, tuple(_ordered(facts, name, by_value[name]).items())) for name in names)


def _names_cases(facts: Facts, tallies: Mapping[str, Tally]) -> bool:
    """Whether the values of a label stand for single cases."""
    return all(tally.total <= facts.trials for tally in tallies.values())


def _ordered(facts: Facts, label: str, tallies: Mapping[str, Tally]) -> dict[str, Tally]:
    order = facts.axes.get(label, tuple(sorted(tallies)))
    return {value: tallies[value] for value in order if value in tallies}


def _grid(facts: Facts, labels: tuple[str, str], cells: Mapping[tuple[str, str], Tally]) -> Grid:
    rows, columns = facts.axes[labels[0]], facts.axes[labels[1]]
    return Grid(labels[0], labels[1], rows, columns, dict(cells))


def evidence(
    facts: Facts, tally: Tally, coverage: Coverage, calibrated: Calibrated, against: Against | None
) -> Evidence:
    """What a gate looks at."""
    return Evidence(
        failures_by_case=list(tally.trials.values()),
        errors=tally.rated(Status.ERROR),
        sent=sum(tally.rated(status) for status in Status if status is not Status.NOT_RUN),
        not_run=tally.counts[Status.NOT_RUN],
        axes=facts.axes,
        stop_kind=facts.stop_kind,
        stop_reason=facts.stop_reason,
        coverage=coverage,
        reliability=calibrated.reliability,
        why_uncalibrated=calibrated.reason,
        against=against,
    )


def _deceived(facts: Facts, gate: Gate | None, calibrated: Calibrated) -> Iterator[str]:
    """That a gate passed by the oracle's verdicts would not surely pass by what is known of the true rate."""
    found = calibrated.trusted
    limit = (facts.spec.get("gate") or {}).get("max_fail_rate")
    if gate is None or gate.verdict is not GateVerdict.PASS or limit is None or found is None or found.high is None:
        return
    if found.high > limit:
        by = (
            "people's labels of this campaign" if calibrated.trust is Trust.LABELS else "the rate corrected by its card"
        )
        surely = "is" if found.low is not None and found.low > limit else "may be"
        yield (
            f"The gate passed by the oracle's verdicts as they are. By {by} the fail rate {surely} above "
            f"{percent(limit)}: {percent(found.low)} to {percent(found.high)}."
        )


def _warnings(facts: Facts, tally: Tally, comparison: Comparison | None, calibrated: Calibrated) -> Iterable[str]:
    if comparison and comparison.other_oracle not in {"", facts.judged_by}:
        yield (
            f"The baseline was judged by {comparison.other_oracle}, this campaign by {facts.judged_by}: the difference "
            f"is one of oracles as well."
        )
    if tally.trials and not calibrated.is_calibrated:
        yield (
            f"The oracle {facts.judged_by} is uncalibrated: {calibrated.reason}, so its own error is not part of the "
            f"intervals. To measure it on labelled answers: {calibrated.command}"
        )
    if facts.stop_kind == StopKind.DECIDED:
        yield (
            f"The campaign stopped as soon as its gate was certain: {facts.stop_reason}. Intervals suppose "
            f"a number of cases that no answer chose, so those below are somewhat too narrow; the gate's looks are not."
        )
    elif facts.stop_kind:
        yield f"The campaign stopped early: {facts.stop_reason}. It can be resumed: probewright resume {facts.id}"
    if facts.cut_off:
        yield f"{facts.cut_off:,} answers were cut off by max_tokens; what they would have said next is not judged."
    if facts.spent.usd is None:
        yield "The cost is unknown: the spec names no price for this target."
    if (undecided := tally.counts[Status.UNDECIDED]) > 0.1 * max(1, tally.total):
        yield f"{undecided:,} of {tally.total:,} answers are undecided and enter no rate; read some of them."
