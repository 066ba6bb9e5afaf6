"""The gate's verdicts: which evidence gives which, what comes first, and that a bound decides, never the point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.gates.bounds import cases_needed
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict
from probewright.campaigns.specs.gate import GateSpec
from probewright.stats.intervals import lower_bound, upper_bound
from probewright.types import Outcome, Status
from probewright.webapp.cli import exit_codes


def evidence(failed: int, n: int, errors: int = 0, stop_kind: str = "") -> Evidence:
    trials = [(1, 1)] * failed + [(0, 1)] * (n - failed)
    return Evidence(trials, errors, n + errors, stop_kind, "limits.calls: used up" if stop_kind else "")


def judge(spec: GateSpec, seen: Evidence) -> Gate:
    return Gatekeeper(spec).gate(seen)


def verdict(gate: Gate) -> str:
    assert gate.reasons
    return gate.verdict.value


FIVE = GateSpec(max_fail_rate=0.05, max_error_rate=0.02)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (evidence(0, 59), "pass"),  # 1 - 0.05 ** (1 / 59) = 4.95 %
        (evidence(0, 58), "insufficient_data"),  # 5.03 %
        (evidence(5, 100), "insufficient_data"),
        (evidence(30, 100), "fail"),
        (evidence(0, 0), "not_assessable"),
        (evidence(0, 0, errors=10), "not_assessable"),
        (evidence(0, 98, errors=2), "pass"),
        (evidence(0, 97, errors=3), "not_assessable"),
        (evidence(97, 97, errors=3), "not_assessable"),  # before fail
        (evidence(0, 100, stop_kind="target"), "not_assessable"),
        (evidence(0, 100, stop_kind="interrupt"), "not_assessable"),
        (evidence(0, 100, stop_kind="limit"), "budget_stopped"),  # before pass
        (evidence(2, 50, stop_kind="limit"), "budget_stopped"),  # before insufficient data
        (evidence(30, 100, stop_kind="limit"), "fail"),  # more answers could not save it
        (evidence(0, 0, stop_kind="limit"), "not_assessable"),
    ],
)
def test_evidence_gives_its_verdict_by_precedence(seen: Evidence, expected: str) -> None:
    assert verdict(judge(FIVE, seen)) == expected


def test_a_gate_without_a_maximum_passes_what_could_be_assessed() -> None:
    assert verdict(judge(GateSpec(), evidence(100, 100))) == "pass"
    assert verdict(judge(GateSpec(), evidence(0, 0))) == "not_assessable"


def test_repeated_trials_of_a_case_count_for_less_than_independent_cases() -> None:
    repeated = Evidence([(0, 10)] * 6, 0, 60)
    assert verdict(judge(FIVE, evidence(0, 60))) == "pass"
    assert verdict(judge(FIVE, repeated)) == "insufficient_data"


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0, 1))
def test_a_pass_is_within_the_limit_and_a_fail_beyond_it_with_the_stated_confidence(
    counts: tuple[int, int], limit: float
) -> None:
    failed, n = counts
    found = judge(GateSpec(max_fail_rate=limit), evidence(failed, n)).verdict
    high, low = upper_bound(failed, n, 0.95), lower_bound(failed, n, 0.95)
    assert high is not None
    assert low is not None
    assert (found is GateVerdict.PASS) == (high <= limit)
    assert (found is GateVerdict.FAIL) == (low > limit >= 0 and high > limit)


@pytest.mark.parametrize(("failed", "n", "limit"), [(0, 10, 0.05), (1, 50, 0.05), (2, 100, 0.05), (0, 1, 0.001)])
def test_the_number_of_cases_that_would_decide_does_and_one_fewer_does_not(failed: int, n: int, limit: float) -> None:
    more = cases_needed(failed, n, limit, 0.95)
    assert more > 0

    def is_enough(total: int) -> bool:
        high = upper_bound(round(failed / n * total), total, 0.95)
        return high is not None and high <= limit

    assert is_enough(n + more)
    assert not is_enough(n + more - 1)


def test_a_rate_at_the_limit_is_never_decided_by_more_cases() -> None:
    assert cases_needed(5, 100, 0.05, 0.95) == 0
    assert "no number of cases would decide" in judge(FIVE, evidence(5, 100)).reasons[0]


def test_every_verdict_has_its_exit_code() -> None:
    codes = {verdict.value: exit_codes.BY_VERDICT[verdict] for verdict in GateVerdict}
    assert codes == {
        "pass": 0,
        "fail": 1,
        "regression": 1,
        "insufficient_data": 3,
        "not_assessable": 3,
        "budget_stopped": 4,
    }


@pytest.mark.parametrize(("failed", "n", "limit"), [(9, 84, 0.05), (1, 3, 0.05)])
def test_a_rate_above_the_limit_is_decided_by_more_cases_as_well(failed: int, n: int, limit: float) -> None:
    more = cases_needed(failed, n, limit, 0.95)
    low = lower_bound(round(failed / n * (n + more)), n + more, 0.95)
    assert more > 0
    assert low is not None
    assert low > limit


def test_cases_that_were_tried_repeatedly_are_not_counted_as_so_many() -> None:
    reason = judge(FIVE, Evidence([(0, 10)] * 6, 0, 60)).reasons[0]
    assert reason.endswith("at this rate about 53 more cases would decide")
    assert verdict(judge(FIVE, Evidence([(0, 10)] * 52, 0, 520))) == "pass"


@pytest.mark.parametrize(("without", "expected"), [(10, "pass"), (12, "insufficient_data"), (300, "insufficient_data")])
def test_nothing_passes_over_many_answers_without_a_verdict(without: int, expected: str) -> None:
    seen = Evidence([(0, 1)] * 100, 0, 100 + without)
    assert verdict(judge(GateSpec(max_fail_rate=0.05), seen)) == expected
    assert verdict(judge(GateSpec(max_fail_rate=0.05, max_unassessed=1), seen)) == "pass"
    failing = Evidence([(1, 1)] * 100, 0, 100 + without)
    assert verdict(judge(GateSpec(max_fail_rate=0.05), failing)) == "fail"


def test_answers_without_a_verdict_are_told_by_kind() -> None:
    keeper = Gatekeeper(GateSpec(max_fail_rate=0.05))
    for number, status in enumerate([Status.BLOCKED] * 12 + [Status.UNDECIDED] * 2 + [Status.PASS] * 86):
        keeper.add(Outcome(str(number), {}, status), str(number), is_rated=True)
        keeper.add(Outcome(f"control {number}", {}, Status.ERROR), str(number), is_rated=False)
    found = keeper.gate(Evidence([(0, 1)] * 86, 0, 100))
    assert found.reasons[0] == (
        "14 of 100 sent cases have no verdict (12 blocked, 2 undecided), 14.0%; allowed by max_unassessed: 10.0%"
    )


def test_a_campaign_that_is_still_running_or_was_killed_is_not_assessable() -> None:
    seen = Evidence([(0, 1)] * 120, 0, 120, not_run=300)
    found = judge(FIVE, seen)
    assert verdict(found) == "not_assessable"
    assert found.reasons == ("the run has not finished: 300 planned trials without an outcome yet",)
    assert verdict(judge(FIVE, evidence(0, 120, stop_kind="cancel"))) == "not_assessable"


def test_a_share_without_a_verdict_at_its_very_limit_is_allowed() -> None:
    assert verdict(judge(GateSpec(max_fail_rate=0.05), Evidence([(0, 1)] * 90, 0, 100))) == "pass"
    assert verdict(judge(GateSpec(max_fail_rate=0.05), Evidence([(0, 1)] * 89, 0, 100))) == "insufficient_data"
    (reason, *_) = judge(GateSpec(max_fail_rate=0.05), Evidence([(0, 1)] * 89, 0, 100)).reasons
    assert reason == "11 of 100 sent cases have no verdict, 11.0%; allowed by max_unassessed: 10.0%"
