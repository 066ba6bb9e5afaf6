"""Whether a model got worse than a baseline, case by case, as a campaign's gate `no_worse_than` asks it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

from probewright.campaigns.comparison import fail_shares
from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.gates.bounds import by_margin, first_beyond
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.pytest_plugin.collecting.marked import Limit
from probewright.campaigns.pytest_plugin.gates.outcomes import Outcomes
from probewright.campaigns.pytest_plugin.gates.ruling import count, too_many_unassessed
from probewright.figures import percent
from probewright.stats.paired import Difference, compare_shares
from probewright.types import Outcome

MOST_CASES = 100_000  # where the search for a sufficient number of cases gives up
SEED = 0  # of the bootstrap: the same outcomes always get the same ruling


def rule_on_regression(now: Iterable[Outcome], before: Iterable[Outcome], margin: float, limit: Limit) -> Gate:
    """Whether the share of failures surely rose by no more than ``margin``, case by case.

    Passes where the upper bound of the difference is within the margin; a regression is a lower bound beyond it; in
    between there is too little data. Controls are left out by what either side knows of them, and cases on the same
    thing are taken together.
    """
    here, there = _alike(now, before)
    if unfit := too_many_unassessed(count(here), limit.unassessed_at_most) or _other_oracle(here, there):
        return combined([unfit])
    new, old = fail_shares(filter(here.is_rated, here)), fail_shares(filter(there.is_rated, there))
    both = sorted(new.keys() & old.keys())
    if unfit := _incomparable(len(both), len(old), limit.unassessed_at_most):
        return combined([unfit])
    clusters = {outcome.key: here.cluster_of(outcome) for outcome in here}
    ruling = _rule(Paired(both, old, new, clusters), margin, limit.confidence)
    return combined([ruling], here.stop_reason if here.stop_kind == StopKind.LIMIT else "")


@dataclass(frozen=True, slots=True)
class Paired:
    """Shares of failed trials by case, on ``both`` sides, and what cases on the same thing share."""

    both: Sequence[str]
    old: Mapping[str, float]
    new: Mapping[str, float]
    clusters: Mapping[str, str]

    @property
    def shares(self) -> list[tuple[float, float]]:
        """Before and now, a pair for each thing that cases are about: those on the same one are no further data."""
        groups: dict[str, list[str]] = defaultdict(list)
        for key in self.both:
            groups[self.clusters[key]].append(key)
        return [
            (fmean(self.old[key] for key in keys), fmean(self.new[key] for key in keys)) for keys in groups.values()
        ]

    @property
    def told(self) -> str:
        """How many cases fare worse, and how many better."""
        worse, better = (
            sum(self.old[key] < self.new[key] for key in self.both),
            sum(self.old[key] > self.new[key] for key in self.both),
        )
        return f"{len(self.both):,} cases in both: {worse:,} worse, {better:,} better"


def _alike(now: Iterable[Outcome], before: Iterable[Outcome]) -> tuple[Outcomes, Outcomes]:
    """Both sides as outcomes of a campaign; what one knows not of controls and clusters it takes from the other."""
    here, there = (given if isinstance(given, Outcomes) else Outcomes(tuple(given)) for given in (now, before))
    return (
        replace(here, rated=here.rated or there.rated, cluster=here.cluster or there.cluster),
        replace(there, rated=there.rated or here.rated, cluster=there.cluster or here.cluster),
    )


def _other_oracle(here: Outcomes, there: Outcomes) -> Ruling | None:
    """Two oracles make a difference of their own. Nothing is said where one side does not name its oracle."""
    if not here.oracle or not there.oracle or here.oracle == there.oracle:
        return None
    said = f"judged by {here.oracle}, the baseline by {there.oracle}; have both judged by one oracle"
    return Ruling(GateVerdict.NOT_ASSESSABLE, said)


def _incomparable(common: int, of_baseline: int, at_most: float) -> Ruling | None:
    missing = of_baseline - common
    if not common:
        said = f"none of the baseline's {of_baseline:,} assessed cases was assessed here: these are other cases"
        return Ruling(GateVerdict.NOT_ASSESSABLE, said)
    if missing > at_most * of_baseline:
        said = f"{missing:,} of the baseline's {of_baseline:,} assessed cases have no verdict here; "
        return Ruling(GateVerdict.NOT_ASSESSABLE, f"{said}allowed: {percent(at_most)}")
    return None


def _rule(paired: Paired, margin: float, confidence: float) -> Ruling:
    shares = paired.shares
    difference, sure = _difference(shares, confidence), f"with {confidence:.0%} confidence"
    told = f"{paired.told}, {_points(difference.value)} points"
    verdict = by_margin(difference, margin)
    if verdict is GateVerdict.PASS:
        return Ruling(
            verdict, f"{told}; at most {_points(difference.high)} {sure}, within the margin of {100 * margin:g}"
        )
    if verdict is GateVerdict.REGRESSION:
        said = f"{told}; at least {_points(difference.low)} {sure}, beyond the margin of {100 * margin:g}"
        return Ruling(verdict, said)
    advice = _advice(shares, difference, margin, confidence, len(paired.both) / len(shares))
    return Ruling(verdict, f"{told}, {_ends(difference)} {sure}: the margin of {100 * margin:g} lies between; {advice}")


def _difference(shares: Sequence[tuple[float, float]], confidence: float) -> Difference:
    old, new = [a for a, _ in shares], [b for _, b in shares]
    return compare_shares(old, new, seed=SEED, confidence=2 * confidence - 1)[0]


def _advice(
    shares: Sequence[tuple[float, float]], difference: Difference, margin: float, confidence: float, cases_each: float
) -> str:
    """How many more cases like these would decide; ``cases_each`` is how many cases a pair of shares stands for."""
    value, n = difference.value or 0.0, len(shares)
    if difference.low is None or difference.high is None or difference.high <= value or difference.low >= value:
        return "more cases would decide, these all differ alike"
    if value == margin:
        return "at this difference no number of cases would decide"
    if any(share not in (0.0, 1.0) for pair in shares for share in pair):  # the interval shrinks with the square root
        half = difference.high - value if value < margin else value - difference.low
        more = n * ((half / (margin - value)) ** 2 - 1)
        return f"at this difference about {max(1, ceil(more * cases_each)):,} more cases would decide"
    pairs = Counter(shares)

    def decides(total: int) -> bool:
        grown = [pair for pair, number in pairs.items() for _ in range(round(number * (total / n)))]
        return by_margin(_difference(grown, confidence), margin) is not GateVerdict.INSUFFICIENT_DATA

    more = first_beyond(n, decides, MOST_CASES) - n
    return f"at this difference {more:,} more cases would decide" if more else "no number of cases would decide"


def _points(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:+.1f}"


def _ends(difference: Difference) -> str:
    if difference.low is None or difference.high is None:
        return "the data support no interval"
    return f"{_points(difference.low)} to {_points(difference.high)}"
