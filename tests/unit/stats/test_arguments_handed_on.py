"""What one function hands to the next, and its defaults: a confidence, a seed or a cluster that is dropped is wrong."""

from dataclasses import replace
from math import sqrt

import pytest

from probewright.stats.agreement import cohen_kappa, raw_agreement
from probewright.stats.classification import JudgedExample, measure, measure_by_category, measure_classes
from probewright.stats.corrected import Calibration, CorrectedRate, corrected_rate, is_informative
from probewright.stats.estimates import Estimate
from probewright.stats.intervals import clopper_pearson, clustered_rate, rate, wilson
from probewright.stats.margins import equivalence, non_inferiority, non_inferiority_of_shares
from probewright.stats.paired import Pairs, compare_shares, mcnemar, paired_bootstrap, paired_difference
from probewright.stats.power import (
    cases_for_gate,
    cases_for_regression,
    detectable_change,
    gate_power,
    passing_rate,
    regression_power,
)
from probewright.stats.scores import measure_scores

JUDGED = [
    JudgedExample(label, verdict, category=category, cluster=place // 3)
    for place, (label, verdict, category) in enumerate(
        [("a", "a", "x"), ("a", "b", "x"), ("b", "b", "y"), ("b", "a", "x"), ("b", None, "y"), ("b", "b", "x")] * 6
    )
]


def test_raw_agreement_keeps_the_confidence() -> None:
    assert raw_agreement([["a", "a"], ["a", "b"]], 0.8) == wilson(1, 2, 0.8)
    assert raw_agreement([["a", "a"]]).confidence == 0.95


def test_a_rate_by_name_keeps_the_confidence() -> None:
    assert rate(3, 9, 0.8, "clopper_pearson") == clopper_pearson(3, 9, 0.8)
    assert rate(3, 9) == wilson(3, 9, 0.95)


def test_every_measure_of_an_oracle_has_the_confidence_and_the_seed_that_were_asked_for() -> None:
    found = measure(JUDGED, "a", seed=5, confidence=0.8)
    shares = (found.undecided, found.accuracy, found.accuracy_undecided_wrong, found.precision, found.recall)
    assert {one.confidence for one in (*shares, found.specificity, found.f1, found.kappa)} == {0.8}
    assert found.scores.brier.confidence == found.scores.auroc.confidence == 0.8
    assert found.kappa != measure(JUDGED, "a", seed=6, confidence=0.8).kappa
    assert measure(JUDGED, "a", seed=5).kappa.confidence == 0.95


def test_the_scores_and_the_kappa_of_an_oracle_are_those_of_its_labels_verdicts_and_clusters() -> None:
    judged = [replace(one, score=(place * 7 % 10) / 10) for place, one in enumerate(JUDGED)]
    found = measure([*judged, JudgedExample("a", "b")], "a", seed=5, confidence=0.8)
    clusters = [one.cluster for one in judged]
    assert found.positive == "a"
    assert found.scores == measure_scores(
        [one.score for one in judged if one.score is not None],
        [one.label == "a" for one in judged],
        seed=5,
        clusters=clusters,
        confidence=0.8,
    )
    decided = [one for one in JUDGED if one.verdict is not None]
    assert measure(JUDGED, "a", seed=5, confidence=0.8).kappa == cohen_kappa(
        [str(one.label == "a") for one in decided],
        [str(one.verdict == "a") for one in decided],
        seed=5,
        clusters=[one.cluster for one in decided],
        confidence=0.8,
    )


def test_an_f1_without_a_labelled_positive_is_told_whole() -> None:
    judged = [JudgedExample("b", "a")] * 3 + [JudgedExample("b", "b")]
    reason = "no decided example is labelled a"
    expected = Estimate(3, None, None, None, 0.8, "f1_by_jaccard", reason)
    assert measure(judged, "a", seed=1, confidence=0.8).f1 == expected


def test_a_corrected_rate_keeps_its_confidence_its_verdicts_and_its_calibration() -> None:
    once, calibration = [(1, 1)] * 45 + [(0, 1)] * 55, Calibration(60, 100, 60, 100)
    found = corrected_rate(once, calibration, 0.9)
    assert (found.confidence, found.method, found.reason) == (0.9, "lang_reiczigel", "")
    assert (found.observed, found.calibration) == (wilson(45, 100, 0.9), calibration)
    # What the labels show with 90 % confidence they do not show with 99.99 %.
    surer = corrected_rate(once, calibration, 0.9999)
    reason = "not identifiable: the labels do not show that the oracle tells failures from passes"
    assert surer == CorrectedRate(
        None, None, None, 0.9999, "lang_reiczigel", wilson(45, 100, 0.9999), calibration, reason
    )
    nothing = corrected_rate([], calibration, 0.9)
    assert (nothing.observed, nothing.reason) == (wilson(0, 0, 0.9), "not identifiable: no trial was assessed")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((3, 2, 0, 0), "true_positives must be at most positives=2, got 3"),
        ((0, 2, -1, 0), "true_negatives must be a whole number of at least 0, got -1"),
        ((0, 2, 4, 3), "true_negatives must be at most negatives=3, got 4"),
    ],
)
def test_counts_of_a_calibration_are_checked_by_name(counts: tuple[int, int, int, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Calibration(*counts)


@pytest.mark.parametrize(
    ("calibration", "confidence", "is_shown"),
    [
        (Calibration(0, 0, 50, 50), 0.95, False),
        (Calibration(50, 50, 0, 0), 0.95, False),
        (Calibration(0, 0, 0, 0), 0.95, False),
        (Calibration(50, 50, 3, 40), 0.95, False),
        (Calibration(50, 50, 3, 40), 0.8, True),
        (Calibration(3, 40, 50, 50), 0.95, False),
        (Calibration(3, 40, 50, 50), 0.8, True),
    ],
)
def test_whether_an_oracle_is_informative_depends_on_both_counts_and_on_the_confidence(
    calibration: Calibration, confidence: float, is_shown: bool
) -> None:
    assert is_informative(calibration, confidence) is is_shown


def test_measures_of_a_category_are_those_of_its_examples_alone() -> None:
    found = measure_by_category(JUDGED, "a", seed=5, confidence=0.8)
    for category in ("x", "y"):
        alone = [one for one in JUDGED if one.category == category]
        assert found[category] == measure(alone, "a", seed=5, confidence=0.8)
    assert measure_by_category(JUDGED, "a", seed=5)["x"].recall.confidence == 0.95


def test_measures_of_several_classes_are_those_of_each_class() -> None:
    found = measure_classes(JUDGED, seed=5, confidence=0.8)
    assert set(found.by_class) == {"a", "b"}
    for name, one in found.by_class.items():
        assert one == measure(JUDGED, name, seed=5, confidence=0.8)
    shares = (found.undecided, found.accuracy, found.accuracy_undecided_wrong, found.macro_f1, found.kappa)
    assert {one.confidence for one in shares} == {0.8}
    # With two classes kappa does not depend on which of them is called positive, nor does its interval.
    assert found.kappa == found.by_class["b"].kappa
    assert found.macro_f1 == measure_classes(JUDGED, seed=5, confidence=0.8).macro_f1
    assert found.macro_f1 != measure_classes(JUDGED, seed=6, confidence=0.8).macro_f1
    alone = [replace(one, cluster=None) for one in JUDGED]
    assert found.macro_f1 != measure_classes(alone, seed=5, confidence=0.8).macro_f1
    assert measure_classes(JUDGED, seed=5).macro_f1.confidence == 0.95


def test_a_measure_of_several_classes_is_clustered_like_one_of_a_single_class() -> None:
    found = measure_classes(JUDGED, seed=5)
    by_cluster = [JUDGED[start : start + 3] for start in range(0, len(JUDGED), 3)]
    hits = [(sum(one.verdict == one.label for one in some), len(some)) for some in by_cluster]
    assert found.accuracy_undecided_wrong == clustered_rate(hits)
    undecided = [(sum(one.verdict is None for one in some), len(some)) for some in by_cluster]
    assert found.undecided == clustered_rate(undecided)


def test_one_trial_a_case_has_the_margin_test_of_its_pairs_at_the_same_confidence() -> None:
    a, b = [0.0] * 80 + [1.0] * 20, [0.0] * 78 + [1.0] * 22
    assert non_inferiority_of_shares(a, b, 0.1, seed=1, confidence=0.9) == non_inferiority(
        Pairs(78, 0, 2, 20), 0.1, 0.9
    )


def test_a_margin_test_of_repeated_trials_has_twice_its_error_in_two_sides() -> None:
    a, b = [0.0, 0.5, 1.0, 0.2] * 10, [0.1, 0.5, 0.9, 0.1] * 10
    found = non_inferiority_of_shares(a, b, 0.1, seed=3, confidence=0.9)
    assert found.difference == paired_bootstrap(a, b, seed=3, confidence=0.8)
    assert (found.margin, found.confidence, found.p, found.is_shown) == (0.1, 0.9, None, True)
    assert not non_inferiority_of_shares(b, a, 0.001, seed=3).is_shown


def test_shares_are_compared_by_the_method_that_they_allow_at_the_confidence_asked_for() -> None:
    a, b = [0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]
    assert compare_shares(a, b, seed=1, confidence=0.8) == (paired_difference(Pairs(1, 1, 1, 1), 0.8), mcnemar(1, 1))
    c = [0.5, *b[1:]]
    assert compare_shares(a, c, seed=4, confidence=0.8) == (paired_bootstrap(a, c, seed=4, confidence=0.8), None)
    assert compare_shares(a, b, seed=1)[0].confidence == compare_shares(a, c, seed=1)[0].confidence == 0.95


def test_the_bootstrap_draws_ten_thousand_times_unless_told_otherwise() -> None:
    a, b = ([sqrt(place * step) % 1 for place in range(30)] for step in (37, 65))
    found = paired_bootstrap(a, b, seed=3)
    assert found == paired_bootstrap(a, b, seed=3, resamples=10_000, confidence=0.95)
    assert found != paired_bootstrap(a, b, seed=3, resamples=10_001, confidence=0.95)
    assert (found.n, found.confidence, found.method) == (30, 0.95, "bca_bootstrap")


def test_a_difference_and_its_margin_tests_are_told_whole() -> None:
    pairs = Pairs(90, 4, 2, 4)
    found = paired_difference(pairs, 0.8)
    assert (found.n, found.value, found.confidence, found.method) == (100, -0.02, 0.8, "tango")
    for test in (equivalence, non_inferiority):
        shown = test(pairs, 0.1, 0.9)
        assert (shown.difference, shown.margin, shown.confidence, shown.is_shown) == (found, 0.1, 0.9, True)


def test_the_rate_that_passes_is_one_at_the_confidence_asked_for() -> None:
    found = passing_rate(420, 0.05, confidence=0.99)
    assert gate_power(420, 0.05, found or 0, 0.99) == pytest.approx(0.8)
    # With no failure allowed all 59 cases must pass.
    assert passing_rate(59, 0.05) == pytest.approx(1 - 0.8 ** (1 / 59))


def test_power_is_eighty_percent_and_confidence_ninety_five_unless_told_otherwise() -> None:
    assert cases_for_regression(0.1, 0.2) == cases_for_regression(0.1, 0.2, 0.8, 0.95)
    assert cases_for_regression(0.1, 0.2) != cases_for_regression(0.1, 0.2, 0.8, 0.99)
    assert cases_for_gate(0.05, 0.01) == cases_for_gate(0.05, 0.01, 0.8, 0.95)
    assert cases_for_gate(0.05, 0.01) != cases_for_gate(0.05, 0.01, 0.8, 0.99)
    assert detectable_change(99, 0.1) == detectable_change(99, 0.1, 0.8, 0.95)
    assert regression_power(99, 0.1, 0.2) == regression_power(99, 0.1, 0.2, 0.95)
    assert gate_power(99, 0.05, 0.01) == gate_power(99, 0.05, 0.01, 0.95)


def test_a_detectable_change_adds_to_what_is_flaky_and_never_to_more_than_all() -> None:
    found = detectable_change(60, 0.5)
    assert found is not None
    assert found <= 0.5
    assert regression_power(60, found, 0.5 + found) >= 0.8 > regression_power(60, found - 1e-4, 0.5 + found - 1e-4)
