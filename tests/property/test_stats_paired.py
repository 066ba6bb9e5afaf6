from statistics import NormalDist

import pytest
import scipy.special  # noqa: F401  Loaded here, so that its first import does not run into a deadline of Hypothesis.
from hypothesis import assume, given
from hypothesis import strategies as st

from probewright.stats.paired import Difference, Pairs, mcnemar, paired_bootstrap, paired_difference

count = st.integers(0, 3000)
pairs_of_cases = st.builds(Pairs, count, count, count, count).filter(lambda pairs: pairs.n > 0)
values = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(count, count)
def test_swapping_the_campaigns_swaps_the_sides_of_the_test(b: int, c: int) -> None:
    here, there = mcnemar(b, c), mcnemar(c, b)
    assert (here.p_exact, here.p_mid) == (there.p_exact, there.p_mid)
    assert mcnemar(b, c, "b_worse").p_exact == mcnemar(c, b, "a_worse").p_exact


@given(count, count)
def test_p_values_are_probabilities_and_mid_p_is_the_smaller(b: int, c: int) -> None:
    for alternative in ("two-sided", "a_worse", "b_worse"):
        found = mcnemar(b, c, alternative)
        assert 0 <= found.p_mid <= found.p_exact <= 1


@given(count, count)
def test_one_sided_mid_p_values_share_out_the_whole_probability(b: int, c: int) -> None:
    assert mcnemar(b, c, "a_worse").p_mid + mcnemar(b, c, "b_worse").p_mid == pytest.approx(1)


@given(st.integers(0, 300), st.integers(0, 300))
def test_one_more_case_that_only_b_fails_strengthens_the_case_against_b(b: int, c: int) -> None:
    assert mcnemar(b, c + 1, "b_worse").p_exact <= mcnemar(b, c, "b_worse").p_exact


@given(pairs_of_cases, st.floats(0.05, 0.9999))
def test_a_paired_interval_holds_the_difference_within_minus_one_and_one(pairs: Pairs, confidence: float) -> None:
    found = paired_difference(pairs, confidence)
    low, high = ends(found)
    assert found.value is not None
    assert -1 <= low <= found.value <= high <= 1
    assert low < high


@given(pairs_of_cases)
def test_swapping_the_campaigns_flips_the_paired_interval(pairs: Pairs) -> None:
    swapped = Pairs(pairs.both_pass, pairs.only_b_fails, pairs.only_a_fails, pairs.both_fail)
    low, high = ends(paired_difference(pairs))
    assert ends(paired_difference(swapped)) == (-high, -low)


@given(pairs_of_cases)
def test_concordant_cases_count_alike_whether_passed_or_failed(pairs: Pairs) -> None:
    turned = Pairs(pairs.both_fail, pairs.only_a_fails, pairs.only_b_fails, pairs.both_pass)
    assert paired_difference(turned) == paired_difference(pairs)


@given(pairs_of_cases, st.floats(0.5, 0.999))
def test_the_paired_interval_leaves_zero_out_just_where_the_score_test_rejects(pairs: Pairs, confidence: float) -> None:
    b, c = pairs.only_a_fails, pairs.only_b_fails
    statistic = (c - b) ** 2 / max(1, b + c)
    critical = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    assume(abs(statistic - critical) > 1e-6)
    low, high = ends(paired_difference(pairs, confidence))
    assert (low > 0 or high < 0) == (statistic > critical)


@given(values, st.integers(0, 2**63 - 1))
def test_the_bootstrap_is_a_function_of_its_seed_and_holds_the_mean(shares: list[tuple[int, int]], seed: int) -> None:
    a, b = [x / 6 for x, _ in shares], [y / 6 for _, y in shares]
    differences = [y - x for x, y in zip(a, b, strict=True)]
    assume(max(differences) - min(differences) > 1e-9)  # equal up to rounding is equal
    found = paired_bootstrap(a, b, seed=seed, resamples=400)
    low, high = ends(found)
    assert found == paired_bootstrap(a, b, seed=seed, resamples=400)
    assert found.value is not None
    assert min(differences) - 1e-12 <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= max(differences) + 1e-12


@given(values, st.integers(-5, 5))
def test_shifting_every_case_of_b_shifts_the_bootstrap_interval(shares: list[tuple[int, int]], shift: int) -> None:
    a, b = [float(x) for x, _ in shares], [float(y) for _, y in shares]
    assume(len({y - x for x, y in shares}) > 1)
    low, high = ends(paired_bootstrap(a, b, seed=9, resamples=400))
    moved = paired_bootstrap(a, [y + shift for y in b], seed=9, resamples=400)
    assert ends(moved) == pytest.approx((low + shift, high + shift))


def ends(found: Difference) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high
