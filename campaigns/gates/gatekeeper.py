"""The gate: whether a campaign's outcomes allow to ship. It watches them pass by and rules at the end."""

from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.gates.criteria.coverage import CoverageFloor
from probewright.campaigns.gates.criteria.each import EachValue
from probewright.campaigns.gates.criteria.errors import ErrorBudget
from probewright.campaigns.gates.criteria.fail_rate import FailRate
from probewright.campaigns.gates.criteria.must_pass import MustPass
from probewright.campaigns.gates.criteria.no_worse import NoWorse
from probewright.campaigns.gates.criteria.oracle_floor import OracleGoodEnough
from probewright.campaigns.gates.criteria.over_refusal import OverRefusing
from probewright.campaigns.gates.criteria.unassessed import Unassessed
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.specs.gate import GateSpec
from probewright.figures import counted
from probewright.types import Outcome

CRITERIA: tuple[type[Criterion], ...] = (
    ErrorBudget,
    Unassessed,
    FailRate,
    EachValue,
    NoWorse,
    MustPass,
    OverRefusing,
    CoverageFloor,
    OracleGoodEnough,
)


class Gatekeeper:
    """Holds the criteria that one gate asks for."""

    def __init__(self, spec: GateSpec) -> None:
        self._criteria = [criterion(spec) for criterion in CRITERIA if criterion.is_asked(spec)]

    def add(self, outcome: Outcome, cluster: str, is_rated: bool) -> None:
        """Shows an outcome to every criterion; see `Criterion.add`."""
        for criterion in self._criteria:
            criterion.add(outcome, cluster, is_rated)

    def gate(self, evidence: Evidence) -> Gate:
        """The verdict by precedence: not assessable, fail, regression, budget stopped, too little data, pass."""
        if unfit := _unfit(evidence):
            return combined(unfit)
        rulings = [ruling for criterion in self._criteria if (ruling := _ruling(criterion, evidence)) is not None]
        if all(isinstance(criterion, ErrorBudget | Unassessed) for criterion in self._criteria):
            counted = f"{evidence.failed:,} of {evidence.assessed:,} failed; the gate sets no maximum"
            rulings.append(Ruling(GateVerdict.PASS, counted))
        is_limited = evidence.stop_kind == StopKind.LIMIT
        return combined(rulings, evidence.stop_reason if is_limited else "")


def _unfit(evidence: Evidence) -> list[Ruling]:
    """Why nothing can be said at all."""
    reasons = []
    if evidence.assessed == 0:
        reasons.append("no answer was judged pass or fail, so there is no rate")
    if evidence.stop_kind in {StopKind.TARGET, StopKind.INTERRUPT, StopKind.CANCEL, StopKind.SETUP}:
        reasons.append(f"the run did not finish: {evidence.stop_reason}")
    elif not evidence.stop_kind and evidence.not_run:
        reasons.append(f"the run has not finished: {counted(evidence.not_run, 'planned trial')} without an outcome yet")
    return [Ruling(GateVerdict.NOT_ASSESSABLE, reason) for reason in reasons]


def _ruling(criterion: Criterion, evidence: Evidence) -> Ruling | None:
    """What the criterion says, under its key; nothing where a pass is not worth a word."""
    ruling = criterion.ruling(evidence)
    is_worth_it = criterion.says_pass or ruling.verdict is not GateVerdict.PASS
    return Ruling(ruling.verdict, ruling.reason, criterion.key) if is_worth_it else None
