"""The fail rate is surely within a maximum."""

from typing import ClassVar

from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.gates.bounds import at_this_rate, within
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import GateVerdict, Ruling
from probewright.campaigns.specs.gate import GateSpec
from probewright.figures import counted
from probewright.stats.evalues import Side
from probewright.stats.sequential import RunningTest, cases_to_certainty, plan_sequential
from probewright.types import ASSESSED, Outcome, Status

VERDICTS = {Side.ABOVE: GateVerdict.FAIL, Side.BELOW: GateVerdict.PASS}  # the first that is certain counts


class FailRate(Criterion):
    """Judges the one-sided bounds of the model's fail rate, never the point.

    A sequential gate was looked at after every case, so it goes by the looks instead: by the first at which one side of
    the limit was certain, and by the last one where every case was asked. Certainty of "above" at any look outweighs
    that of "below" at an earlier one.
    """

    key: ClassVar[str] = "max_fail_rate"

    def __init__(self, spec: GateSpec) -> None:
        super().__init__(spec)
        self._looks = RunningTest(self._limit, spec.confidence) if spec.sequential else None
        self._certain: dict[Side, tuple[int, int]] = {}  # failed, and assessed, when it first was

    @property
    def _limit(self) -> float:
        assert self._spec.max_fail_rate is not None  # it is asked for
        return self._spec.max_fail_rate

    def add(self, outcome: Outcome, cluster: str, is_rated: bool) -> None:  # noqa: ARG002 (a sequential gate has no clusters)
        """Looks once more, where the gate is sequential."""
        if self._looks is None or not is_rated or outcome.trial or outcome.status not in ASSESSED:
            return  # a case is looked at once, however often it was tried
        if (side := self._looks.add(outcome.status is Status.FAIL)) is not None:
            self._certain.setdefault(side, (self._looks.failed, self._looks.n))

    def ruling(self, evidence: Evidence) -> Ruling:
        """Pass, fail, or too little data."""
        if self._looks is None:
            return within(evidence.failures_by_case, self._limit, self._spec.confidence)
        return self._by_looks(self._looks, evidence)

    def _by_looks(self, looks: RunningTest, evidence: Evidence) -> Ruling:
        limit, sure = self._limit, f"with {self._spec.confidence:.0%} confidence at any look"
        for certain in (side for side in VERDICTS if side in self._certain):
            failed, n = self._certain[certain]
            saved = f"; {counted(evidence.not_run, 'case')} saved" if evidence.stop_kind == StopKind.DECIDED else ""
            said = f"{failed:,} of the first {n:,} cases failed: the rate is {certain} {limit:.1%} {sure}{saved}"
            return Ruling(VERDICTS[certain], said)
        seen = f"{looks.failed:,} of {looks.n:,} failed"
        # The last look spends what the others left of the error, and only the end of the plan is not chosen by anybody.
        is_whole = not evidence.stop_kind and not evidence.not_run
        last = (
            plan_sequential(limit, looks.n, self._spec.confidence).decide(looks.failed, looks.n) if is_whole else None
        )
        if last is not None:
            return Ruling(VERDICTS[last], f"{seen}: the rate is {last} {limit:.1%} {sure}, here the last")
        more = cases_to_certainty(looks.failed, looks.n, limit, self._spec.confidence)
        advice = at_this_rate(more or 0, "about ")
        return Ruling(GateVerdict.INSUFFICIENT_DATA, f"{seen}; on which side of {limit:.1%} is not sure yet; {advice}")
