"""Power against sums over every outcome, at confidences where the first guess of a search is too low or exact."""

import pytest
from scipy.stats import binom

from probewright.stats.power import (
    cases_for_gate,
    cases_for_regression,
    detectable_change,
    gate_power,
    most_failures,
    regression_power,
)


@pytest.mark.parametrize(
    ("n", "limit", "confidence"),
    [
        (100, 0.05, 0.99),
        (1000, 0.05, 0.99),
        (181, 0.05, 0.999),
        (400, 0.02, 0.999),
        (3000, 0.01, 0.999),
        (50, 0.9, 0.6),
    ],
)
def test_the_most_failures_have_a_tail_within_the_error_and_one_more_has_not(
    n: int, limit: float, confidence: float
) -> None:
    found = most_failures(n, limit, confidence)
    assert found >= 0
    assert binom.cdf(found, n, limit) <= 1 - confidence < binom.cdf(found + 1, n, limit)


def test_a_tail_that_is_the_error_to_the_last_digit_is_within_it() -> None:
    # Two passes at a limit of one half have a chance of a quarter.
    assert most_failures(2, 0.5, 0.75) == 0
    assert cases_for_gate(0.5, 0.0, 1.0, 0.75) == 2
    assert cases_for_gate(0.5, 0.25, 0.5625, 0.75) == 2  # .75 squared
    assert gate_power(2, 0.5, 0.25, 0.75) == 0.5625


def test_every_failure_is_allowed_where_even_that_shows_enough() -> None:
    assert most_failures(1, 1.0, 0.5) == 0
    assert most_failures(5, 0.5, 0.01) == binom.ppf(0.99, 5, 0.5) - 1


def by_every_table(n: int, change: float, discordant: float, confidence: float) -> float:
    """The chance that one-sided exact McNemar rejects, over all numbers of cases that differ and are worse."""
    total = 0.0
    for differ in range(n + 1):
        worse = (discordant + change) / (2 * discordant)
        for better in range(differ + 1):
            if binom.cdf(better, differ, 0.5) <= 1 - confidence:
                total += binom.pmf(differ, n, discordant) * binom.pmf(differ - better, differ, worse)
    return total


@pytest.mark.parametrize(
    ("n", "change", "discordant", "confidence"),
    [
        (3, 0.5, 0.5, 0.5),
        (1, 0.4, 0.6, 0.5),
        (7, 0.2, 0.9, 0.6),
        (38, 0.9, 0.95, 0.9999999),
        (60, 0.6, 0.7, 0.9999999),
        (90, 0.2, 0.3, 0.99),
    ],
)
def test_the_power_is_the_sum_over_every_table_at_any_confidence(
    n: int, change: float, discordant: float, confidence: float
) -> None:
    expected = by_every_table(n, change, discordant, confidence)
    assert regression_power(n, change, discordant, confidence) == pytest.approx(expected, abs=1e-9)


def test_a_power_that_is_just_reached_is_enough() -> None:
    # Five regressions of five are shown with certainty where every case regresses.
    assert cases_for_regression(1.0, 1.0, power=1.0) == 5
    assert detectable_change(5, 0.0, power=1.0) == 1.0
    assert cases_for_regression(1.0, 1.0, 0.8, 0.5) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cases_for_gate(1.5, 0.01), "limit must be between 0 and 1, got 1.5"),
        (lambda: cases_for_gate(0.5, -0.01), "rate must be between 0 and 1, got -0.01"),
        (lambda: cases_for_regression(1.5, 0.2), "change must be between 0 and 1, got 1.5"),
        (lambda: detectable_change(9, -0.1), "flaky must be at least 0 and below 1, got -0.1"),
    ],
)
def test_what_is_no_share_is_refused_by_name_and_value(call, message: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
