"""Bands against slow ones found by loops over all candidates, and what a band says of itself."""

from collections.abc import Sequence
from itertools import groupby
from math import log, nextafter
from random import Random

import pytest
from scipy.stats import binom

from probewright.stats.intervals import wilson
from probewright.stats.selective import choose_band, estimate_band, risk_coverage

Examples = tuple[list[float], list[bool]]


def drawn(seed: int, n: int, lean: float = 1.0, digits: int = 9) -> Examples:
    """Scores of which about half are near 0 or 1, and labels that fail with chance score ** lean."""
    random = Random(seed)
    scores = [round(random.betavariate(0.15, 0.15), digits) for _ in range(n)]
    return scores, [random.random() < score**lean for score in scores]


def log_odds(score: float) -> float:
    return max(-40.0, min(40.0, log(score / (1 - score)))) if 0 < score < 1 else (40.0 if score else -40.0)


def widest_by_loops(
    scores: Sequence[float], labels: Sequence[bool], centre: float, max_error: float, allowance: float
) -> set[int]:
    """The examples that the tests around one centre show to be decided well enough, added one distance at a time."""

    def distance(place: int) -> float:
        return abs(log_odds(scores[place]) - log_odds(centre))

    order = sorted((place for place in range(len(scores)) if distance(place) > 0), key=distance, reverse=True)
    steps: list[set[int]] = []
    for _, places in groupby(order, key=distance):
        steps.append((steps[-1] if steps else set()) | set(places))
    best: set[int] = set()
    for share in (0.0, 0.5, 0.75):
        fewest = max(log(allowance) / log(1 - max_error), share * len(scores))
        for decided in (step for step in steps if len(step) >= fewest):
            wrong = sum(labels[place] != (scores[place] > centre) for place in decided)
            if binom.cdf(wrong, len(decided), max_error) > allowance:
                break
            best = max(best, decided, key=len)
    return best


@pytest.mark.parametrize(
    ("examples", "max_error"),
    [
        (drawn(1, 400), 0.05),
        (drawn(2, 400, lean=3.0), 0.1),
        (drawn(3, 400, lean=0.3), 0.1),
        (drawn(4, 900), 0.02),
        (drawn(5, 60), 0.2),
        (drawn(6, 900, lean=0.5), 0.08),
    ],
)
def test_a_chosen_band_decides_what_loops_over_every_centre_and_start_show(
    examples: Examples, max_error: float
) -> None:
    scores, labels = examples
    shown = {centre: widest_by_loops(scores, labels, centre, max_error, 0.1 / 9) for centre in (0.5, 0.2, 0.8)}
    widest = max(shown.values(), key=len)
    assert widest
    band = choose_band(scores, labels, max_error, 0.9)
    assert {place for place, score in enumerate(scores) if band.decide(score) is not None} == widest
    wrong = sum(band.decide(scores[place]) != labels[place] for place in widest)
    assert (band.max_error, band.confidence) == (max_error, 0.9)
    assert band.undecided == wilson(len(scores) - len(widest), len(scores), 0.9)
    assert band.error == wilson(wrong, len(widest), 0.9)


@pytest.mark.parametrize("centre", [0.2, 0.5, 0.8])
def test_one_centre_alone_shares_the_error_among_its_three_starts_only(centre: float) -> None:
    scores, labels = drawn(7, 500, lean=2.0)
    widest = widest_by_loops(scores, labels, centre, 0.15, 0.05 / 3)
    assert widest
    band = choose_band(scores, labels, 0.15, centres=(centre,))
    assert band.low <= centre <= band.high
    assert {place for place, score in enumerate(scores) if band.decide(score) is not None} == widest


def test_an_early_error_does_not_end_the_search() -> None:
    # Of the 120 surest examples 4 are wrong; of all 1,000 no other one is, which the later starts find.
    scores = [0.001 * place / 120 for place in range(120)] + [0.01 + 0.1 * place / 880 for place in range(880)]
    labels = [place < 4 for place in range(1000)]
    assert choose_band(scores, labels, 0.02).undecided.value == 0


def test_scores_of_zero_and_one_are_equally_sure() -> None:
    right, wrong = [True] * 150, [True] * 25 + [False] * 25
    band = choose_band([1.0] * 150 + [0.0] * 50, right + wrong, 0.05, centres=(0.5,))
    assert band.undecided.value == 1
    assert choose_band([1.0] * 150 + [0.0] * 50, right + [False] * 50, 0.05, centres=(0.5,)).undecided.value == 0


def test_a_band_ends_halfway_to_the_next_score_that_was_seen() -> None:
    scores, labels = [0.1] * 100 + [0.5] * 20 + [0.8] * 100, [False] * 100 + [True, False] * 10 + [True] * 100
    band = choose_band(scores, labels, 0.05, centres=(0.5,))
    assert (band.low, band.high) == pytest.approx((0.3, 0.65))
    assert band.undecided == wilson(20, 220, 0.95)


def pairs_by_loops(scores: Sequence[float], labels: Sequence[bool], max_error: float) -> int:
    """The most examples that any two thresholds within 0 and 1 decide with at most that error."""
    inner = sorted(set(scores))
    lows, highs = [-1.0, *(cut for cut in inner if cut < 1)], [*(cut for cut in inner if cut > 0), 2.0]
    most = 0
    for below, above in ((low, high) for low in lows for high in highs if low < high):
        passes = [label for score, label in zip(scores, labels, strict=True) if score <= below]
        flags = [label for score, label in zip(scores, labels, strict=True) if score >= above]
        wrong = sum(passes) + sum(not label for label in flags)
        if wrong <= max_error * (len(passes) + len(flags)):
            most = max(most, len(passes) + len(flags))
    return most


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("max_error", [0.01, 0.1, 0.3])
def test_the_estimate_decides_as_much_as_the_best_of_all_pairs_of_thresholds(seed: int, max_error: float) -> None:
    scores, labels = drawn(seed, 30, digits=1)
    band = estimate_band(scores, labels, max_error)
    assert band.undecided == wilson(30 - pairs_by_loops(scores, labels, max_error), 30)
    assert (band.max_error, band.confidence) == (max_error, None)
    assert band.error.value is None or band.error.value <= max_error
    assert band.error.confidence == 0.95


@pytest.mark.parametrize(
    ("labels", "ends", "decided"),
    [
        ([False, True, False], (0.3, 1.0), 1),  # only the lowest passes
        ([True, False, True], (0.0, 0.7), 1),  # only the highest is flagged
        ([True, True, True], (0.0, 0.05), 3),
        ([False, False, False], (0.95, 1.0), 3),
        ([True, False, False], (0.0, 1.0), 0),
    ],
)
def test_an_estimate_ends_halfway_to_the_next_score(
    labels: list[bool], ends: tuple[float, float], decided: int
) -> None:
    band = estimate_band([0.1, 0.5, 0.9], labels, 0.01)
    assert (band.low, band.high) == pytest.approx(ends)
    assert band.undecided == wilson(3 - decided, 3)


def test_an_estimate_never_flags_a_score_of_zero_nor_passes_one_of_one() -> None:
    # Flagging all five would err once; but no band lies below 0, so the two lowest pass or are asked.
    band = estimate_band([0.0, 0.0, 0.4, 0.5, 0.6], [True, True, True, False, True], 0.3)
    assert [band.decide(score) for score in (0.0, 0.4, 0.5, 0.6)] == [None, None, None, True]
    assert (band.error.value or 0) <= 0.3
    turned = estimate_band([1.0, 1.0, 0.6, 0.5, 0.4], [False, False, False, True, False], 0.3)
    assert [turned.decide(score) for score in (1.0, 0.6, 0.5, 0.4)] == [None, None, None, False]


@pytest.mark.parametrize("lower", [0.3, nextafter(0.3, 1)])
def test_scores_that_differ_in_their_last_digit_alone_are_both_decided(lower: float) -> None:
    upper = nextafter(lower, 1)
    band = estimate_band([lower, upper], [False, True], 0.01)
    assert (band.decide(lower), band.decide(upper)) == (False, True)


@pytest.mark.parametrize("centre", [0.0, 1.0, 1.5, -0.5])
def test_a_centre_at_or_beyond_an_edge_is_refused(centre: float) -> None:
    message = rf"^centres must be at least one number between 0 and 1, both excluded, got \(0\.5, {centre}\)$"
    with pytest.raises(ValueError, match=message):
        choose_band([0.5], [True], 0.1, centres=(0.5, centre))


@pytest.mark.parametrize("max_error", [0, 1, 1.5])
def test_an_error_that_allows_nothing_or_everything_is_refused(max_error: float) -> None:
    for choose in (choose_band, estimate_band):
        with pytest.raises(ValueError, match=f"^max_error must be between 0 and 1, both excluded, got {max_error}$"):
            choose([0.5], [True], max_error)


def test_of_equally_narrow_bands_the_estimate_takes_the_one_that_flags_more() -> None:
    band = estimate_band([0.2, 0.8], [False, False], 0.5)
    assert (band.decide(0.2), band.decide(0.8)) == (False, True)


def test_the_curve_and_its_area_are_those_of_deciding_one_by_one() -> None:
    random = Random(9)
    confidences, is_wrong = [random.randrange(6) / 5 for _ in range(40)], [random.random() < 0.3 for _ in range(40)]
    found = risk_coverage(confidences, is_wrong)
    area, decided, errors, curve = 0.0, 0, 0, []
    for level in sorted(set(confidences), reverse=True):
        wrong = [bad for confidence, bad in zip(confidences, is_wrong, strict=True) if confidence == level]
        area += sum((errors + k * sum(wrong) / len(wrong)) / (decided + k) for k in range(1, len(wrong) + 1))
        decided, errors = decided + len(wrong), errors + sum(wrong)
        curve.append((decided / 40, errors / decided))
    assert found.coverage == pytest.approx([coverage for coverage, _ in curve])
    assert found.risk == pytest.approx([risk for _, risk in curve])
    assert found.area == pytest.approx(area / 40)
