"""On the same cases not worse than a blessed baseline, but for a margin."""

from typing import ClassVar

from probewright.campaigns.comparison import Change, Comparison
from probewright.campaigns.gates.bounds import by_margin
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import GateVerdict, Ruling
from probewright.campaigns.specs.gate import NoWorseThan
from probewright.figures import counted


class NoWorse(Criterion):
    """Non-inferiority on paired cases: passes where the upper bound of the difference is within the margin.

    A regression is a lower bound beyond the margin; in between there is too little data. Source: the confidence
    interval approach to non-inferiority, e.g. Wellek, Testing Statistical Hypotheses of Equivalence and
    Noninferiority (2010), section 5.2, with the paired interval of `stats.paired`.
    """

    key: ClassVar[str] = "no_worse_than"

    def ruling(self, evidence: Evidence) -> Ruling:
        """Pass, regression, or too little data; not assessable where the two cannot be compared."""
        asked, against = self._spec.no_worse_than, evidence.against
        assert asked is not None  # it is asked for
        if against is None or against.comparison is None:
            trouble = against.trouble if against else "it was not looked up"
            return Ruling(GateVerdict.NOT_ASSESSABLE, f"baseline {asked.baseline!r}: {trouble}")
        return _ruling(asked, against.comparison)


def _ruling(asked: NoWorseThan, found: Comparison) -> Ruling:
    difference = found.difference
    cases = f"baseline {asked.baseline!r} (campaign {found.other_id}), {counted(difference.n, 'case')} in both"
    changed = f"{found.count(Change.REGRESSED):,} regressed, {found.count(Change.FIXED):,} fixed"
    flaky = found.count(Change.FLAKY)
    told = f"{cases}: {changed}" + (f", {flaky:,} flaky" if flaky else "")
    if difference.value is None or difference.low is None or difference.high is None:
        return Ruling(GateVerdict.INSUFFICIENT_DATA, f"{told}; the data support no interval")
    sure = f"with {(1 + difference.confidence) / 2:.0%} confidence"
    points = f"{100 * difference.value:+.1f} points"
    margin = f"{100 * asked.margin:.1f}"
    verdict = by_margin(difference, asked.margin)
    if verdict is GateVerdict.PASS:
        return Ruling(
            verdict,
            f"{told}; {points}, at most {100 * difference.high:+.1f} {sure}, within the margin of {margin}",
        )
    if verdict is GateVerdict.REGRESSION:
        return Ruling(
            verdict,
            f"{told}; {points}, at least {100 * difference.low:+.1f} {sure}, beyond the margin of {margin}",
        )
    between = f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f}"
    return Ruling(
        verdict,
        f"{told}; {points}, {between} {sure}: the margin of {margin} lies between",
    )
