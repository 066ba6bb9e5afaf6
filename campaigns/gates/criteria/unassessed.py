"""Few enough trials are without a verdict."""

from collections import Counter
from typing import ClassVar

from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import GateVerdict, Ruling
from probewright.campaigns.specs.gate import GateSpec
from probewright.types import ASSESSED, Outcome, Status


class Unassessed(Criterion):
    """Errors, withheld and undecided answers enter no rate, and what they hide may be just what fails.

    So beyond a share of them nothing passes. What fails by the others fails all the same.
    """

    key: ClassVar[str] = "max_unassessed"
    says_pass: ClassVar[bool] = False

    def __init__(self, spec: GateSpec) -> None:
        super().__init__(spec)
        self._counts: Counter[Status] = Counter()

    def add(self, outcome: Outcome, cluster: str, is_rated: bool) -> None:  # noqa: ARG002 (trials count one by one)
        """Counts what is rated and has no verdict."""
        if is_rated and outcome.status not in ASSESSED:
            self._counts[outcome.status] += 1

    def ruling(self, evidence: Evidence) -> Ruling:
        """Pass, or too little data."""
        limit, without = self._spec.max_unassessed, evidence.sent - evidence.assessed
        share = without / evidence.sent if evidence.sent else 0.0
        kinds = ", ".join(f"{n:,} {status}" for status, n in sorted(self._counts.items()))
        told = f"{without:,} of {evidence.sent:,} sent cases have no verdict" + (f" ({kinds})" if kinds else "")
        verdict = GateVerdict.PASS if share <= limit else GateVerdict.INSUFFICIENT_DATA
        return Ruling(verdict, f"{told}, {share:.1%}; allowed by max_unassessed: {limit:.1%}")
