"""Gates in tests, as pure functions: on a rate, and on a comparison with a baseline; in words and numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from probewright.campaigns.comparison import fail_shares
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.pytest_plugin.marked import Limit
from probewright.campaigns.pytest_plugin.outcomes import Outcomes
from probewright.campaigns.specs.gate import GateSpec
from probewright.figures import percent
from probewright.stats.margins import non_inferiority_of_shares
from probewright.stats.paired import Difference
from probewright.types import ASSESSED, Outcome, Status

MOST_CASES = 10_000_000  # where the search for a sufficient number of cases gives up
SEED = 0  # of the bootstrap: the same outcomes always get the same ruling


@dataclass(slots=True)
class Count:
    """Outcomes of the cases that enter a rate, counted: by status, and failed and assessed trials by cluster."""

    by_status: Counter[Status] = field(default_factory=Counter)
    trials: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, outcome: Outcome, cluster: str) -> None:
        """Counts one more."""
        self.by_status[outcome.status] += 1
        if outcome.status in ASSESSED:
            failed, n = self.trials.get(cluster, (0, 0))
            self.trials[cluster] = (failed + (outcome.status is Status.FAIL), n + 1)

    @property
    def total(self) -> int:
        """All outcomes."""
        return self.by_status.total()

    @property
    def unassessed(self) -> int:
        """Those that neither passed nor failed."""
        return sum(count for status, count in self.by_status.items() if status not in ASSESSED)


def count(outcomes: Iterable[Outcome]) -> Count:
    """Counts outcomes; of a campaign's, controls are left out."""
    counted = Count()
    for outcome in outcomes:
        if not isinstance(outcome, Outcome):
            raise TypeError(f"outcomes holds a {type(outcome).__name__}; allowed: Outcome, as `campaign` gives them")
        if not isinstance(outcomes, Outcomes):
            counted.add(outcome, outcome.key)
        elif outcomes.is_rated(outcome):
            counted.add(outcome, outcomes.cluster_of(outcome))
    return counted


def rule_on_rate(counted: Count, limit: Limit, stop_kind: str = "", stop_reason: str = "") -> Gate:
    """Whether the fail rate is surely within its limit. Only a pass or a fail enters it."""
    if unfit := _unassessed(counted, limit.unassessed_at_most):
        return combined([unfit])
    keeper = Gatekeeper(GateSpec(max_fail_rate=limit.at_most, confidence=limit.confidence))
    errors, not_run = counted.by_status[Status.ERROR], counted.by_status[Status.NOT_RUN]
    trials = list(counted.trials.values())
    return keeper.gate(Evidence(trials, errors, counted.total - not_run, stop_kind, stop_reason, not_run=not_run))


def rule_on_regression(now: Iterable[Outcome], before: Iterable[Outcome], margin: float, limit: Limit) -> Gate:
    """Whether the share of failures surely rose by no more than ``margin``, case by case.

    Passes where the upper bound of the difference is below the margin; a regression is a lower bound above zero where
    the margin is not kept; in between there is too little data.
    """
    counted = count(now)
    if unfit := _unassessed(counted, limit.unassessed_at_most):
        return combined([unfit])
    here, there = fail_shares(_rated(now)), fail_shares(_rated(before))
    both = sorted(here.keys() & there.keys())
    if unfit := _incomparable(len(both), len(there), limit.unassessed_at_most):
        return combined([unfit])
    old, new = [there[key] for key in both], [here[key] for key in both]
    test = non_inferiority_of_shares(old, new, margin, seed=SEED, confidence=limit.confidence)
    worse, better = sum(a < b for a, b in zip(old, new, strict=True)), sum(a > b for a, b in zip(old, new, strict=True))
    difference, sure = test.difference, f"with {limit.confidence:.0%} confidence"
    told = f"{len(both):,} cases in both: {worse:,} worse, {better:,} better, {_points(difference.value)} points"
    if test.is_shown:
        said = f"{told}; at most {_points(difference.high)} {sure}, within the margin of {100 * margin:g}"
        return combined([Ruling(GateVerdict.PASS, said)])
    if difference.low is not None and difference.low > 0:
        said = f"{told}; at least {_points(difference.low)} {sure}; the margin is {100 * margin:g}"
        return combined([Ruling(GateVerdict.REGRESSION, said)])
    advice = _more_cases(old, new, difference, margin, limit.confidence)
    said = f"{told}, {_ends(difference)} {sure}; the margin of {100 * margin:g} is not shown to be kept; {advice}"
    return combined([Ruling(GateVerdict.INSUFFICIENT_DATA, said)])


def _unassessed(counted: Count, at_most: float) -> Ruling | None:
    """Why nothing can be said where too many trials ended without a verdict: they may hide failures."""
    if not counted.total:
        return Ruling(GateVerdict.NOT_ASSESSABLE, "there are no outcomes, so there is no rate")
    if counted.unassessed <= at_most * counted.total:
        return None
    ways = ", ".join(
        f"{n:,} {status.replace('_', ' ')}" for status, n in sorted(counted.by_status.items()) if status not in ASSESSED
    )
    share = percent(counted.unassessed / counted.total)
    return Ruling(
        GateVerdict.NOT_ASSESSABLE,
        f"{counted.unassessed:,} of {counted.total:,} outcomes are no verdict ({ways}), {share}; "
        f"allowed: {percent(at_most)}",
    )


def _rated(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    return [o for o in outcomes if outcomes.is_rated(o)] if isinstance(outcomes, Outcomes) else outcomes


def _incomparable(common: int, of_baseline: int, at_most: float) -> Ruling | None:
    missing = of_baseline - common
    if not common:
        said = f"none of the baseline's {of_baseline:,} assessed cases was assessed here: these are other cases"
        return Ruling(GateVerdict.NOT_ASSESSABLE, said)
    if missing > at_most * of_baseline:
        said = f"{missing:,} of the baseline's {of_baseline:,} assessed cases have no verdict here; "
        return Ruling(GateVerdict.NOT_ASSESSABLE, f"{said}allowed: {percent(at_most)}")
    return None


def _more_cases(
    old: Sequence[float], new: Sequence[float], difference: Difference, margin: float, confidence: float
) -> str:
    """How many more cases like these would decide."""
    value, n = difference.value or 0.0, len(old)
    if difference.low is None or difference.high is None or difference.high <= value or difference.low >= value:
        return "more cases would decide, these all differ alike"
    if value == margin:
        return "at this difference no number of cases would decide"
    if any(share not in (0.0, 1.0) for share in (*old, *new)):  # the interval shrinks with the square root
        gap, half = (margin - value, difference.high - value) if value < margin else (value, value - difference.low)
        return f"at this difference about {max(1, ceil(n * ((half / gap) ** 2 - 1))):,} more cases would decide"

    def decides(times: float) -> bool:
        grown = _grown(old, new, times)
        test = non_inferiority_of_shares(*grown, margin, seed=SEED, confidence=confidence)
        return test.is_shown or (test.difference.low or 0.0) > 0

    more = _first(decides, n)
    return f"at this difference {more:,} more cases would decide" if more else "no number of cases would decide"


def _grown(old: Sequence[float], new: Sequence[float], times: float) -> tuple[list[float], list[float]]:
    """As many times the cases, changed as often."""
    pairs: Mapping[tuple[float, float], int] = Counter(zip(old, new, strict=True))
    grown = [pair for pair, number in pairs.items() for _ in range(round(number * times))]
    return [a for a, _ in grown], [b for _, b in grown]


def _first(decides: Callable[[float], bool], n: int) -> int:
    """By how many cases ``n`` must grow until ``decides``, to the case; 0 where no number does."""
    too_few, enough = n, 2 * n
    while not decides(enough / n):
        too_few, enough = enough, 2 * enough
        if enough > MOST_CASES // 100:
            return 0
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decides(middle / n) else (middle, enough)
    return enough - n


def _points(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:+.1f}"


def _ends(difference: Difference) -> str:
    if difference.low is None or difference.high is None:
        return "the data support no interval"
    return f"{_points(difference.low)} to {_points(difference.high)}"
