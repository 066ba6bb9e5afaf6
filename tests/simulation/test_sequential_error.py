"""Do sequential decisions keep their error at any stopping time, and how many cases do they save?

Errors over 2,000 seeded runs at every look; mean numbers of cases exactly, and by the same runs.
"""

from math import log

import numpy as np
import pytest

from probewright.stats.evalues import Side, anytime_lower_bound, anytime_upper_bound, confidence_sequence, log_e_value
from probewright.stats.intervals import wilson
from probewright.stats.paired import Pairs
from probewright.stats.paired_evalues import log_paired_e_value
from probewright.stats.power import cases_for_gate, cases_for_regression
from probewright.stats.sequential import SequentialPlan, plan_sequential

RUNS = 2000
LIMIT, ALPHA = 0.05, 0.05
FIXED = 181  # cases of the fixed test with power .95 at a true 1 %
PLAN = plan_sequential(LIMIT, FIXED)
OPEN = plan_sequential(LIMIT, 2000)  # hardly ever ends at its last case
# An error of 5 % plus three Monte Carlo standard errors.
MOST = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)

# True rate, at most so many cases on average, and what Wald's test takes that knows the rate.
ASKED = [(0.01, 155, 112.6), (0.002, 80, 66.2), (0.15, 60, 43.5), (0.3, 20, 10.2)]


@pytest.mark.parametrize("plan", [PLAN, OPEN, plan_sequential(0.02, 500), plan_sequential(0.3, 100)])
def test_a_plan_says_the_wrong_side_at_any_case_in_at_most_five_percent_of_runs(plan: SequentialPlan) -> None:
    failed = runs(plan.limit, plan.cases, seed=71)
    looks = np.arange(1, plan.cases + 1)
    below, above = np.array(plan.below)[looks], np.array(plan.above)[looks]
    # Every look counts, also those after a stop: whoever goes on or looks again is no worse off.
    assert (failed <= below).any(axis=1).mean() <= MOST
    assert (failed >= above).any(axis=1).mean() <= MOST
    exact = plan.prospects(plan.limit)
    assert exact.below <= ALPHA
    assert exact.above <= ALPHA


def test_a_fixed_test_looked_at_after_every_case_does_not_keep_its_error() -> None:
    failed, n = runs(LIMIT, FIXED, seed=71), np.arange(1, FIXED + 1)
    (x, k), place = distinct(failed, n)
    highs = np.array([wilson(int(a), int(b), 0.9).high or 0.0 for a, b in zip(x, k, strict=True)])
    assert (highs < LIMIT)[place].any(axis=1).mean() > 2 * ALPHA


@pytest.mark.parametrize(("rate", "asked", "_wald"), ASKED)
def test_it_takes_no_more_cases_on_average_than_asked(rate: float, asked: float, _wald: float) -> None:
    for plan in (PLAN, plan_sequential(LIMIT, 240), OPEN):
        assert plan.prospects(rate).cases <= asked


@pytest.mark.parametrize("rate", [0.01, 0.002, 0.15, 0.3])
def test_exact_prospects_are_those_of_simulated_runs(rate: float) -> None:
    failed = np.diff(runs(rate, FIXED, seed=72), axis=1, prepend=0).astype(bool)
    stops = [PLAN.first_stop(run) for run in failed.tolist()]
    cases = np.array([stop.n for stop in stops])
    expected = PLAN.prospects(rate)
    assert abs(cases.mean() - expected.cases) <= 3 * cases.std() / np.sqrt(RUNS)
    for side, chance in ((Side.BELOW, expected.below), (Side.ABOVE, expected.above)):
        share = np.mean([stop.side is side for stop in stops])
        assert abs(share - chance) <= 3 * np.sqrt(max(chance * (1 - chance), 0.001) / RUNS)


@pytest.mark.parametrize(("rate", "_asked", "wald"), ASKED)
def test_walds_test_that_knows_the_rate_takes_little_less(rate: float, _asked: float, wald: float) -> None:
    assert wald_cases(rate) == pytest.approx(wald, abs=0.1)
    # Without a last case to stop at: 14 to 35 % more than the test that must be told what it looks for.
    assert 1.1 * wald < OPEN.prospects(rate).cases < 1.36 * wald
    assert PLAN.prospects(rate).cases < 1.33 * wald


def test_the_price_of_stopping_early_is_some_power_which_more_cases_buy_back() -> None:
    assert cases_for_gate(LIMIT, 0.01, power=0.95) == FIXED
    assert 0.9 < PLAN.prospects(0.01).below < 0.92
    longer = plan_sequential(LIMIT, 240).prospects(0.01)
    assert longer.below >= 0.95
    assert longer.cases < 123


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3, 0.9])
def test_bounds_and_sequences_hold_the_rate_at_every_look_at_once(rate: float) -> None:
    failed, n = runs(rate, 300, seed=73), np.arange(1, 301)
    (x, k), place = distinct(failed, n)
    counts = [(int(a), int(b)) for a, b in zip(x, k, strict=True)]
    # A bound has passed the rate where the evidence against the rate suffices; checked on some of the counts below.
    too_low, too_high = (
        np.array([log_e_value(*count, rate, side) for count in counts])[place] for side in (Side.BELOW, Side.ABOVE)
    )
    assert (too_low >= log(20)).any(axis=1).mean() <= MOST
    assert (too_high >= log(20)).any(axis=1).mean() <= MOST
    assert (np.maximum(too_low, too_high) >= log(40)).any(axis=1).mean() <= MOST
    for count in counts[:: len(counts) // 50]:
        below, above = (log_e_value(*count, rate, side) for side in (Side.BELOW, Side.ABOVE))
        assert (anytime_upper_bound(*count) < rate) == (below > log(20))
        assert (anytime_lower_bound(*count) > rate) == (above > log(20))
        sequence = confidence_sequence(*count)
        assert ((sequence.low or 0) <= rate <= (sequence.high or 0)) == (max(below, above) <= log(40))


@pytest.mark.parametrize(("margin", "side"), [(0.0, Side.ABOVE), (0.05, Side.BELOW)])
@pytest.mark.parametrize("discordant", [0.06, 0.2])
def test_a_paired_decision_is_wrong_at_any_case_in_at_most_five_percent_of_runs(
    margin: float, side: Side, discordant: float
) -> None:
    assert np.isfinite(paired_stops(discordant, margin, margin, side, cases=150)).mean() <= MOST


def test_a_regression_is_found_early_and_its_absence_shown() -> None:
    regressed = paired_stops(0.15, 0.1, 0.0, Side.ABOVE, cases=400)
    unchanged = paired_stops(0.05, 0.0, 0.05, Side.BELOW, cases=600)
    for stops in (regressed, unchanged):
        assert np.isfinite(stops).mean() > 0.99
    # A rise by 10 points takes 100 cases on average, "no worse by 5 points" 184, to within 4 Monte Carlo errors.
    assert np.minimum(regressed, 400).mean() == pytest.approx(100, abs=5.5)
    assert np.minimum(unchanged, 600).mean() == pytest.approx(184, abs=10.5)
    # A fixed test with power .95 for that rise needs more.
    assert cases_for_regression(0.1, 0.15, power=0.95) == 159


def runs(rate: float, cases: int, seed: int) -> np.ndarray:
    """Failures so far, by run and number of cases."""
    return (np.random.default_rng(seed).random((RUNS, cases)) < rate).cumsum(axis=1)


def distinct(*counts: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """The distinct counts that runs came through, and the place among them of each run's at each case."""
    counts = np.broadcast_arrays(*counts)
    code = np.ravel_multi_index(counts, [int(count.max()) + 1 for count in counts])
    found, place = np.unique(code, return_inverse=True)
    return np.unravel_index(found, [int(count.max()) + 1 for count in counts]), place.reshape(code.shape)


def wald_cases(rate: float, cases: int = 2000) -> float:
    """The mean number of cases at ``rate`` of Wald's test of it against the limit, both errors 5 %, by exact sums."""
    fail, succeed = log(rate / LIMIT), log((1 - rate) / (1 - LIMIT))
    running, total = np.zeros(cases + 1), 0.0
    running[0] = 1.0
    for n in range(1, cases + 1):
        total += running.sum()
        running[1:] = running[1:] * (1 - rate) + running[:-1] * rate
        running[0] *= 1 - rate
        ratio = np.arange(cases + 1) * fail + (n - np.arange(cases + 1)) * succeed
        running[np.abs(ratio) >= log(19)] = 0.0
    return float(total)


def paired_stops(discordant: float, change: float, margin: float, side: Side, cases: int) -> np.ndarray:
    """After how many cases each of 2,000 runs says ``side`` of ``margin``; infinite where it never does."""
    draw = np.random.default_rng(74).random((RUNS, cases))
    only_b = (draw < (discordant + change) / 2).cumsum(axis=1)
    only_a = (draw > 1 - (discordant - change) / 2).cumsum(axis=1)
    (a, b, k), place = distinct(only_a, only_b, np.arange(1, cases + 1))
    differing = [(int(x), int(y), int(n - x - y)) for x, y, n in zip(a, b, k, strict=True)]
    evidence = np.array([log_paired_e_value(Pairs(same, x, y, 0), margin, side) for x, y, same in differing])
    reached = (evidence >= log(20))[place]
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)


@pytest.mark.parametrize(("cases", "failing"), [(181, 9), (181, 10), (420, 21), (60, 3)])
def test_a_finite_set_in_random_order_is_judged_no_worse_than_an_endless_one(cases: int, failing: int) -> None:
    """Cases are drawn without replacement; the exact share of the set is the limit, so both sides are wrong."""
    rng = np.random.default_rng(75)
    plan = plan_sequential(failing / cases, cases)
    shuffled = rng.permuted(np.tile(np.arange(cases) < failing, (RUNS, 1)), axis=1).cumsum(axis=1)
    looks = np.arange(1, cases)  # at the last one nothing is uncertain any more
    assert (shuffled[:, :-1] <= np.array(plan.below)[looks]).any(axis=1).mean() <= MOST
    assert (shuffled[:, :-1] >= np.array(plan.above)[looks]).any(axis=1).mean() <= MOST
