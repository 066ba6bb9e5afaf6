import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta

from probewright.stats.estimates import (
    Estimate,
    bounded_mean,
    cluster_numbers,
    numbered,
    resampled_estimate,
    undefined,
)

Tables = NDArray[np.float64]


def exact(value: float, n: float, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's ends for ``value`` on ``n`` trials, which need not be whole."""
    tail = (1 - confidence) / 2
    low = beta.ppf(tail, value * n, (1 - value) * n + 1) if value > 0 else 0.0
    high = beta.ppf(1 - tail, value * n + 1, (1 - value) * n) if value < 1 else 1.0
    return float(low), float(high)


def ends(found: Estimate) -> tuple[float | None, float | None]:
    return found.low, found.high


def shares(values: list[float]) -> "tuple[float, NDArray[np.float64]]":
    """A plain mean and what each item moves it by."""
    mean = float(np.mean(values))
    return mean, (np.array(values) - mean) / len(values)


def test_a_mean_has_the_exact_interval_on_the_trials_that_its_variance_stands_for() -> None:
    # Variance of the mean 8 * .04 / 8 / 7; .3 * .7 over it is 36.75 trials.
    mean, influence = shares([0.1, 0.5] * 4)
    found = bounded_mean(mean, influence, None, (8, 160), 0.9, "m")
    assert (found.n, found.value, found.confidence, found.method) == (8, pytest.approx(0.3), 0.9, "m")
    assert ends(found) == pytest.approx(exact(0.3, 0.21 / (0.04 / 7), 0.9))


def test_a_mean_is_worth_at_least_the_fewest_and_at_most_the_most_trials() -> None:
    mean, influence = shares([0.1, 0.5] * 4)
    assert ends(bounded_mean(mean, influence, None, (8, 20), 0.9, "m")) == pytest.approx(exact(0.3, 20, 0.9))
    mean, influence = shares([0.0, 1.0] * 4)
    assert ends(bounded_mean(mean, influence, None, (8, 160), 0.9, "m")) == pytest.approx(exact(0.5, 8, 0.9))
    assert ends(bounded_mean(mean, influence, None, (2, 160), 0.9, "m")) == pytest.approx(exact(0.5, 7, 0.9))


def test_items_of_one_cluster_move_a_mean_together() -> None:
    # Four clusters of means 0, 0, .4 and .8: variance 4 / 3 * (.3**2 * 2 + .1**2 + .5**2) / 16.
    mean, influence = shares([0.0, 0.0, 0.0, 0.0, 0.2, 0.6, 0.8, 0.8])
    found = bounded_mean(mean, influence, list("aabbccdd"), (8, 160), 0.9, "m")
    variance = 4 / 3 * (2 * 0.3**2 + 0.1**2 + 0.5**2) / 16
    assert mean * (1 - mean) / variance > 4
    assert ends(found) == pytest.approx(exact(mean, mean * (1 - mean) / variance, 0.9))


def test_what_rounding_leaves_of_no_variance_makes_nothing_surer() -> None:
    # Within one cluster the deviations add up to nothing but rounding: it counts as the one trial that it is.
    mean, influence = shares([0.0, 0.0, 0.0, 0.0, 0.2, 0.6, 0.8, 0.8])
    assert ends(bounded_mean(mean, influence, ["a"] * 8, (8, 160), 0.9, "m")) == pytest.approx(exact(mean, 1, 0.9))
    mean, influence = shares([0.1] * 30)
    assert 0 < np.abs(influence).max() < 1e-16
    assert ends(bounded_mean(mean, influence, None, (30, 600), 0.9, "m")) == pytest.approx(exact(0.1, 30, 0.9))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mean_at_the_edge_without_any_variance_has_the_interval_of_the_fewest_trials(value: float) -> None:
    found = bounded_mean(value, np.zeros(30), None, (12, 600), 0.95, "m")
    assert ends(found) == pytest.approx(exact(value, 12, 0.95))
    assert found.value == value
    fewer = bounded_mean(value, np.zeros(30), [place // 3 for place in range(30)], (12, 600), 0.95, "m")
    assert ends(fewer) == pytest.approx(exact(value, 10, 0.95))


def test_an_interval_of_little_confidence_still_holds_its_mean() -> None:
    mean, influence = shares([0.0] * 99 + [0.02])
    found = bounded_mean(mean, influence, None, (1, 1), 0.001, "m")
    assert (found.low or 0) <= mean <= (found.high or 0)


def test_clusters_are_numbered_in_the_order_in_which_they_appear() -> None:
    assert cluster_numbers(["b", "a", "b", 3], 4).tolist() == [0, 1, 0, 2]
    assert cluster_numbers(None, 3).tolist() == [0, 1, 2]
    assert numbered(["x", "y"]) == {"x": 0, "y": 1}
    with pytest.raises(ValueError, match=r"^clusters must have an entry for each of 3 items, got 2$"):
        cluster_numbers(["a", "b"], 3)


def first_cell(tables: Tables) -> Tables:
    return np.asarray(tables[..., 0, 0] / tables.sum(axis=(-2, -1)))


def pairs(*counts: tuple[int, int, int]) -> Tables:
    """One table of a single pair for each item: (how many, row, column)."""
    tables = np.zeros((sum(count for count, _, _ in counts), 2, 2))
    place = 0
    for count, row, column in counts:
        tables[place : place + count, row, column] = 1.0
        place += count
    return tables


def test_resampled_items_follow_the_dirichlet_law_with_half_a_pair_in_each_cell() -> None:
    # The share of a cell of 6 among 20 then follows Beta(6.5, 15.5). 4,000 draws: a quantile is off by some .003.
    tables = pairs((6, 0, 0), (3, 0, 1), (11, 1, 1))
    found = resampled_estimate(tables, first_cell, 20, seed=1, confidence=0.8, method="m")
    assert (found.n, found.value, found.confidence, found.method) == (20, 0.3, 0.8, "m")
    assert ends(found) == pytest.approx(beta(6.5, 15.5).ppf([0.1, 0.9]), abs=0.008)


def test_resampled_clusters_move_together() -> None:
    # Ten clusters of four alike: the share has the standard deviation of 10 trials, not of 40.
    tables = 4 * pairs((5, 0, 0), (5, 1, 1))
    found = resampled_estimate(tables, first_cell, 40, seed=1, confidence=0.8, method="m")
    assert ends(found) == pytest.approx(beta(5.5, 6.5).ppf([0.1, 0.9]), abs=0.015)


def test_with_three_categories_each_pair_that_differs_weighs_a_sixth() -> None:
    tables = np.zeros((9, 3, 3))
    tables[:, 0, 0] = 1.0
    found = resampled_estimate(tables, first_cell, 9, seed=1, confidence=0.8, method="m")
    assert found.low == pytest.approx(beta(9 + 1 / 6, 8 / 6).ppf(0.1), abs=0.008)
    assert found.value == found.high == 1.0


def test_every_draw_has_the_total_that_was_observed() -> None:
    def total(tables: Tables) -> Tables:
        return np.asarray(tables.sum(axis=(-2, -1)) / 100)

    found = resampled_estimate(pairs((6, 0, 0), (3, 0, 1)), total, 9, seed=1, confidence=0.8, method="m")
    assert (found.low, found.value, found.high) == pytest.approx((0.09, 0.09, 0.09))


def test_many_patterns_are_resampled_in_blocks_with_the_same_law(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = np.random.default_rng(5).integers(0, 4, (40, 2, 2)).astype(np.float64)
    whole = resampled_estimate(tables, first_cell, 40, seed=1, confidence=0.8, method="m")
    for block in (1, 3 * 4000, 7 * 4000):
        monkeypatch.setattr("probewright.stats.estimates._BLOCK", block)
        found = resampled_estimate(tables, first_cell, 40, seed=1, confidence=0.8, method="m")
        width = (whole.high or 0) - (whole.low or 0)
        assert ends(found) == pytest.approx(ends(whole), abs=0.05 * width)


def test_what_is_not_defined_says_why() -> None:
    def never(tables: Tables) -> Tables:
        return np.full(tables.shape[:-2], np.nan)

    nothing = resampled_estimate(np.zeros((0, 2, 2)), first_cell, 0, seed=1, confidence=0.8, method="m")
    assert nothing == Estimate(0, None, None, None, 0.8, "m", "nothing was labelled by both sides")
    found = resampled_estimate(pairs((3, 0, 0)), never, 3, seed=1, confidence=0.8, method="m")
    reason = "not defined on these labels, such as where all are the same"
    assert found == undefined(3, 0.8, "m", reason) == Estimate(3, None, None, None, 0.8, "m", reason)
    for n in (0, 3):
        with pytest.raises(ValueError, match="confidence must be between 0 and 1, both excluded, got 1"):
            resampled_estimate(pairs((n, 0, 0)), first_cell, n, seed=1, confidence=1, method="m")


def test_draws_without_a_value_are_left_out() -> None:
    def sometimes(tables: Tables) -> Tables:
        share = first_cell(tables)
        return np.where(share > 0.45, np.nan, share)

    found = resampled_estimate(pairs((6, 0, 0), (14, 1, 1)), sometimes, 20, seed=1, confidence=0.8, method="m")
    whole = beta(6.5, 15.5).cdf(0.45)
    assert ends(found) == pytest.approx(beta(6.5, 15.5).ppf([0.1 * whole, 0.9 * whole]), abs=0.008)
