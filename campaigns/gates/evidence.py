"""What a gate looks at, of a campaign as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probewright.campaigns.comparison import Comparison
from probewright.oracles.calibration.card import Reliability
from probewright.testgen.coverage import Coverage

Trials = Sequence[tuple[int, int]]  # failed and assessed trials, a pair for each case or cluster of cases


@dataclass(frozen=True, slots=True)
class Against:
    """The blessed baseline that a campaign is held against.

    Attributes:
        name: Under which it was blessed.
        comparison: Case by case, at the gate's confidence; None where the two cannot be compared.
        trouble: Why they cannot, in one sentence without its full stop; empty where they can.
    """

    name: str
    comparison: Comparison | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Failed and assessed trials by case, errors among the sent trials, how the run ended, and what is known beside.

    ``coverage`` and ``reliability`` are None where nothing can be said of them, ``against`` where the gate names no
    baseline. ``not_run`` counts the planned trials without an outcome, controls included; ``axes`` are the labels that
    the campaign was to test, with their values.
    """

    failures_by_case: Trials
    errors: int
    sent: int
    stop_kind: str = ""
    stop_reason: str = ""
    coverage: Coverage | None = None
    reliability: Reliability | None = None
    why_uncalibrated: str = ""
    against: Against | None = None
    not_run: int = 0
    axes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Trials that failed."""
        return sum(failed for failed, _ in self.failures_by_case)

    @property
    def assessed(self) -> int:
        """Trials that passed or failed."""
        return sum(n for _, n in self.failures_by_case)
