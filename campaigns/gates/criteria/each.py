"""Every value of a label, such as each category, keeps a limit of its own."""

from collections import defaultdict
from collections.abc import Mapping
from math import ceil, floor
from typing import ClassVar

from probewright.campaigns.gates.bounds import one_sided
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence, Trials
from probewright.campaigns.gates.ruling import GateVerdict, Ruling
from probewright.campaigns.specs.gate import Each, GateSpec
from probewright.figures import counted
from probewright.stats.intervals import design_effect
from probewright.stats.multiplicity import holm
from probewright.types import ASSESSED, Outcome, Status

MOST_NAMED = 5


class EachValue(Criterion):
    """Fails by Holm's procedure over the values, so that many of them raise no false alarm; passes by all bounds.

    That all values are within the limit is an intersection-union test: each at the gate's confidence suffices, and
    nothing has to be corrected (Berger, Technometrics 24 (1982) 295-300).
    """

    key: ClassVar[str] = "each"

    def __init__(self, spec: GateSpec) -> None:
        super().__init__(spec)
        self._trials: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._unlabelled = 0  # assessed trials of cases that belong to no value

    @property
    def _asked(self) -> Each:
        assert self._spec.each is not None  # it is asked for
        return self._spec.each

    def add(self, outcome: Outcome, cluster: str, is_rated: bool) -> None:
        """Counts what enters the rate under its value; a value of which nothing was assessed is counted, too."""
        if not is_rated:
            return
        value = outcome.labels.get(self._asked.label)
        if value is None:
            self._unlabelled += outcome.status in ASSESSED
            return
        trials = self._trials[value]
        if outcome.status in ASSESSED:
            failed, n = trials.get(cluster, (0, 0))
            trials[cluster] = (failed + (outcome.status is Status.FAIL), n + 1)

    def ruling(self, evidence: Evidence) -> Ruling:
        """Which values are surely beyond the limit, else which are not surely within it, or were not tested at all."""
        label, limit, confidence = self._asked.label, self._asked.max_fail_rate, self._spec.confidence
        if not self._trials:
            return Ruling(GateVerdict.NOT_ASSESSABLE, f"no case of a rate has the label {label!r}, so none has a limit")
        named = self._trials.keys() | set(evidence.axes.get(label, ()))
        values = {value: list(self._trials[value].values()) if value in self._trials else [] for value in sorted(named)}
        sure = f"with {confidence:.0%} confidence"
        if failing := _beyond(values, limit, confidence):
            told = _told(values, failing, confidence)
            return Ruling(GateVerdict.FAIL, f"{label}: surely above {limit:.1%} {sure} (Holm): {told}")
        if unsure := [value for value, trials in values.items() if one_sided(trials, confidence)[1] > limit]:
            told = _told(values, unsure, confidence)
            return Ruling(GateVerdict.INSUFFICIENT_DATA, f"{label}: not surely within {limit:.1%} {sure}: {told}")
        if self._unlabelled:
            told = f"{counted(self._unlabelled, 'assessed answer')} of cases without this label, so under no limit"
            return Ruling(GateVerdict.INSUFFICIENT_DATA, f"{label}: {told}")
        return Ruling(GateVerdict.PASS, f"{label}: all {len(values)} values are within {limit:.1%} {sure}")


def _beyond(values: Mapping[str, Trials], limit: float, confidence: float) -> list[str]:
    chances = {value: _chance(trials, limit) for value, trials in values.items()}
    return [value for value, test in holm(chances, confidence).items() if test.is_rejected]


def _chance(trials: Trials, limit: float) -> float:
    """How likely so many failures are at the limit: the exact binomial tail of as many independent trials."""
    from scipy.special import bdtrc  # noqa: PLC0415 (0.5 s and 56 MB)

    effect = design_effect(trials)
    failed, n = floor(sum(x for x, _ in trials) / effect), ceil(sum(k for _, k in trials) / effect)
    return float(bdtrc(failed - 1, n, limit)) if failed else 1.0


def _told(values: Mapping[str, Trials], named: list[str], confidence: float) -> str:
    """The values in words, the worst first, the others counted."""

    def rank(value: str) -> tuple[float, str]:
        return (-one_sided(values[value], confidence)[0], value)

    shown = []
    for value in sorted(named, key=rank)[:MOST_NAMED]:
        failed, n = (sum(column) for column in zip(*values[value], strict=True)) if values[value] else (0, 0)
        shown.append(f"{value} {failed:,} of {n:,}")
    rest = len(named) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")
