"""Two campaigns on the same cases, compared case by case."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from probewright.stats.paired import Difference, McNemar, compare_shares
from probewright.types import ASSESSED, Outcome, Status


class Change(StrEnum):
    """How one case fares in this campaign against the other."""

    REGRESSED = "regressed"  # passed there, fails here
    FIXED = "fixed"  # failed there, passes here
    BOTH_FAIL = "both fail"
    BOTH_PASS = "both pass"
    FLAKY = "flaky"  # trials of the same case differ within one of the campaigns


CHANGED = frozenset({Change.REGRESSED, Change.FIXED, Change.FLAKY})


@dataclass(frozen=True, slots=True)
class Comparison:
    """This campaign against another, on the cases that both assessed.

    ``difference`` is this campaign's share of failures minus the other's. ``test`` is None where cases were tried more
    than once: then the interval comes from resampling cases, since trials of a case are not independent.
    """

    other_id: int
    other_name: str
    other_target: str
    changes: Mapping[str, Change]  # case key -> change
    only_here: int  # cases assessed in this campaign alone
    only_there: int
    difference: Difference
    test: McNemar | None
    other_oracle: str = ""  # what judged the other campaign

    @property
    def changed(self) -> frozenset[str]:
        """Keys of the cases that do not fare alike in both campaigns."""
        return frozenset(key for key, change in self.changes.items() if change in CHANGED)

    def count(self, change: Change) -> int:
        """How many cases fare so."""
        return sum(found is change for found in self.changes.values())


def fail_shares(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Case key -> share of its assessed trials that failed, 0 to 1; cases without an assessed trial are left out."""
    sums: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        if outcome.status in ASSESSED:
            failed, n = sums.get(outcome.key, (0, 0))
            sums[outcome.key] = (failed + (outcome.status is Status.FAIL), n + 1)
    return {key: failed / n for key, (failed, n) in sums.items()}


def compare(
    here: Mapping[str, float],
    there: Mapping[str, float],
    other_id: int,
    other_name: str,
    other_target: str,
    seed: int,
    *,
    other_oracle: str = "",
    clusters: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compares shares of failures by case key.

    ``seed`` is for the bootstrap where cases were tried more than once. ``clusters`` names what cases on the same thing
    share, by case key: the difference is then taken over those things, since their cases are not independent.
    ``confidence`` is that of the difference's two-sided interval.
    """
    both = sorted(here.keys() & there.keys())
    changes = {key: change_between(here[key], there[key]) for key in both}
    # A is the other campaign, the baseline; B is this one: a difference above 0 means that this one fails more.
    groups: dict[str, list[str]] = defaultdict(list)
    for key in both:
        groups[(clusters or {}).get(key, key)].append(key)
    before = [fmean(there[key] for key in keys) for keys in groups.values()]
    after = [fmean(here[key] for key in keys) for keys in groups.values()]
    difference, test = compare_shares(before, after, seed=seed, confidence=confidence)
    only_here, only_there = len(here) - len(both), len(there) - len(both)
    return Comparison(
        other_id, other_name, other_target, changes, only_here, only_there, difference, test, other_oracle
    )


def change_between(here: float, there: float) -> Change:
    """How a case fares by the shares of its assessed trials that failed in both campaigns."""
    known = {
        (1.0, 0.0): Change.REGRESSED,
        (0.0, 1.0): Change.FIXED,
        (1.0, 1.0): Change.BOTH_FAIL,
        (0.0, 0.0): Change.BOTH_PASS,
    }
    return known.get((here, there), Change.FLAKY)
