from math import log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, bootstrap

from probewright.stats.paired import Difference, McNemar, Pairs, mcnemar, paired_bootstrap, paired_difference

# Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), chapter 8; values as their R package
# contingencytables prints them: airway hyper-responsiveness (Bentur 2009) and complete response (Cavo 2012).
AIRWAY = Pairs(both_pass=12, only_a_fails=7, only_b_fails=1, both_fail=1)
RESPONSE = Pairs(both_pass=80, only_a_fails=16, only_b_fails=6, both_fail=59)


def test_pairs_are_counted_case_by_case() -> None:
    a_failed = [False, True, False, True, True, False]
    b_failed = [False, False, True, True, False, False]
    pairs = Pairs.count(a_failed, b_failed)
    assert pairs == Pairs(both_pass=2, only_a_fails=2, only_b_fails=1, both_fail=1)
    assert pairs.n == 6


def test_mcnemar_equals_the_published_values() -> None:
    airway = mcnemar(AIRWAY.only_a_fails, AIRWAY.only_b_fails)
    assert airway == McNemar(7, 1, "two-sided", p_exact=0.0703125, p_mid=0.0390625)
    response = mcnemar(RESPONSE.only_a_fails, RESPONSE.only_b_fails)
    assert (response.p_exact, response.p_mid) == pytest.approx((0.052479, 0.034690), abs=5e-7)


@pytest.mark.parametrize(("b", "c"), [(0, 1), (0, 12), (5, 5), (3, 9), (40, 21), (900, 1100), (60_000, 60_300)])
def test_exact_mcnemar_equals_the_binomial_test_of_scipy(b: int, c: int) -> None:
    assert mcnemar(b, c).p_exact == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    assert mcnemar(b, c, "b_worse").p_exact == pytest.approx(
        binomtest(c, b + c, alternative="greater").pvalue, rel=1e-9
    )
    assert mcnemar(b, c, "a_worse").p_exact == pytest.approx(
        binomtest(b, b + c, alternative="greater").pvalue, rel=1e-9
    )


def test_no_discordant_case_is_no_evidence() -> None:
    assert mcnemar(0, 0) == McNemar(0, 0, "two-sided", p_exact=1.0, p_mid=1.0)
    assert mcnemar(0, 0, "b_worse").p_exact == 1.0


def test_tango_equals_the_published_intervals() -> None:
    airway, response = paired_difference(AIRWAY), paired_difference(RESPONSE)
    assert (airway.low, airway.high) == pytest.approx((-0.5172, -0.0260), abs=5e-5)
    assert (response.low, response.high) == pytest.approx((-0.1240, -0.0054), abs=5e-5)
    assert response.value == pytest.approx(-10 / 161)


@pytest.mark.parametrize("pairs", [AIRWAY, RESPONSE, Pairs(0, 3, 2, 0), Pairs(40, 1, 9, 0), Pairs(300, 40, 2, 58)])
def test_the_ends_are_where_a_numerically_maximised_likelihood_puts_the_score_at_its_quantile(pairs: Pairs) -> None:
    found = paired_difference(pairs, 0.9)
    quantile = NormalDist().inv_cdf(0.95)
    assert score_statistic(pairs, found.low or 0.0) == pytest.approx(quantile, abs=1e-4)
    assert score_statistic(pairs, found.high or 0.0) == pytest.approx(-quantile, abs=1e-4)


def test_without_discordant_cases_the_interval_still_has_a_width() -> None:
    found = paired_difference(Pairs(90, 0, 0, 10))
    z_squared = NormalDist().inv_cdf(0.975) ** 2
    reach = z_squared / (100 + z_squared)
    assert (found.value, found.low, found.high) == pytest.approx((0, -reach, reach))


def test_nothing_to_compare_is_no_difference() -> None:
    assert paired_difference(Pairs(0, 0, 0, 0)) == Difference(0, None, None, None, 0.95, "tango")
    assert paired_bootstrap([], [], seed=1) == Difference(0, None, None, None, 0.95, "bca_bootstrap")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.5], [0.75]),
        ([0.0, 1.0, 0.5], [0.0, 1.0, 0.5]),
        ([0.0, 0.5], [0.25, 0.75]),
        ([0.1, 0.2], [0.3, 0.4]),  # equal but for the last digit
    ],
)
def test_differences_without_spread_get_no_interval_instead_of_a_point(a: list[float], b: list[float]) -> None:
    found = paired_bootstrap(a, b, seed=1)
    assert (found.low, found.high) == (None, None)
    assert found.value == pytest.approx(b[0] - a[0])


@pytest.mark.parametrize("kind", ["shares", "scores", "skewed scores of few cases"])
def test_the_bootstrap_agrees_with_that_of_scipy(kind: str) -> None:
    draw = np.random.default_rng(11)
    a, b = draw.beta(1, 6, 80), draw.beta(1, 4, 80)
    if kind == "shares":
        a, b = draw.binomial(3, a) / 3, draw.binomial(3, b) / 3
    elif kind == "skewed scores of few cases":
        a, b = np.zeros(20), draw.lognormal(sigma=2, size=20)
    ours = paired_bootstrap(list(a), list(b), seed=5, resamples=40_000, confidence=0.9)
    resampled = bootstrap((b - a,), np.mean, confidence_level=0.9, n_resamples=40_000, batch=4_000, rng=draw)
    theirs = resampled.confidence_interval
    noise = 0.02 * (theirs.high - theirs.low)
    assert ours.value == pytest.approx((b - a).mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=noise)


def test_the_bootstrap_interval_does_not_depend_on_how_many_resamples_are_held_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = [0.1, 0.4, 0.2, 0.9], [0.3, 0.2, 0.8, 0.7]
    whole = paired_bootstrap(a, b, seed=3, resamples=1000)
    monkeypatch.setattr("probewright.stats.paired._BLOCK", 37)
    assert paired_bootstrap(a, b, seed=3, resamples=1000) == whole
    assert paired_bootstrap(a, b, seed=4, resamples=1000) != whole


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar(-1, 0), "only_a_fails must be a whole number of at least 0, got -1"),
        (lambda: mcnemar(0, 1.5), "only_b_fails must be a whole number of at least 0, got 1.5"),  # type: ignore[arg-type]
        (lambda: mcnemar(1, 1, "less"), "alternative must be one of two-sided, a_worse, b_worse, got 'less'"),  # type: ignore[arg-type]
        (lambda: Pairs(1, 2, 3, -4), "both_fail must be a whole number of at least 0, got -4"),
        (lambda: Pairs.count([True], []), "a_failed and b_failed must hold the same cases, got 1 and 0 values"),
        (lambda: paired_difference(AIRWAY, 1), "confidence must be between 0 and 1, both excluded, got 1"),
        (lambda: paired_bootstrap([1], [1, 2], seed=1), "a and b must hold the same cases, got 1 and 2 values"),
        (lambda: paired_bootstrap([0, 1], [0, float("nan")], seed=1), r"b\[1\] must be a finite number, got nan"),
        (
            lambda: paired_bootstrap([0], [1], seed=1, resamples=399),
            "resamples must be at least 400 for confidence=0.95, got 399",
        ),
    ],
)
def test_impossible_input_is_refused_by_name_and_value(call, message: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()


def score_statistic(pairs: Pairs, difference: float) -> float:
    """Tango's statistic with the restricted maximum found by search over p(only A fails)."""
    b, c, n = pairs.only_a_fails, pairs.only_b_fails, pairs.n

    def unlikelihood(p: float) -> float:
        cells = ((b, p), (c, p + difference), (n - b - c, 1 - 2 * p - difference))
        return -sum(count * log(share) for count, share in cells if count)

    edges = (max(0.0, -difference) + 1e-12, (1 - difference) / 2 - 1e-12)
    p = minimize_scalar(unlikelihood, bounds=edges, method="bounded", options={"xatol": 1e-12}).x
    return (c - b - n * difference) / sqrt(n * (2 * p + difference * (1 - difference)))
