"""The post-stratified interval worked step by step, and what it says of itself."""

from collections.abc import Mapping
from math import sqrt

import pytest
from scipy.stats import beta, norm

from probewright.stats.prediction_powered import PoweredRate, Stratum, powered_rate


def by_steps(strata: Mapping[str, Stratum], confidence: float, effect: float) -> tuple[float, float, float]:
    """Each stratum's exact low and Jeffreys high end; their squared reaches and the strata's own spread added up."""
    judged, labelled = sum(one.judged for one in strata.values()), sum(one.labelled for one in strata.values())
    pooled, tail = sum(one.failed for one in strata.values()) / labelled, (1 - confidence) / 2
    rows = []
    for one in strata.values():
        failed, passed = one.failed / effect, (one.labelled - one.failed) / effect
        if one.labelled:
            low = beta.ppf(tail, failed, passed + 1) if failed else 0.0
            high = beta.ppf(1 - tail, failed + 0.5, passed + 0.5) if passed else 1.0
            rows.append((one.judged / judged, one.failed / one.labelled, low, high))
        else:
            rows.append((one.judged / judged, pooled, 0.0, 1.0))
    value = sum(weight * share for weight, share, _, _ in rows)
    spread = norm.ppf(1 - tail) ** 2 * effect / judged * sum(w * (share - value) ** 2 for w, share, _, _ in rows)
    below = sum((weight * (share - low)) ** 2 for weight, share, low, _ in rows)
    above = sum((weight * (high - share)) ** 2 for weight, share, _, high in rows)
    return value, max(0.0, value - sqrt(below + spread)), min(1.0, value + sqrt(above + spread))


@pytest.mark.parametrize(
    "strata",
    [
        {"fail": Stratum(100, 20, 15), "pass": Stratum(300, 40, 2)},
        {"fail": Stratum(100, 20, 20), "pass": Stratum(300, 40, 0)},
        {"fail": Stratum(50, 30, 20), "pass": Stratum(300, 40, 3), "undecided": Stratum(20, 0, 0)},
        {"low": Stratum(500, 30, 1), "middle": Stratum(60, 60, 30), "high": Stratum(40, 10, 10)},
    ],
)
@pytest.mark.parametrize(("confidence", "effect"), [(0.95, 1.0), (0.8, 1.0), (0.9, 2.5)])
def test_the_interval_adds_up_what_each_stratum_leaves_open(
    strata: dict[str, Stratum], confidence: float, effect: float
) -> None:
    found = powered_rate(strata, confidence, design_effect=effect)
    assert (found.value, found.low, found.high) == pytest.approx(by_steps(strata, confidence, effect))
    judged, labelled = sum(one.judged for one in strata.values()), sum(one.labelled for one in strata.values())
    assert (found.judged, found.labelled, found.confidence) == (judged, labelled, confidence)
    assert found.method == "post_stratified"


def test_a_verdict_that_nothing_got_changes_nothing() -> None:
    strata = {"fail": Stratum(100, 20, 15), "pass": Stratum(300, 40, 2)}
    assert powered_rate({**strata, "undecided": Stratum(0, 0, 0)}) == powered_rate(strata)


def test_labels_that_all_fail_leave_no_doubt_above() -> None:
    found = powered_rate({"fail": Stratum(40, 40, 40), "pass": Stratum(2, 0, 0)})
    assert (found.value, found.high) == (1.0, 1.0)
    assert powered_rate({"a": Stratum(9, 0, 0)}, 0.8) == PoweredRate(9, 0, None, None, None, 0.8, "post_stratified")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((-1, 0, 0), "judged must be a whole number of at least 0, got -1"),
        ((3, -1, 0), "labelled must be a whole number of at least 0, got -1"),
        ((3, 2, 1.5), "failed must be a whole number of at least 0, got 1.5"),
    ],
)
def test_counts_that_are_none_are_refused_by_name(counts: tuple[int, int, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Stratum(*counts)


@pytest.mark.parametrize("effect", [0.999, float("nan")])
def test_a_design_effect_below_one_is_refused(effect: float) -> None:
    with pytest.raises(ValueError, match=f"^design_effect must be at least 1, got {effect}$"):
        powered_rate({}, design_effect=effect)
    with pytest.raises(ValueError, match=r"^confidence must be between 0 and 1, both excluded, got 1$"):
        powered_rate({}, 1)
