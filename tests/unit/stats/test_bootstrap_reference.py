"""The BCa interval against Efron's formulas written out, on the same draws, and what a bootstrap is refused."""

import numpy as np
import pytest
from scipy.stats import norm

from probewright.stats.paired import paired_bootstrap


def by_efron(differences: list[float], seed: int, resamples: int, confidence: float) -> tuple[float, float]:
    """Efron (1987): bias by the share of resamples below the mean, ties half; skewness over 6."""
    values, counts = np.unique(differences, return_counts=True)
    n = len(differences)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=resamples) @ values / n
    # Equal means may differ in their last digit.
    means, mean = np.round(drawn, 6), np.round(np.mean(differences), 6)
    bias = norm.ppf(((means < mean).sum() + (means == mean).sum() / 2) / resamples)
    deviations = np.asarray(differences) - np.mean(differences)
    acceleration = (deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5)
    shifted = bias + norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = np.quantile(drawn, norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    return float(low), float(high)


@pytest.mark.parametrize(
    "b",
    [
        [0.0, 1 / 3, 1 / 3, 1.0, 2 / 3, 0.0, 0.0, 1 / 3, 0.0, 1.0],
        [0.02, 0.1, 0.4, 0.3, 2.5, 0.7, 0.05, 9.0, 0.2, 0.6],
        [1000.1, 2000.2, 3000.3, 1000.1, 2000.2, 4000.4, 1000.1, 7000.7, 1000.1, 2000.2],
    ],
)
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_is_that_of_efrons_formulas_on_the_same_draws(b: list[float], confidence: float) -> None:
    found = paired_bootstrap([0.0] * 10, b, seed=11, resamples=3000, confidence=confidence)
    assert (found.low, found.high) == pytest.approx(by_efron(b, 11, 3000, confidence), rel=1e-9)


def test_large_values_that_differ_in_their_last_digits_alone_get_no_interval() -> None:
    a, b = [100000.1, 3.0], [100000.4, 3.3]
    assert len({y - x for x, y in zip(a, b, strict=True)}) > 1
    found = paired_bootstrap(a, b, seed=1)
    assert (found.value, found.low, found.high) == (pytest.approx(0.3), None, None)
    assert paired_bootstrap([100000.1, 200000.2], [100000.4, 200000.6], seed=1).low is not None


@pytest.mark.parametrize(
    ("resamples", "confidence", "message"),
    [
        (2.5, 0.95, "resamples must be a whole number of at least 0, got 2.5"),
        (333, 0.94, "resamples must be at least 334 for confidence=0.94, got 333"),
        (1999, 0.99, "resamples must be at least 2000 for confidence=0.99, got 1999"),
    ],
)
def test_too_few_resamples_for_the_confidence_are_refused(resamples: float, confidence: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        paired_bootstrap([0], [1], seed=1, resamples=resamples, confidence=confidence)  # type: ignore[arg-type]


def test_just_enough_resamples_will_do() -> None:
    for resamples, confidence in ((400, 0.95), (334, 0.94), (100, 0.8)):
        assert paired_bootstrap([0, 0], [0, 1], seed=1, resamples=resamples, confidence=confidence).low is not None
