import pytest

from probewright.campaigns.comparison import Change, Comparison, compare, fail_shares
from probewright.types import Outcome, Status


def outcome(key: str, status: Status, trial: int = 0) -> Outcome:
    return Outcome(key, {}, status, trial=trial)


def compared(here: dict[str, float], there: dict[str, float]) -> Comparison:
    return compare(here, there, other_id=3, other_name="before", other_target="m-1", seed=7)


def test_shares_count_assessed_trials_only() -> None:
    shares = fail_shares(
        [
            outcome("a", Status.FAIL),
            outcome("a", Status.PASS, 1),
            outcome("a", Status.ERROR, 2),
            outcome("b", Status.PASS),
            outcome("c", Status.BLOCKED),
            outcome("d", Status.UNDECIDED),
        ]
    )
    assert shares == {"a": 0.5, "b": 0.0}


def test_each_common_case_has_its_change_and_the_others_are_counted() -> None:
    here = {"worse": 1.0, "better": 0.0, "bad": 1.0, "good": 0.0, "new": 1.0}
    there = {"worse": 0.0, "better": 1.0, "bad": 1.0, "good": 0.0, "old": 0.0, "older": 1.0}
    found = compared(here, there)
    assert found.changes == {
        "worse": Change.REGRESSED,
        "better": Change.FIXED,
        "bad": Change.BOTH_FAIL,
        "good": Change.BOTH_PASS,
    }
    assert (found.only_here, found.only_there) == (1, 2)
    assert (found.other_id, found.other_name, found.other_target) == (3, "before", "m-1")


def test_a_difference_above_zero_means_that_this_campaign_fails_more() -> None:
    cases = [str(number) for number in range(40)]
    passing, failing = dict.fromkeys(cases, 0.0), dict.fromkeys(cases, 0.0) | dict.fromkeys(cases[:12], 1.0)
    worse, better = compared(failing, passing), compared(passing, failing)
    assert worse.count(Change.REGRESSED) == better.count(Change.FIXED) == 12
    assert worse.difference.value == pytest.approx(0.3)
    assert better.difference.value == pytest.approx(-0.3)
    assert worse.test is not None
    assert worse.test.p_exact < 0.01


def test_repeated_trials_are_compared_by_resampling_cases_and_the_same_seed_gives_the_same_interval() -> None:
    here = {str(number): (number % 3) / 3 for number in range(30)}
    there = {str(number): 0.0 for number in range(30)}
    first, again = compared(here, there), compared(here, there)
    assert first.test is None
    assert first == again
    assert first.difference.value == pytest.approx(1 / 3)
    assert first.count(Change.FLAKY) == 20
