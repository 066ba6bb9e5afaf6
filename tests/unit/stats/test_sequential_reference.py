"""A plan's prospects against a walk over every count, and the search for certainty against one case at a time."""

from collections import defaultdict
from itertools import count
from math import log

import pytest

from probewright.stats.evalues import Side, log_e_value
from probewright.stats.sequential import RunningTest, SequentialPlan, cases_to_certainty, plan_sequential


def by_every_count(plan: SequentialPlan, rate: float) -> tuple[float, float, float]:
    """The chances of both decisions and the mean number of cases, one case and one number of failures at a time."""
    running, below, above, cases = {0: 1.0}, 0.0, 0.0, 0.0
    for n in range(1, plan.cases + 1):
        following: defaultdict[int, float] = defaultdict(float)
        for failed, chance in running.items():
            following[failed] += chance * (1 - rate)
            following[failed + 1] += chance * rate
        running = {}
        for failed, chance in following.items():
            side = plan.decide(failed, n)
            below += chance if side is Side.BELOW else 0.0
            above += chance if side is Side.ABOVE else 0.0
            cases += n * chance if side else 0.0
            if side is None:
                running[failed] = chance
    return below, above, cases + plan.cases * sum(running.values())


def never(cases: int) -> SequentialPlan:
    """A plan that decides nothing."""
    return SequentialPlan(0.5, 0.95, (-1,) * (cases + 1), tuple(range(1, cases + 2)))


@pytest.mark.parametrize(
    ("plan", "rate"),
    [
        (plan_sequential(0.05, 181), 0.01),
        (plan_sequential(0.05, 181), 0.2),
        (plan_sequential(0.5, 120), 0.5),
        (plan_sequential(0.9, 90, 0.8), 0.95),
        (never(500), 0.5),
        (never(400), 0.02),
        (never(400), 0.98),
        (SequentialPlan(0.5, 0.95, (*(-1,) * 400, 180), (*range(1, 401), 220)), 0.5),
    ],
)
def test_prospects_are_those_of_a_walk_over_every_count(plan: SequentialPlan, rate: float) -> None:
    found = plan.prospects(rate)
    assert (found.below, found.above, found.cases) == pytest.approx(by_every_count(plan, rate), abs=1e-10)


@pytest.mark.parametrize(
    ("failed", "n", "limit", "confidence"),
    [(0, 30, 0.05, 0.95), (1, 60, 0.05, 0.99), (0, 0, 0.05, 0.95), (3, 20, 0.05, 0.95), (60, 100, 0.5, 0.99)],
)
def test_the_cases_to_certainty_are_the_fewest_that_leave_enough_evidence(
    failed: int, n: int, limit: float, confidence: float
) -> None:
    share = failed / n if n else 0.0
    side, enough = Side.BELOW if share < limit else Side.ABOVE, -log(1 - confidence)

    def is_certain(total: int) -> bool:
        return log_e_value(round(share * total), total, limit, side) >= enough

    more = cases_to_certainty(failed, n, limit, confidence)
    assert more is not None
    assert is_certain(n + more)
    assert not is_certain(n + more - 1)


def test_a_rate_at_its_limit_never_becomes_certain() -> None:
    assert cases_to_certainty(5, 100, 0.05) is None
    assert cases_to_certainty(0, 30, 0.05) == cases_to_certainty(0, 30, 0.05, 0.95)


def test_a_running_test_is_certain_where_its_evidence_is_enough() -> None:
    for confidence in (0.8, 0.95):
        test, enough = RunningTest(0.05, confidence), -log(1 - confidence)
        first = next(n for n in count(1) if log_e_value(0, n, 0.05, Side.BELOW) >= enough)
        assert [test.add(False) for _ in range(first)] == [None] * (first - 1) + [Side.BELOW]
    assert RunningTest(0.05).add(True) is None
    assert RunningTest(0.01, 0.8).add(True) is Side.ABOVE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cases_to_certainty(3, 2, 0.05), "failed must be at most n=2, got 3"),
        (lambda: cases_to_certainty(1, -2, 0.05), "n must be a whole number of at least 0, got -2"),
        (lambda: cases_to_certainty(1, 2, 1), "limit must be between 0 and 1, both excluded, got 1"),
        (lambda: cases_to_certainty(1, 2, 0.5, 0), "confidence must be between 0 and 1, both excluded, got 0"),
        (lambda: RunningTest(0), "limit must be between 0 and 1, both excluded, got 0"),
        (lambda: RunningTest(0.5, 1), "confidence must be between 0 and 1, both excluded, got 1"),
    ],
)
def test_impossible_numbers_are_refused_by_name_and_value(call, message: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
