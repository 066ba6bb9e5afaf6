import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom

from probewright.stats.intervals import (
    METHODS,
    Rate,
    clopper_pearson,
    clustered_rate,
    design_effect,
    lower_bound,
    rate,
    upper_bound,
    wilson,
)

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.floats(0.01, 0.9999)
methods = st.sampled_from(sorted(METHODS))
some_case = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
some_cases = st.lists(some_case, max_size=40)


@given(counts, confidences, methods)
def test_an_interval_lies_within_zero_and_one_and_holds_the_share(
    counted: tuple[int, int], confidence: float, method: str
) -> None:
    found = rate(*counted, confidence, method)
    low, high = ends(found)
    assert 0 <= low <= counted[0] / counted[1] <= high <= 1
    assert low < high


@given(counts, confidences, methods)
def test_counting_passes_instead_of_failures_mirrors_the_interval(
    counted: tuple[int, int], confidence: float, method: str
) -> None:
    successes, n = counted
    low, high = ends(rate(successes, n, confidence, method))
    mirrored_low, mirrored_high = ends(rate(n - successes, n, confidence, method))
    assert (low, high) == pytest.approx((1 - mirrored_high, 1 - mirrored_low), abs=1e-12)


@given(counts, st.integers(2, 20), confidences, methods)
def test_the_same_share_of_more_trials_is_surer(
    counted: tuple[int, int], factor: int, confidence: float, method: str
) -> None:
    successes, n = counted
    assert width(rate(successes * factor, n * factor, confidence, method)) < width(
        rate(successes, n, confidence, method)
    )


@given(counts, confidences, confidences, methods)
def test_more_confidence_takes_a_wider_interval(counted: tuple[int, int], one: float, two: float, method: str) -> None:
    assume(abs(one - two) > 1e-6)
    narrow, wide = rate(*counted, min(one, two), method), rate(*counted, max(one, two), method)
    assert width(narrow) < width(wide)


@given(counts, methods)
def test_one_more_failure_moves_both_ends_up(counted: tuple[int, int], method: str) -> None:
    successes, n = counted
    assume(successes < n)
    before, after = ends(rate(successes, n, method=method)), ends(rate(successes + 1, n, method=method))
    assert before[0] < after[0]
    assert before[1] < after[1] or before[1] == 1


@given(counts, st.floats(0.5, 0.9999))
def test_at_an_exact_end_the_data_are_as_unlikely_as_the_confidence_says(
    counted: tuple[int, int], confidence: float
) -> None:
    successes, n = counted
    low, high = ends(clopper_pearson(successes, n, confidence))
    tail = (1 - confidence) / 2
    if successes > 0:
        assert binom.sf(successes - 1, n, low) == pytest.approx(tail, rel=1e-6)
    if successes < n:
        assert binom.cdf(successes, n, high) == pytest.approx(tail, rel=1e-6)


@given(counts, st.floats(0.51, 0.9999))
def test_one_sided_bounds_are_ends_of_a_two_sided_interval(counted: tuple[int, int], confidence: float) -> None:
    low, high = ends(clopper_pearson(*counted, 2 * confidence - 1))
    assert lower_bound(*counted, confidence) == pytest.approx(low, abs=1e-9)
    assert upper_bound(*counted, confidence) == pytest.approx(high, abs=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=60), confidences)
def test_with_one_trial_a_case_the_clustered_rate_is_wilson(failed: list[bool], confidence: float) -> None:
    assert clustered_rate([(int(x), 1) for x in failed], confidence) == wilson(sum(failed), len(failed), confidence)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(2, 9))
def test_repeats_that_always_agree_tell_no_more_than_one_trial(failed: list[bool], trials: int) -> None:
    clustered = clustered_rate([(trials * x, trials) for x in failed])
    assert ends(clustered) == pytest.approx(ends(wilson(sum(failed), len(failed))))


@given(some_cases)
def test_clustering_never_makes_a_rate_surer_than_independent_trials(cases: list[tuple[int, int]]) -> None:
    failed, n = sum(x for x, _ in cases), sum(k for _, k in cases)
    assume(n > 0)
    found, naive = clustered_rate(cases), wilson(failed, n)
    low, high = ends(found)
    assert 0 <= low <= failed / n <= high <= 1
    assert width(found) >= width(naive) - 1e-12


@given(some_cases, st.randoms(use_true_random=False))
def test_neither_the_order_of_cases_nor_empty_ones_matter(cases: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    shuffled = [*cases, (0, 0)]
    random.shuffle(shuffled)
    assert design_effect(shuffled) == pytest.approx(design_effect(cases))


@given(some_cases)
def test_the_design_effect_lies_between_one_and_the_largest_case(cases: list[tuple[int, int]]) -> None:
    assert 1 <= design_effect(cases) <= max([1, *(n for _, n in cases)]) + 1e-9


def ends(found: Rate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def width(found: Rate) -> float:
    low, high = ends(found)
    return high - low
