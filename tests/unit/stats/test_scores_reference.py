"""Measures of scores against slow ones, written pair by pair and example by example."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from scipy.stats import beta

from probewright.stats.estimates import Estimate, bounded_mean
from probewright.stats.scores import auroc, brier, calibration_error, measure_scores


def drawn(seed: int, n: int, digits: int) -> tuple[list[float], list[bool], list[int]]:
    """Scores that lean high, whether each example is positive, and clusters of one to three."""
    random = Random(seed)
    scores = [round(random.betavariate(1.2, 0.8), digits) for _ in range(n)]
    return scores, [random.random() < score**1.5 for score in scores], [random.randrange(n // 2) for _ in range(n)]


def auroc_by_pairs(
    scores: Sequence[float], truth: Sequence[bool], clusters: Sequence[int] | None, confidence: float
) -> Estimate:
    """Every positive beside every negative: 1 for a win, half for a tie."""

    def wins(high: float, low: float) -> float:
        return (high > low) + (high == low) / 2

    above = [score for score, is_positive in zip(scores, truth, strict=True) if is_positive]
    below = [score for score, is_positive in zip(scores, truth, strict=True) if not is_positive]
    value = sum(wins(a, b) for a in above for b in below) / (len(above) * len(below))
    influence = [
        (sum(wins(score, b) for b in below) / len(below) - value) / len(above)
        if is_positive
        else (sum(wins(a, score) for a in above) / len(above) - value) / len(below)
        for score, is_positive in zip(scores, truth, strict=True)
    ]
    groups = range(len(scores)) if clusters is None else clusters
    rarer = min(len({one for one, has in zip(groups, truth, strict=True) if has is kind}) for kind in (True, False))
    return bounded_mean(value, np.array(influence), clusters, (rarer, 4 * rarer), confidence, "delong")


@pytest.mark.parametrize(("seed", "digits"), [(1, 1), (2, 6)])
@pytest.mark.parametrize("is_clustered", [True, False])
def test_auroc_is_that_of_all_pairs_with_delongs_placements(seed: int, digits: int, is_clustered: bool) -> None:
    scores, truth, named = drawn(seed, 90, digits)
    clusters = named if is_clustered else None
    expected = auroc_by_pairs(scores, truth, clusters, 0.9)
    found = auroc(scores, truth, clusters=clusters, confidence=0.9)
    assert (found.n, found.confidence, found.method) == (90, 0.9, "delong")
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert auroc(scores, truth, clusters=clusters).confidence == 0.95


@pytest.mark.parametrize("is_clustered", [True, False])
def test_brier_has_the_interval_of_a_mean_on_twenty_trials_an_example_at_most(is_clustered: bool) -> None:
    scores, truth, named = drawn(3, 60, 3)
    clusters = named if is_clustered else None
    squares = [(score - is_positive) ** 2 for score, is_positive in zip(scores, truth, strict=True)]
    mean = sum(squares) / 60
    influence = np.array([(square - mean) / 60 for square in squares])
    expected = bounded_mean(mean, influence, clusters, (60, 1200), 0.9, "brier")
    found = brier(scores, truth, clusters=clusters, confidence=0.9)
    assert (found.n, found.confidence, found.method) == (60, 0.9, "brier")
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert brier(scores, truth).confidence == 0.95


def test_brier_of_nearly_equal_squares_is_worth_twenty_trials_an_example() -> None:
    influence = np.array([0.001, -0.001] * 15) / 30
    expected = bounded_mean(0.25, influence, None, (30, 600), 0.95, "brier")
    found = brier([0.5 + 0.001, 0.5 - 0.001] * 15, [False] * 30)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)


def bins_by_rank(scores: Sequence[float]) -> list[int]:
    """Bins of equal mass: 1 for every 20 examples, at most 10; equal scores share the bin of their middle rank."""
    wanted = min(10, max(1, len(scores) // 20))
    ranks = [(sum(b < a for b in scores) + sum(b <= a for b in scores)) / 2 / len(scores) for a in scores]
    raw = [min(wanted - 1, int(rank * wanted)) for rank in ranks]
    return [sorted(set(raw)).index(one) for one in raw]


def errors_by_bins(
    scores: Sequence[float], truth: Sequence[bool], clusters: Sequence[int], seed: int, confidence: float
) -> tuple[float, float, float]:
    """The calibration error and its ends, bin by bin and cluster by cluster, on the same draws."""
    bins, n = bins_by_rank(scores), len(scores)
    members = [[place for place in range(n) if bins[place] == one] for one in range(max(bins) + 1)]
    gaps = [sum(truth[place] - scores[place] for place in some) / len(some) for some in members]
    value = sum(abs(gap) * len(some) for gap, some in zip(gaps, members, strict=True)) / n
    moved = []
    for cluster in dict.fromkeys(clusters):
        offsets = [
            sum(truth[p] - scores[p] - gap for p in some if clusters[p] == cluster) / len(some)
            for gap, some in zip(gaps, members, strict=True)
        ]
        moved.append(offsets)
    covariance = np.array(moved).T @ np.array(moved)
    for one, some in enumerate(members):
        share = (sum(truth[place] for place in some) + 1) / (len(some) + 2)
        covariance[one, one] = max(covariance[one, one], share * (1 - share) / len(some))
    draw = np.random.default_rng(seed).multivariate_normal(np.zeros(len(gaps)), covariance, 4000, method="eigh")
    weights = np.array([len(some) / n for some in members])
    noise, errors = np.abs(draw) @ weights, np.abs(draw + np.array(gaps)) @ weights
    level = (1 + confidence) / 2
    high = max(value, min(1.0, float(np.quantile(errors, level))))
    return value, max(0.0, value - float(np.quantile(noise, level))), high


@pytest.mark.parametrize(
    ("seed", "n", "digits"), [(4, 30, 6), (9, 40, 6), (5, 75, 1), (6, 199, 6), (7, 250, 1), (8, 250, 6)]
)
def test_the_calibration_error_is_that_of_bins_of_equal_mass_taken_one_by_one(seed: int, n: int, digits: int) -> None:
    scores, truth, clusters = drawn(seed, n, digits)
    found = calibration_error(scores, truth, seed=3, clusters=clusters, confidence=0.9)
    assert (found.n, found.confidence, found.method) == (n, 0.9, "equal_mass_bins")
    expected = errors_by_bins(scores, truth, clusters, 3, 0.9)
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=1e-9)
    alone = calibration_error(scores, truth, seed=3)
    assert (alone.value, alone.low, alone.high) == pytest.approx(
        errors_by_bins(scores, truth, range(n), 3, 0.95), abs=1e-9
    )


def test_a_calibration_error_of_one_bin_is_the_distance_of_two_means() -> None:
    found = calibration_error([0.2] * 30, [True] * 21 + [False] * 9, seed=1)
    assert found.value == pytest.approx(0.5)
    assert 0.25 < (found.low or 0) < 0.4
    assert 0.6 < (found.high or 0) < 0.75


def test_what_cannot_be_measured_of_scores_says_why() -> None:
    for scores, missing in (([], "positive"), ([False], "positive"), ([True, True], "negative")):
        n, reason = len(scores), f"no {missing} example has a score"
        expected = Estimate(n, None, None, None, 0.9, "delong", reason)
        assert auroc([0.5] * n, scores, confidence=0.9) == expected
    reason = "no example has a score"
    assert brier([], [], confidence=0.9) == Estimate(0, None, None, None, 0.9, "brier", reason)
    expected = Estimate(0, None, None, None, 0.9, "equal_mass_bins", reason)
    assert calibration_error([], [], seed=1, confidence=0.9) == expected
    measured = measure_scores([0.5, 0.7], [True, False], seed=1)
    assert measured.auroc.confidence == measured.brier.confidence == measured.calibration_error.confidence == 0.95


def test_a_ranking_of_little_variance_is_worth_four_trials_of_the_rarer_class_at_most() -> None:
    # 19 of 20 positives win over all of 20 negatives, one loses to one: the variance alone would allow for more.
    scores = [0.9] * 19 + [0.15] + [0.1] * 19 + [0.2]
    found = auroc(scores, [True] * 20 + [False] * 20)
    expected = auroc_by_pairs(scores, [True] * 20 + [False] * 20, None, 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(399 / 400)
    assert found.low == pytest.approx(beta.ppf(0.025, 80 * 399 / 400, 80 / 400 + 1))


def test_scores_and_confidences_out_of_place_are_refused() -> None:
    for confidence in (0, 1):
        with pytest.raises(ValueError, match=f"confidence must be between 0 and 1, both excluded, got {confidence}"):
            brier([], [], confidence=confidence)
        with pytest.raises(ValueError, match="confidence must be"):
            calibration_error([], [], seed=1, confidence=confidence)
    with pytest.raises(ValueError, match=r"^scores and is_positive must hold the same examples, got 2 and 1$"):
        calibration_error([0.5, 0.6], [True], seed=1)
    with pytest.raises(ValueError, match=r"^clusters must have an entry for each of 2 items, got 1$"):
        brier([0.5, 0.6], [True, False], clusters=["a"])
