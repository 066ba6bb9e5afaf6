"""A gate on a rate in tests, as a pure function of outcomes; in words and numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.pytest_plugin.collecting.marked import Limit
from probewright.campaigns.pytest_plugin.gates.outcomes import Outcomes
from probewright.campaigns.render.text import excerpt
from probewright.campaigns.specs.gate import GateSpec
from probewright.figures import percent
from probewright.types import ASSESSED, Outcome, Status

MOST_REASON = 300  # characters


@dataclass(slots=True)
class Count:
    """Outcomes of the cases that enter a rate, counted: by status, and failed and assessed trials by cluster.

    ``reasons`` are those of the outcomes without a verdict.
    """

    by_status: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    trials: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, outcome: Outcome, cluster: str) -> None:
        """Counts one more."""
        self.by_status[outcome.status] += 1
        if outcome.status in ASSESSED:
            failed, n = self.trials.get(cluster, (0, 0))
            self.trials[cluster] = (failed + (outcome.status is Status.FAIL), n + 1)
        elif outcome.reason:
            self.reasons[outcome.reason] += 1

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
    if unfit := too_many_unassessed(counted, limit.unassessed_at_most):
        return combined([unfit])
    # What is without a verdict was looked at above, with what never ran, which a campaign's gate looks at apart.
    keeper = Gatekeeper(GateSpec(max_fail_rate=limit.at_most, confidence=limit.confidence, max_unassessed=1.0))
    evidence = Evidence(
        failures_by_case=list(counted.trials.values()),
        errors=counted.by_status[Status.ERROR],
        sent=counted.total - counted.by_status[Status.NOT_RUN],
        stop_kind=stop_kind,
        stop_reason=stop_reason,
    )
    return keeper.gate(evidence)


def too_many_unassessed(counted: Count, at_most: float) -> Ruling | None:
    """Why nothing can be said where too many trials ended without a verdict: they may hide failures."""
    if not counted.total:
        return Ruling(GateVerdict.NOT_ASSESSABLE, "there are no outcomes, so there is no rate")
    if counted.unassessed <= at_most * counted.total:
        return None
    ways = ", ".join(
        f"{n:,} {status.replace('_', ' ')}" for status, n in sorted(counted.by_status.items()) if status not in ASSESSED
    )
    share = percent(counted.unassessed / counted.total)
    said = f"{counted.unassessed:,} of {counted.total:,} outcomes are no verdict ({ways}), {share}"
    mostly = "".join(f"; most often: {excerpt(reason, MOST_REASON)}" for reason, _ in counted.reasons.most_common(1))
    return Ruling(GateVerdict.NOT_ASSESSABLE, f"{said}; allowed: {percent(at_most)}{mostly}")
