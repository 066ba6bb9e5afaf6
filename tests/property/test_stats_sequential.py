from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.stats.evalues import Side, anytime_lower_bound, anytime_upper_bound, confidence_sequence, log_e_value
from probewright.stats.paired import Pairs
from probewright.stats.paired_evalues import log_paired_e_value, paired_confidence_sequence
from probewright.stats.sequential import RunningTest, plan_sequential

counts = st.integers(0, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
limits = st.floats(0.001, 0.999)
confidences = st.floats(0.5, 0.9999)
few = st.integers(0, 300)
pairs_of_cases = st.builds(Pairs, few, few, few, few)
sides = st.sampled_from(Side)


@given(counts, limits)
def test_swapping_failures_and_passes_swaps_the_sides(counted: tuple[int, int], limit: float) -> None:
    failed, n = counted
    here = log_e_value(failed, n, limit, Side.BELOW)
    assert log_e_value(n - failed, n, 1 - limit, Side.ABOVE) == pytest.approx(here, rel=1e-6, abs=1e-6)


@given(counts, limits)
def test_a_pass_strengthens_below_and_a_failure_above(counted: tuple[int, int], limit: float) -> None:
    failed, n = counted
    for side, better, worse in ((Side.BELOW, failed, failed + 1), (Side.ABOVE, failed + 1, failed)):
        now = log_e_value(failed, n, limit, side)
        assert log_e_value(worse, n + 1, limit, side) < now < log_e_value(better, n + 1, limit, side)


@given(counts, limits, sides)
def test_the_next_case_is_a_fair_bet_at_the_limit(counted: tuple[int, int], limit: float, side: Side) -> None:
    failed, n = counted
    now = log_e_value(failed, n, limit, side)
    passed, fell = (exp(log_e_value(failed + x, n + 1, limit, side) - now) for x in (0, 1))
    assert (1 - limit) * passed + limit * fell == pytest.approx(1)


@given(counts, limits, limits)
def test_evidence_for_below_grows_with_the_limit(counted: tuple[int, int], one: float, two: float) -> None:
    low, high = (log_e_value(*counted, limit, Side.BELOW) for limit in sorted((one, two)))
    assert low <= high + 1e-9


@given(counts, confidences)
def test_bounds_hold_the_share_and_one_another(counted: tuple[int, int], confidence: float) -> None:
    failed, n = counted
    low, high = anytime_lower_bound(failed, n, confidence), anytime_upper_bound(failed, n, confidence)
    assert 0 <= low < high <= 1
    found = confidence_sequence(failed, n, confidence)
    if found.value is not None:
        assert (found.low or 0) <= low <= found.value <= high <= (found.high or 0)


@settings(deadline=None)
@given(limits, st.integers(0, 120), confidences, limits)
def test_a_plan_keeps_its_error_and_its_bounds_never_cross(
    limit: float, cases: int, confidence: float, rate: float
) -> None:
    plan = plan_sequential(limit, cases, confidence)
    assert plan.cases == cases
    for n in range(cases + 1):
        assert -1 <= plan.below[n] < plan.above[n] <= n + 1
    assert list(plan.below) == sorted(plan.below)
    # The last look may ask for less than the one before.
    assert list(plan.above[:-1]) == sorted(plan.above[:-1])
    found = plan.prospects(rate)
    assert 0 <= found.cases <= cases
    assert found.below + found.above <= 1 + 1e-9
    assert (found.below if rate >= limit else found.above) <= 1 - confidence + 1e-9


@settings(deadline=None)
@given(limits, st.integers(1, 60), st.lists(st.booleans(), max_size=60))
def test_the_first_stop_is_one_that_the_counts_alone_decide(limit: float, cases: int, failed: list[bool]) -> None:
    plan = plan_sequential(limit, cases)
    stop = plan.first_stop(failed[:cases])
    assert stop.failed == sum(failed[: stop.n])
    assert plan.decide(stop.failed, stop.n) == stop.side
    assert all(plan.decide(sum(failed[:n]), n) is None for n in range(stop.n))
    assert stop.side is not None or stop.n == len(failed[:cases])


@given(pairs_of_cases, st.floats(-0.9, 0.9), sides)
def test_a_case_that_differs_is_a_fair_bet_at_the_margin(pairs: Pairs, margin: float, side: Side) -> None:
    now = log_paired_e_value(pairs, margin, side)
    p, a, b, f = pairs.both_pass, pairs.only_a_fails, pairs.only_b_fails, pairs.both_fail
    after = {-1: Pairs(p, a + 1, b, f), 0: Pairs(p + 1, a, b, f), 1: Pairs(p, a, b + 1, f)}
    gains = {d: exp(log_paired_e_value(then, margin, side) - now) for d, then in after.items()}
    # Any law of the difference with this mean: here one case in ten does not differ.
    chances = {0: 0.1 * (1 - abs(margin))}
    chances[1] = (1 - chances[0] + margin) / 2
    chances[-1] = (1 - chances[0] - margin) / 2
    assert sum(chance * gains[d] for d, chance in chances.items()) == pytest.approx(1)


@given(pairs_of_cases, confidences)
def test_a_paired_sequence_holds_the_difference_and_more_confidence_is_wider(pairs: Pairs, confidence: float) -> None:
    found, surer = paired_confidence_sequence(pairs, confidence), paired_confidence_sequence(pairs, 0.99995)
    if found.value is not None:
        assert -1 <= (surer.low or 0) <= (found.low or 0) <= found.value <= (found.high or 0) <= (surer.high or 0) <= 1


@given(pairs_of_cases, st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_evidence_for_non_inferiority_grows_with_the_margin(pairs: Pairs, one: float, two: float) -> None:
    low, high = (log_paired_e_value(pairs, margin, Side.BELOW) for margin in sorted((one, two)))
    assert low <= high + 1e-9


@settings(deadline=None)
@given(limits, st.lists(st.booleans(), max_size=150), st.floats(0.5, 0.999))
def test_a_running_test_says_what_a_plan_says_before_its_last_case(
    limit: float, has_failed: list[bool], confidence: float
) -> None:
    plan, looks, failed = plan_sequential(limit, len(has_failed) + 1, confidence), RunningTest(limit, confidence), 0
    first: tuple[int, Side] | None = None
    for n, has in enumerate(has_failed, 1):
        failed += has
        said = looks.add(has)
        assert (looks.n, looks.failed) == (n, failed)
        assert said is None or plan.decide(failed, n) is said
        first = first or ((n, said) if said else None)
    stop = plan.first_stop(has_failed)
    assert ((stop.n, stop.side) if stop.side else None) == first
