"""The confidence that a gate asks for reaches every number it goes by: looks, last looks, outlooks, advice."""

from itertools import count
from math import log
from typing import Any

import pytest

from probewright.campaigns.gates.bounds import cases_needed
from probewright.campaigns.gates.criteria.fail_rate import FailRate
from probewright.campaigns.gates.early import GateReferee
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.outlook import outlook
from probewright.campaigns.specs.gate import GateSpec
from probewright.campaigns.specs.spec_file import check_spec
from probewright.stats.evalues import Side, log_e_value
from probewright.stats.intervals import lower_bound
from probewright.stats.power import cases_for_gate, most_failures, passing_rate
from probewright.stats.sequential import cases_to_certainty, plan_sequential
from probewright.store import Settled
from probewright.types import Outcome, Status
from tests.gate_parts import said

SPEC: dict[str, Any] = {
    "name": "n",
    "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "m"},
    "family": {"kind": "astral", "writer": {"kind": "template"}},
}


def passes_to_certainty(limit: float, confidence: float) -> int:
    """The first number of passes without a failure whose evidence is enough."""
    enough = -log(1 - confidence)
    return next(n for n in count(1) if log_e_value(0, n, limit, Side.BELOW) >= enough)


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_a_run_ends_at_the_case_that_makes_its_gate_certain_enough(confidence: float) -> None:
    referee = GateReferee(GateSpec(max_fail_rate=0.05, confidence=confidence, sequential=True), {})
    enough = passes_to_certainty(0.05, confidence)
    seen = [referee.see([Settled(place, {}, Status.PASS)]) for place in range(enough)]
    assert seen[:-1] == [None] * (enough - 1)
    assert seen[-1] == f"the fail rate is surely below 5.0%, by the first {enough} cases"


def after(failed: int, passed: int, confidence: float, not_run: int = 0) -> tuple[str, str]:
    criterion = FailRate(GateSpec(max_fail_rate=0.05, confidence=confidence, sequential=True))
    for place in range(passed + failed):
        criterion.add(Outcome(str(place), {}, Status.PASS if place < passed else Status.FAIL), str(place), True)
    n = passed + failed
    return said(criterion.ruling(Evidence([(failed, n)], 0, n, not_run=not_run)))


def test_a_sequential_gate_goes_by_looks_at_its_own_confidence() -> None:
    enough = passes_to_certainty(0.05, 0.8)
    first = f"0 of the first {enough} cases failed: the rate is below 5.0% with 80% confidence at any look"
    assert after(0, enough, 0.8) == ("pass", first)
    assert plan_sequential(0.05, 80, 0.95).decide(0, 80) is Side.BELOW
    more = cases_to_certainty(0, 80, 0.05, 0.99)
    assert after(0, 80, 0.99) == (
        "insufficient_data",
        f"0 of 80 failed; on which side of 5.0% is not sure yet; at this rate about {more} more cases would decide",
    )


def test_only_the_end_of_the_plan_is_the_last_look() -> None:
    last = "0 of 62 failed: the rate is below 5.0% with 95% confidence at any look, here the last"
    assert after(0, 62, 0.95) == ("pass", last)
    assert after(0, 62, 0.95, not_run=1)[0] == "insufficient_data"


def test_a_rate_at_the_limit_is_not_decided_by_more_looks() -> None:
    reason = "1 of 20 failed; on which side of 5.0% is not sure yet; at this rate no number of cases would decide"
    assert after(1, 19, 0.95) == ("insufficient_data", reason)


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_the_cases_that_would_fail_a_rate_are_the_fewest_at_that_confidence(confidence: float) -> None:
    def is_beyond(total: int) -> bool:
        return (lower_bound(round(0.08 * total), total, confidence) or 0.0) > 0.05

    more = cases_needed(4, 50, 0.05, confidence)
    assert is_beyond(50 + more)
    assert not is_beyond(50 + more - 1)


def told(cases: int, **gate: Any) -> str:
    (line,) = outlook(check_spec(SPEC | {"gate": gate}, source="spec"), cases)
    return line


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_an_outlook_is_one_at_the_confidence_of_the_gate(confidence: float) -> None:
    good = passing_rate(300, 0.05, 0.8, confidence)
    bad = 1 - (passing_rate(300, 0.95, 0.8, confidence) or 0)
    assert told(300, max_fail_rate=0.05, confidence=confidence) == (
        f"max_fail_rate 5.0% passes with {confidence:.0%} confidence with at most "
        f"{most_failures(300, 0.05, confidence)} failures in 300 cases, so mostly (80%) where the true rate is "
        f"{good:.1%} or less; it mostly fails where it is {bad:.1%} or more"
    )
    needed = cases_for_gate(0.05, 0.0, 0.8, confidence)
    assert told(20, max_fail_rate=0.05, confidence=confidence).endswith(f"without any failure it takes {needed}")
    plan = plan_sequential(0.05, 300, confidence)
    cases = ", ".join(f"{plan.prospects(rate).cases:,.0f} where {rate:.1%} fail" for rate in ((good or 0) / 2, 2 * bad))
    assert told(300, max_fail_rate=0.05, confidence=confidence, sequential=True).endswith(f"on average {cases}")
