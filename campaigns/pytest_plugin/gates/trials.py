"""When trials of one case decide it: at least m of n must pass, and nobody asks on once nothing can change that."""

from collections.abc import Sequence
from dataclasses import dataclass

from probewright.types import Status


@dataclass(frozen=True, slots=True)
class Rule:
    """At least ``needed`` of ``trials`` trials must pass."""

    needed: int
    trials: int

    def decided(self, ended: Sequence[Status]) -> Status | None:
        """How the case ends after these trials, or None while another one could tell.

        Only a pass counts as one. The case fails where so many trials failed that even passes in place of all others
        would be too few; where only trials without a verdict stand in the way of a pass, it ends as they did.
        """
        passed, failed = ended.count(Status.PASS), ended.count(Status.FAIL)
        if passed >= self.needed:
            return Status.PASS
        if failed > self.trials - self.needed:
            return Status.FAIL
        if passed + self.trials - len(ended) < self.needed:
            return _worst(ended)
        return None


def _worst(ended: Sequence[Status]) -> Status:
    """What stood in the way of a verdict, the gravest first."""
    ways = (Status.NOT_RUN, Status.ERROR, Status.BLOCKED, Status.UNDECIDED)
    return next(status for status in ways if status in ended)
