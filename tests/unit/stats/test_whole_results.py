"""What a method gives is checked whole: counts, confidence and the method's name stand beside the ends."""

from math import fsum, inf

import numpy as np
import pytest
from scipy.stats import beta

from probewright.stats.agreement import cohen_kappa, gwet_ac1, krippendorff_alpha
from probewright.stats.classification import JudgedExample, measure_classes
from probewright.stats.clustered import WeightedCases, robust_clustered_rate, stratified_rate
from probewright.stats.estimates import Estimate, bounded_mean
from probewright.stats.intervals import Rate, clopper_pearson, design_effect, jeffreys, wilson, wilson_bounds
from probewright.stats.multiplicity import Adjusted, benjamini_hochberg, holm
from probewright.stats.paired import McNemar, Pairs, mcnemar, paired_bootstrap
from probewright.stats.selective import Band
from probewright.stats.unpaired import newcombe_difference, rate_difference, rate_ratio


def test_an_exact_interval_stands_beside_its_counts() -> None:
    low, high = beta.ppf(0.1, 3, 7), beta.ppf(0.9, 4, 6)
    assert clopper_pearson(3, 9, 0.8) == Rate(
        3, 9, 3 / 9, pytest.approx(low), pytest.approx(high), 0.8, "clopper_pearson"
    )
    low, high = beta.ppf([0.1, 0.9], 3.5, 6.5)
    assert jeffreys(3, 9, 0.8) == Rate(3, 9, 3 / 9, pytest.approx(low), pytest.approx(high), 0.8, "jeffreys")


def test_a_ratio_without_a_failure_has_no_value_and_its_own_confidence() -> None:
    expected = Estimate(12, None, None, None, 0.8, "miettinen_nurminen", "neither A nor B failed")
    assert rate_ratio(0, 5, 0, 7, 0.8) == expected
    found = rate_ratio(0, 5, 3, 7, 0.8)
    assert (found.n, found.value, found.high, found.confidence) == (12, inf, inf, 0.8)
    assert rate_ratio(2, 5, 3, 7, 0.8).confidence == rate_difference(2, 5, 3, 7, 0.8).confidence == 0.8
    assert rate_ratio(0, 0, 3, 7, 0.8) == Estimate(7, None, None, None, 0.8, "miettinen_nurminen", "A has no trial")


@pytest.mark.parametrize(
    "odd", [Rate(1, 2, None, 0.1, 0.9, 0.95, "odd"), Rate(1, 2, 0.5, None, 0.9, 0.95, "odd"),
            Rate(1, 2, 0.5, 0.1, None, 0.95, "odd")]
)  # fmt: skip
def test_a_rate_that_lacks_a_number_has_no_newcombe_interval(odd: Rate) -> None:
    with pytest.raises(ValueError, match="rate must have trials and ends, got Rate"):
        newcombe_difference(wilson(1, 9), odd)


def test_differences_of_very_many_trials_that_all_ended_alike_stay_within_reach_of_zero() -> None:
    for failed in (0, 10**9):
        found = rate_difference(failed, 10**9, failed, 10**9)
        assert found.value == 0
        assert -1e-8 < (found.low or 0) < 0 < (found.high or 0) < 1e-8


@pytest.mark.parametrize(
    ("counts", "alternative", "exact", "mid"),
    [
        ((1, 4), "two-sided", 2 * 6 / 32, 2 * (6 + 1) / 64),
        ((1, 4), "b_worse", 6 / 32, (6 + 1) / 64),
        ((1, 4), "a_worse", 31 / 32, (31 + 26) / 64),
        ((0, 3), "b_worse", 1 / 8, 1 / 16),
        ((3, 0), "b_worse", 1.0, 15 / 16),
        ((2, 2), "two-sided", 1.0, 1.0),
        ((0, 0), "two-sided", 1.0, 1.0),
        ((0, 0), "b_worse", 1.0, 0.5),
    ],
)
def test_mcnemars_tails_are_those_of_a_fair_coin(
    counts: tuple[int, int], alternative: str, exact: float, mid: float
) -> None:
    found = mcnemar(*counts, alternative)  # type: ignore[arg-type]
    assert found == McNemar(*counts, alternative, pytest.approx(exact), pytest.approx(mid))  # type: ignore[arg-type]


def test_values_that_are_no_numbers_are_named_by_their_place() -> None:
    for place, (a, b) in enumerate([([0.0, inf], [1, 2]), ([0, 1], [0.0, float("nan")])]):
        with pytest.raises(ValueError, match=rf"^{'ab'[place]}\[1\] must be a finite number, got (inf|nan)$"):
            paired_bootstrap(a, b, seed=1)


@pytest.mark.parametrize("name", ["both_pass", "only_a_fails", "only_b_fails", "both_fail"])
def test_every_count_of_pairs_is_checked_by_its_name(name: str) -> None:
    counts = {"both_pass": 1, "only_a_fails": 2, "only_b_fails": 3, "both_fail": 4, name: -1}
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 0, got -1$"):
        Pairs(**counts)


def test_adjusted_p_values_are_those_worked_by_hand() -> None:
    p = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 1.0}
    assert holm(p) == {
        "a": Adjusted(0.01, pytest.approx(0.04), True),
        "b": Adjusted(0.04, pytest.approx(0.09), False),
        "c": Adjusted(0.03, pytest.approx(0.09), False),
        "d": Adjusted(1.0, 1.0, False),
    }
    assert benjamini_hochberg(p) == {
        "a": Adjusted(0.01, pytest.approx(0.04), True),
        "b": Adjusted(0.04, pytest.approx(0.04 * 4 / 3), False),
        "c": Adjusted(0.03, pytest.approx(0.04 * 4 / 3), False),
        "d": Adjusted(1.0, 1.0, False),
    }
    assert benjamini_hochberg({"only": 0.05}) == {"only": Adjusted(0.05, 0.05, True)}


def test_agreement_beyond_chance_names_its_measure() -> None:
    ratings = [["a", "a"], ["a", "b"], ["b", "b"]] * 5
    first, second = zip(*ratings, strict=True)
    assert krippendorff_alpha(ratings, seed=1, confidence=0.8).method == "alpha_bayesian_bootstrap"
    assert cohen_kappa(first, second, seed=1, confidence=0.8).method == "kappa_bayesian_bootstrap"
    for found in (
        krippendorff_alpha(ratings, seed=1, confidence=0.8),
        cohen_kappa(first, second, seed=1, confidence=0.8),
    ):
        assert (found.n, found.confidence) == (15, 0.8)


def test_agreement_that_is_not_defined_is_told_whole() -> None:
    reason = "fewer than two categories"
    expected = Estimate(2, None, None, None, 0.8, "ac1_bayesian_bootstrap", reason)
    assert gwet_ac1([["a", "a"], ["a", "a"]], seed=1, confidence=0.8) == expected


def test_two_clusters_show_twice_the_squares_of_their_residuals() -> None:
    share = 11 / 24
    squares = (11 - 20 * share) ** 2 + (0 - 4 * share) ** 2
    effect = squares * 2 / 1 / (24 * share * (1 - share))
    cases = [(11, 20), (0, 4)]
    low, high = wilson_bounds(share, 24 / max(effect, design_effect(cases)), 0.9)
    found = robust_clustered_rate(cases, 0.9)
    assert found == Rate(11, 24, share, pytest.approx(low), pytest.approx(high), 0.9, "wilson_robust")


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("weights", [(1412.371238506326, 75.95238095238095), (0.5384787957378443, 733.0348801595591)])
def test_strata_that_all_end_alike_have_exactly_that_rate(end: int, weights: tuple[float, float]) -> None:
    assert fsum(weight / fsum(weights) for weight in weights) != 1  # but for rounding it is
    found = stratified_rate({str(weight): WeightedCases(weight, [(end, 1)]) for weight in weights})
    assert found.value == end
    assert end in (found.low, found.high)


def test_a_mean_of_two_items_has_one_degree_of_freedom() -> None:
    # Variance 2 * .05**2 * 2: .3 * .7 over it is 21 trials.
    found = bounded_mean(0.3, np.array([0.05, -0.05]), None, (1, 99), 0.8, "m")
    low, high = beta.ppf(0.1, 6.3, 15.7), beta.ppf(0.9, 7.3, 14.7)
    assert found == Estimate(2, 0.3, pytest.approx(low), pytest.approx(high), 0.8, "m")


def test_macro_f1_is_the_mean_over_labelled_classes_with_an_interval_of_their_size() -> None:
    # F1 by class: 38 of 39 pairs, 18 of 19, and the one example of the class `c`.
    said = [("a", "a")] * 19 + [("b", "b")] * 9 + [("b", "a"), ("c", "c")]
    found = measure_classes([JudgedExample(label, verdict) for label, verdict in said], seed=1).macro_f1
    assert (found.n, found.method) == (30, "f1_bayesian_bootstrap")
    assert found.value == pytest.approx((38 / 39 + 18 / 19 + 1) / 3)
    assert 0.5 < (found.low or 0) < 0.9
    one = measure_classes([JudgedExample("a", "a")] * 19 + [JudgedExample("a", "b")], seed=1).macro_f1
    assert one.value == pytest.approx(38 / 39)


def test_scores_where_a_verdict_is_asked_for_are_refused_in_these_words() -> None:
    message = "^examples of several classes must have no score: measure one class with measure\\(\\)$"
    with pytest.raises(ValueError, match=message):
        measure_classes([JudgedExample("a", "a", 0.5)], seed=1)


def test_counts_of_both_campaigns_are_checked_by_name() -> None:
    for counts, message in (
        ((1, 2, 3, 2), "b_failed must be at most b_n=2, got 3"),
        ((-1, 2, 1, 2), "a_failed must be"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            rate_ratio(*counts)


def test_a_band_of_no_width_asks_at_its_one_score_alone() -> None:
    band = Band(0.5, 0.5, wilson(0, 1), wilson(0, 1), 0.05, 0.95)
    assert [band.decide(score) for score in (0.4999, 0.5, 0.5001)] == [False, None, True]
