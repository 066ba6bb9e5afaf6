"""One-sided bounds of a fail rate, and how many more cases would decide: what several criteria go by."""

from collections.abc import Callable

from probewright.campaigns.gates.evidence import Trials
from probewright.campaigns.gates.ruling import GateVerdict, Ruling
from probewright.figures import counted, percent
from probewright.stats.intervals import clustered_rate, design_effect, lower_bound, upper_bound
from probewright.stats.paired import Difference

MOST_CASES = 10_000_000  # where the search for a sufficient number of cases gives up


def one_sided(trials: Trials, confidence: float) -> tuple[float, float]:
    """Lower and upper bound: exact for single trials, by the effective sample size for repeated ones."""
    failed, n = sum(x for x, _ in trials), sum(k for _, k in trials)
    if any(k > 1 for _, k in trials):
        rate = clustered_rate(trials, 2 * confidence - 1)
        low, high = rate.low, rate.high
    else:
        low, high = lower_bound(failed, n, confidence), upper_bound(failed, n, confidence)
    return low or 0.0, 1.0 if high is None else high


def within(trials: Trials, limit: float, confidence: float, what: str = "failed") -> Ruling:
    """Whether a rate is within its limit: pass by the upper bound, fail by the lower, else too little data."""
    failed, n = sum(x for x, _ in trials), sum(k for _, k in trials)
    seen, sure = f"{failed:,} of {n:,} {what}", f"with {confidence:.0%} confidence"
    low, high = one_sided(trials, confidence)
    if high <= limit:
        return Ruling(GateVerdict.PASS, f"{seen}; the upper bound {high:.1%} is within {limit:.1%} {sure}")
    if low > limit:
        return Ruling(GateVerdict.FAIL, f"{seen}; the lower bound {low:.1%} exceeds {limit:.1%} {sure}")
    between = f"{percent(limit)} lies between the bounds {low:.1%} and {high:.1%} {sure}"
    return Ruling(GateVerdict.INSUFFICIENT_DATA, f"{seen}; {between}; {_advice(trials, limit, confidence)}")


def _advice(trials: Trials, limit: float, confidence: float) -> str:
    failed, n = sum(x for x, _ in trials), sum(k for _, k in trials)
    effect = design_effect(trials)
    if effect == 1.0:
        return at_this_rate(cases_needed(failed, n, limit, confidence) if n else 0)
    # As many more cases, each tried as often and as alike as these.
    more = cases_needed(round(failed / effect), max(1, round(n / effect)), limit, confidence)
    return at_this_rate(round(more * effect * len(trials) / n), "about ")


def by_margin(difference: Difference, margin: float) -> GateVerdict:
    """Whether a rise is within a margin: pass by the upper end, regression by the lower, else too little data."""
    if difference.low is None or difference.high is None:
        return GateVerdict.INSUFFICIENT_DATA
    if difference.high <= margin:
        return GateVerdict.PASS
    return GateVerdict.REGRESSION if difference.low > margin else GateVerdict.INSUFFICIENT_DATA


def at_this_rate(more: int, about: str = "") -> str:
    """What more cases would bring, if they failed as often: so many decide, or with 0 no number does."""
    if not more:
        return "at this rate no number of cases would decide"
    return f"at this rate {about}{counted(more, 'more case')} would decide"


def cases_needed(failed: int, n: int, limit: float, confidence: float) -> int:
    """How many more cases, failing as often, would bring a bound to ``limit``: the upper one, or else the lower.

    0 where no number would, or only more than ten million.
    """
    share = failed / n

    def passes(total: int) -> bool:
        high = upper_bound(round(share * total), total, confidence)
        return high is not None and high <= limit

    def fails(total: int) -> bool:
        low = lower_bound(round(share * total), total, confidence)
        return low is not None and low > limit

    if share == limit:
        return 0
    return first_beyond(n, passes if share < limit else fails) - n


def first_beyond(n: int, decides: Callable[[int], bool], most: int = MOST_CASES) -> int:
    """The least number above ``n`` that decides, where all that are larger do, too; ``n`` where none up to ``most``."""
    too_few, enough = n, 2 * n
    while not decides(enough):
        too_few, enough = enough, 2 * enough
        if enough > most:
            return n
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decides(middle) else (middle, enough)
    return enough
