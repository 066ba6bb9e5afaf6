"""Assertions on outcomes: what passes, what fails and of which kind, in words and numbers."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.comparison import compare, fail_shares
from probewright.campaigns.gates.criteria.no_worse import NoWorse
from probewright.campaigns.gates.evidence import Against, Evidence
from probewright.campaigns.pytest_plugin.gates.trials import Rule
from probewright.campaigns.specs.gate import GateSpec, NoWorseThan
from probewright.errors import ConfigError, DataError
from probewright.stats.intervals import upper_bound
from probewright.testing import (
    BudgetSpent,
    GateFailed,
    NotAssessable,
    NotEnoughData,
    Outcomes,
    RateExceeded,
    Regressed,
    assert_no_regression,
    assert_rate,
    read_outcomes,
    write_outcomes,
)
from probewright.types import ASSESSED, Outcome, Status


def outcomes(fails: int, passes: int = 0, *, undecided: int = 0, trials: int = 1) -> list[Outcome]:
    statuses = [Status.FAIL] * fails + [Status.PASS] * passes + [Status.UNDECIDED] * undecided
    return [
        Outcome(f"case {number}", {}, status, trial=trial)
        for number, status in enumerate(statuses)
        for trial in range(trials)
    ]


def test_a_rate_holds_only_by_its_upper_bound() -> None:
    gate = assert_rate(outcomes(0, 149), at_most=0.02)
    assert "the upper bound 2.0% is within 2.0% with 95% confidence" in gate.reasons[0]
    with pytest.raises(NotEnoughData, match=r"0 of 100 failed; .* 49 more cases would decide"):
        assert_rate(outcomes(0, 100), at_most=0.02)
    with pytest.raises(RateExceeded, match=r"12 of 42 failed; the lower bound 17\.\d% exceeds 2\.0%"):
        assert_rate(outcomes(12, 30), at_most=0.02)


def test_repeated_trials_are_no_further_cases() -> None:
    with pytest.raises(NotEnoughData):
        assert_rate(outcomes(0, 40, trials=10), at_most=0.02)


@pytest.mark.parametrize("given", [[], outcomes(0, 0, undecided=50)])
def test_without_a_verdict_nothing_is_assessable(given: Sequence[Outcome]) -> None:
    with pytest.raises(NotAssessable):
        assert_rate(given, at_most=1)
    with pytest.raises(NotAssessable):
        assert_no_regression(given, outcomes(0, 50))


def test_too_many_outcomes_without_a_verdict_may_hide_failures() -> None:
    with pytest.raises(
        NotAssessable, match=r"40 of 240 outcomes are no verdict \(40 undecided\), 16.7%; allowed: 10.0%"
    ):
        assert_rate(outcomes(0, 200, undecided=40), at_most=0.05)
    assert_rate(outcomes(0, 200, undecided=20), at_most=0.05)


def test_a_campaign_that_a_limit_stopped_is_not_enough() -> None:
    stopped = Outcomes(tuple(outcomes(0, 300)), stop_kind="limit", stop_reason="limits.calls: 300 of 300 spent")
    with pytest.raises(BudgetSpent, match=r"limits\.calls: 300 of 300 spent"):
        assert_rate(stopped, at_most=0.5)


def test_controls_enter_no_rate() -> None:
    controls = [Outcome(f"control {n}", {"kind": "control"}, Status.FAIL) for n in range(100)]
    asked = [Outcome(f"case {n}", {"kind": "asked"}, Status.PASS) for n in range(100)]
    assert_rate(Outcomes((*controls, *asked), rated={"kind": "asked"}), at_most=0.05)


@pytest.mark.parametrize("confidence", [1, 1.0, 0.5, 0, 95, float("nan"), "0.95", True])
def test_a_confidence_that_cannot_be_is_refused(confidence: float) -> None:
    with pytest.raises(ConfigError, match=r"confidence is .*; allowed: above 0.5 and below 1"):
        assert_rate(outcomes(0, 500), at_most=0.5, confidence=confidence)


@pytest.mark.parametrize("at_most", [-0.1, 1.1, float("nan"), None])
def test_a_share_that_cannot_be_is_refused(at_most: float) -> None:
    with pytest.raises(ConfigError, match=r"at_most is .*; allowed: a share, 0 to 1"):
        assert_rate(outcomes(0, 500), at_most=at_most)


def test_what_is_no_outcome_is_refused() -> None:
    with pytest.raises(TypeError, match="outcomes holds a bool; allowed: Outcome"):
        assert_rate([True, False], at_most=0.5)  # type: ignore[list-item]


def test_no_regression_is_shown_never_supposed() -> None:
    assert_no_regression(outcomes(10, 190), outcomes(10, 190))
    with pytest.raises(NotEnoughData, match=r"20 cases in both: 0 worse, 0 better.* \d+ more cases would decide"):
        assert_no_regression(outcomes(2, 18), outcomes(2, 18))
    with pytest.raises(Regressed, match=r"200 cases in both: 30 worse, 0 better, \+15.0 points; at least"):
        assert_no_regression(outcomes(40, 160), outcomes(10, 190))


def test_more_cases_like_these_really_decide() -> None:
    with pytest.raises(NotEnoughData) as raised:
        assert_no_regression(outcomes(0, 20), outcomes(0, 20))
    more = int(str(raised.value).rpartition(" more cases")[0].rpartition(" ")[2])
    assert_no_regression(outcomes(0, 20 + more), outcomes(0, 20 + more))
    with pytest.raises(NotEnoughData):
        assert_no_regression(outcomes(0, 19 + more), outcomes(0, 19 + more))


def test_another_suites_baseline_is_no_baseline() -> None:
    other = [Outcome(f"other {number}", {}, Status.PASS) for number in range(50)]
    with pytest.raises(NotAssessable, match="none of the baseline's 50 assessed cases was assessed here"):
        assert_no_regression(outcomes(0, 50), other)
    with pytest.raises(NotAssessable, match="100 of the baseline's 200 assessed cases have no verdict here"):
        assert_no_regression(outcomes(0, 100), outcomes(0, 200))


def test_a_case_that_ends_in_an_error_now_is_not_forgotten() -> None:
    now = [*outcomes(0, 100), *[Outcome(f"case {n}", {}, Status.ERROR) for n in range(100, 200)]]
    with pytest.raises(NotAssessable, match="100 of 200 outcomes are no verdict"):
        assert_no_regression(now, outcomes(0, 200))


def test_a_baseline_is_read_from_the_file_that_was_written(tmp_path: Path) -> None:
    written = [Outcome("a", {"kind": "x"}, Status.FAIL, "why", "compliance", 0.75, 2), *outcomes(1, 98)]
    write_outcomes(written, tmp_path / "baseline.jsonl")
    assert list(read_outcomes(tmp_path / "baseline.jsonl")) == written
    assert_no_regression(written, tmp_path / "baseline.jsonl", margin=0.1)


def with_controls(fails: int, oracle: str = "refusal 2") -> Outcomes:
    rated = [Outcome(f"case {n}", {"kind": "asked"}, Status.FAIL if n < fails else Status.PASS) for n in range(200)]
    controls = [Outcome(f"control {n}", {"kind": "control"}, Status.FAIL) for n in range(100)]
    return Outcomes((*rated, *controls), rated={"kind": "asked"}, oracle=oracle)


def test_a_campaigns_file_says_which_outcomes_are_controls_what_belongs_together_and_what_stopped_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "baseline.jsonl"
    written = replace(with_controls(2), cluster="kind", stop_kind="limit", stop_reason="limits.calls: 300 of 300 spent")
    write_outcomes(written, path)
    assert read_outcomes(path) == replace(written, spent=read_outcomes(path).spent)
    write_outcomes(with_controls(2), path)
    assert assert_rate(read_outcomes(path), at_most=0.1) == assert_rate(with_controls(2), at_most=0.1)
    assert_no_regression(with_controls(2), path)
    write_outcomes([], path)
    assert len(read_outcomes(path)) == 0


def test_controls_of_a_file_that_does_not_name_them_are_known_by_the_other_side(tmp_path: Path) -> None:
    path = tmp_path / "baseline.jsonl"
    write_outcomes(list(with_controls(2)), path)  # as `probewright outcomes --jsonl` writes them: a line an outcome
    assert_no_regression(with_controls(2), path)
    write_outcomes(with_controls(2), path)
    assert_no_regression(list(with_controls(2)), path)


def test_another_oracles_baseline_is_no_baseline(tmp_path: Path) -> None:
    write_outcomes(with_controls(2, oracle="refusal 1"), tmp_path / "baseline.jsonl")
    with pytest.raises(NotAssessable, match="judged by refusal 2, the baseline by refusal 1"):
        assert_no_regression(with_controls(2), tmp_path / "baseline.jsonl")


def test_cases_on_the_same_thing_are_no_further_data() -> None:
    def about(things: int, fails: int) -> Outcomes:
        items = [
            Outcome(f"case {n}", {"thing": str(n % things)}, Status.FAIL if n < fails else Status.PASS)
            for n in range(300)
        ]
        return Outcomes(tuple(items), cluster="thing")

    assert_no_regression(about(300, 0), about(300, 0))
    with pytest.raises(NotEnoughData, match="300 cases in both"):
        assert_no_regression(about(30, 0), about(30, 0))


@pytest.mark.parametrize(
    "head", ['{"probewright_outcomes": 2}', '{"probewright_outcomes": 1, "rated": [], "cluster": ""}']
)
def test_a_first_line_that_says_nothing_known_is_refused(tmp_path: Path, head: str) -> None:
    (tmp_path / "baseline.jsonl").write_text(f"{head}\n")
    with pytest.raises(DataError, match=r"line 1 is .*; allowed: .* as write_outcomes wrote it"):
        read_outcomes(tmp_path / "baseline.jsonl")


def test_worse_within_the_margin_is_no_regression_and_beyond_it_is() -> None:
    with pytest.raises(
        NotEnoughData, match=r"\+3.0 points, \+1.\d to \+4.\d .*: the margin of 2 lies between; .* more cases"
    ):
        assert_no_regression(outcomes(24, 376), outcomes(12, 388))
    with pytest.raises(Regressed, match=r"\+3.0 points; at least \+1.\d with 95% confidence, beyond the margin of 1"):
        assert_no_regression(outcomes(24, 376), outcomes(12, 388), margin=0.01)
    assert_no_regression(outcomes(24, 376), outcomes(12, 388), margin=0.05)
    with pytest.raises(NotEnoughData, match="the margin of 0 lies between; at this difference no number of cases"):
        assert_no_regression(outcomes(0, 400), outcomes(0, 400), margin=0)
    with pytest.raises(ConfigError, match=r"margin is -0\.1; allowed: a share, 0 to 1"):
        assert_no_regression(outcomes(0, 400), outcomes(0, 400), margin=-0.1)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 80)), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.01, 0.02, 0.1]),
)
def test_a_regression_is_what_a_campaigns_gate_calls_one(cells: list[tuple[bool, bool, int]], margin: float) -> None:
    pairs = [(before, now) for before, now, number in cells for _ in range(number)]
    old, new = (
        [Outcome(str(n), {}, Status.FAIL if pair[side] else Status.PASS) for n, pair in enumerate(pairs)]
        for side in (0, 1)
    )
    asked = GateSpec(no_worse_than=NoWorseThan(baseline="b", margin=margin))
    found = compare(fail_shares(new), fail_shares(old), 1, "b", "", 0, confidence=2 * asked.confidence - 1)
    evidence = Evidence(failures_by_case=[], errors=0, sent=0, against=Against("b", found))
    try:
        verdict = assert_no_regression(new, old, margin=margin, confidence=asked.confidence).verdict
    except GateFailed as failed:
        verdict = failed.gate.verdict
    assert verdict is NoWorse(asked).ruling(evidence).verdict


def test_the_margin_is_that_of_a_spec_where_nobody_says_another() -> None:
    default = signature(assert_no_regression).parameters["margin"].default
    assert default == NoWorseThan(baseline="b").margin


def test_what_most_often_stood_in_the_way_of_a_verdict_is_said() -> None:
    refused = [Outcome(str(n), {}, Status.ERROR, "unreachable: no server") for n in range(9)]
    with pytest.raises(NotAssessable, match=r"10 of 10 .*; allowed: 10.0%; most often: unreachable: no server$"):
        assert_rate([*refused, Outcome("9", {}, Status.ERROR, "garbled: no JSON")], at_most=0.5)


@pytest.mark.parametrize("content", ["nonsense\n", '{"key": "a"}\n', '{"key": "a", "status": "fine"}\n', "[1]\n"])
def test_a_file_that_is_no_baseline_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "baseline.jsonl").write_text(content)
    with pytest.raises(DataError, match="line 1 is no outcome"):
        read_outcomes(tmp_path / "baseline.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        read_outcomes(tmp_path / "nowhere.jsonl")


@given(st.lists(st.sampled_from(list(Status)), max_size=80), st.floats(0, 1), st.floats(0, 1))
def test_a_rate_passes_only_where_assessed_cases_alone_show_it(
    statuses: list[Status], at_most: float, unassessed: float
) -> None:
    given_outcomes = [Outcome(str(number), {}, status) for number, status in enumerate(statuses)]
    assessed = [status for status in statuses if status in ASSESSED]
    high = upper_bound(assessed.count(Status.FAIL), len(assessed), 0.95)
    try:
        assert_rate(given_outcomes, at_most=at_most, unassessed_at_most=unassessed)
    except GateFailed:
        return
    assert assessed
    assert high is not None
    assert high <= at_most
    assert len(statuses) - len(assessed) <= unassessed * len(statuses)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(st.integers(1, n), st.lists(st.sampled_from(Status), min_size=n, max_size=n))
    )
)
def test_stopping_early_decides_what_all_trials_would_have(drawn: tuple[int, list[Status]]) -> None:
    needed, ended = drawn
    rule = Rule(needed, len(ended))
    early = next(decided for asked in range(1, len(ended) + 1) if (decided := rule.decided(ended[:asked])) is not None)
    passed, failed = ended.count(Status.PASS), ended.count(Status.FAIL)
    assert (early is Status.PASS) == (passed >= needed)
    if early is Status.FAIL:
        assert failed > len(ended) - needed  # even with passes in place of all that is no verdict
