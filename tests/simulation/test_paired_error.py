"""Do the paired comparisons err as often as they say? Exact sums, and seeded draws for the bootstrap."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from probewright.stats.paired import Alternative, McNemar, Pairs, mcnemar, paired_bootstrap, paired_difference


@pytest.mark.parametrize("alternative", ["two-sided", "b_worse"])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_exact_mcnemar_never_rejects_a_true_null_more_often_than_it_says(
    alternative: Alternative, alpha: float
) -> None:
    for discordant in range(1, 121):
        rejects = np.array([test.p_exact <= alpha for test in every_test(discordant, alternative)])
        assert rejects @ binom.pmf(np.arange(discordant + 1), discordant, 0.5) <= alpha + 1e-12


@pytest.mark.parametrize("discordance", [0.1, 0.2, 0.5])
def test_mid_p_errs_nearer_to_alpha_than_exact_does_and_hardly_above_it(discordance: float) -> None:
    alpha, cases = 0.05, 150
    exact, mid = type_one_errors(cases, discordance, alpha)
    assert exact < mid <= 1.05 * alpha
    assert alpha - mid < alpha - exact
    assert mid >= 0.7 * alpha


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_tango_covers_the_difference_near_nominal_on_average_and_nowhere_far_below(confidence: float) -> None:
    n, chances = 40, (0.02, 0.05, 0.1, 0.2, 0.3)
    tables = [(b, c, n - b - c) for b in range(n + 1) for c in range(n + 1 - b)]
    found = [paired_difference(Pairs(rest, b, c, 0), confidence) for b, c, rest in tables]
    low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
    coverage = []
    for only_a, only_b in product(chances, chances):
        weight = multinomial.pmf(tables, n, [only_a, only_b, 1 - only_a - only_b])
        truth = only_b - only_a
        coverage.append(weight @ ((low <= truth + 1e-12) & (truth - 1e-12 <= high)))
    assert np.mean(coverage) == pytest.approx(confidence, abs=0.02)
    assert min(coverage) >= confidence - 0.03


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_the_bootstrap_covers_the_difference_of_repeated_trials_near_nominal(shift: float) -> None:
    draws, cases, trials = 1000, 100, 5
    draw = np.random.default_rng(77)
    own = draw.beta(0.5, 1.5, (draws, cases))
    a = draw.binomial(trials, own) / trials
    b = draw.binomial(trials, np.where(draw.random(own.shape) < shift, 1.0, own)) / trials
    truth = shift * 0.75  # a share `shift` of the cases, failing 1 trial in 4 on average, now always fails
    found = [
        paired_bootstrap(list(x), list(y), seed=i, resamples=800) for i, (x, y) in enumerate(zip(a, b, strict=True))
    ]
    covered = np.mean([(one.low or 0.0) <= truth <= (one.high or 0.0) for one in found])
    alarms = np.mean([(one.low or 0.0) > truth for one in found])
    assert 0.925 <= covered <= 0.97
    assert alarms <= 0.04


@cache
def every_test(discordant: int, alternative: Alternative) -> list[McNemar]:
    return [mcnemar(discordant - c, c, alternative) for c in range(discordant + 1)]


def type_one_errors(cases: int, discordance: float, alpha: float) -> tuple[float, float]:
    """How often exact and mid-p reject when a case is discordant with the given chance and either way is as likely."""
    exact = mid = 0.0
    for discordant, weight in enumerate(binom.pmf(np.arange(cases + 1), cases, discordance)):
        if weight > 1e-9:
            chance = weight * binom.pmf(np.arange(discordant + 1), discordant, 0.5)
            tests = every_test(discordant, "two-sided")
            exact += float(chance @ [test.p_exact <= alpha for test in tests])
            mid += float(chance @ [test.p_mid <= alpha for test in tests])
    return exact, mid
