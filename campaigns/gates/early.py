"""When a campaign may stop asking because its gate is certain: `sequential` in a gate."""

from collections.abc import Mapping, Sequence
from typing import Any

from probewright.campaigns.specs.gate import GateSpec
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.errors import ConfigError
from probewright.protocols import Search
from probewright.stats.evalues import Side
from probewright.stats.sequential import RunningTest
from probewright.store import Settled
from probewright.testgen.described import described
from probewright.types import ASSESSED, Status

MOST_CASES = 20_000  # planning the last look of as many takes two seconds
# Criteria that look at more than the rate: with one of these, only a failure is certain before every case was asked.
NEEDS_ALL = ("each", "no_worse_than", "must_pass", "over_refusal", "min_coverage")


class GateReferee:
    """Plays the engine's `Referee`: goes by the fail rate, and by cases that must pass.

    Args:
        spec: A gate with ``sequential`` and ``max_fail_rate``.
        rated: The labels of the cases that enter the rate.
    """

    def __init__(self, spec: GateSpec, rated: Mapping[str, str]) -> None:
        assert spec.max_fail_rate is not None  # the spec is checked
        self._test = RunningTest(spec.max_fail_rate, spec.confidence)
        self._must_pass = spec.must_pass
        self._rated = rated
        self._may_pass = not any(getattr(spec, key) for key in NEEDS_ALL)

    def see(self, settled: Sequence[Settled]) -> str | None:
        """Why no further case can change the verdict, or None."""
        reasons = map(self._see, settled)
        return next((reason for reason in reasons if reason), None)

    def _see(self, case: Settled) -> str | None:
        has_failed = case.status is Status.FAIL
        if has_failed and any(labels.items() <= case.labels.items() for labels in self._must_pass):
            return f"case {case.position} failed, which must pass"
        if case.status not in ASSESSED or not self._rated.items() <= case.labels.items():
            return None
        side = self._test.add(has_failed)
        if side is None or (side is Side.BELOW and not self._may_pass):
            return None
        return f"the fail rate is surely {side} {self._test.limit:.1%}, by the first {self._test.n:,} cases"


def referee(spec: CampaignSpec) -> GateReferee | None:
    """Who ends the campaign early, where its gate asks for that."""
    if spec.gate is None or not spec.gate.sequential:
        return None
    return GateReferee(spec.gate, described(spec.family.dump()).rated)


def require_sequential(spec: CampaignSpec, search: Search, cases: int) -> None:
    """Makes sure that looking at every case keeps the promise: independent cases in random order, each tried once.

    Raises:
        ConfigError: they are not, where the gate is sequential.
    """
    if spec.gate is None or not spec.gate.sequential:
        return
    family: Any = described(spec.family.dump())
    if spec.limits.trials != 1:
        raise _refused(f"limits.trials is {spec.limits.trials}", "1, since repeated trials of a case are no new cases")
    if family.cluster:
        raise _refused(
            f"cases of the family {spec.family.kind!r} that share a {family.cluster} are not independent",
            "a family whose cases are, or a gate without sequential",
        )
    if not search.is_shuffled:
        order = spec.family.params.search.params
        wanted = "search: {kind: grid, order: random} in the family" if hasattr(order, "order") else "another search"
        raise _refused("the cases do not come in random order", wanted)
    if cases > MOST_CASES:
        raise _refused(f"the campaign plans {cases:,} cases", f"at most {MOST_CASES:,}")


def _refused(what: str, allowed: str) -> ConfigError:
    return ConfigError(f"gate.sequential: {what}; allowed: {allowed}")
