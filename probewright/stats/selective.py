"""When may a cheap oracle decide alone, and when should a dear one be asked?

A score is an oracle's probability that a case failed, 0 to 1. Outside a band of scores the oracle decides; inside, it
is undecided and the case goes on. `choose_band` finds the band with a promise on the error of what is decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from probewright.stats.intervals import Rate, check_confidence, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

CENTRES = (0.5, 0.2, 0.8)
_STARTS = (0.0, 0.5, 0.75)  # shares of the examples decided at which a sequence of tests starts
_FARTHEST = 40.0  # log-odds that stand for a score of 0 or 1


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """How the error grows with what is decided, the most confident verdicts first.

    ``coverage`` and ``risk`` are shares, one entry for each distinct confidence: deciding that share of the cases is
    wrong on that share of the decided. ``area`` is the mean risk over all coverages, 0 the best.
    """

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from ``low`` to ``high``, ends included, are undecided; below is a pass, above a failure.

    On the examples it was chosen on, ``undecided`` is the share of undecided ones, that is, what a dear judge would be
    asked, and ``error`` the share of wrong verdicts among the decided. Its interval, like that of ``undecided``, knows
    nothing of the choice. ``confidence`` is that of the promise on the error, or None where nothing is promised.
    """

    low: float
    high: float
    undecided: Rate
    error: Rate
    max_error: float
    confidence: float | None

    def decide(self, score: float) -> bool | None:
        """True for a failure, False for a pass, None for undecided."""
        if self.low <= score <= self.high:
            return None
        return score > self.high


def risk_coverage(confidences: Sequence[float], is_wrong: Sequence[bool]) -> RiskCoverage:
    """The risk-coverage curve of verdicts, each with the oracle's confidence in it (any scale) and whether it is wrong.

    For a score of failure that is the larger of score and 1 - score. Equal confidences are decided together; the area
    counts them in the order of chance.

    Source: El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 11 (2010) 1605-1641;
    area: Geifman, Uziel and El-Yaniv, Bias-reduced uncertainty estimation, ICLR (2019).

    Raises:
        ValueError: lengths differ, or there is no verdict.
    """
    # Imported here because numpy costs 0.1 s and 25 MB, and most processes draw no curve.
    import numpy as np  # noqa: PLC0415

    _check_lengths("confidences", confidences, "is_wrong", is_wrong)
    levels, level = np.unique(-np.asarray(confidences, dtype=np.float64), return_inverse=True)
    sizes = np.bincount(level, minlength=len(levels))
    wrong = np.bincount(level, np.asarray(is_wrong, dtype=np.float64), minlength=len(levels))
    decided, errors = np.cumsum(sizes), np.cumsum(wrong)
    n = int(decided[-1])
    # Within a level each further verdict adds the level's mean number of errors.
    rank = np.arange(1, n + 1)
    along = np.interp(rank, np.append(0, decided), np.append(0.0, errors))
    coverage, risk = decided / n, errors / decided
    return RiskCoverage(tuple(coverage.tolist()), tuple(risk.tolist()), float((along / rank).mean()))


def choose_band(
    scores: Sequence[float],
    labels: Sequence[bool],
    max_error: float,
    confidence: float = 0.95,
    *,
    centres: Sequence[float] = CENTRES,
) -> Band:
    """The narrowest undecided band whose decided rest errs at most ``max_error``, with ``confidence`` in that promise.

    ``labels`` are people's (True for a failure), one for each score, of independent examples like those to come.
    The promise holds before the labels are seen: in at most 1 - ``confidence`` of such choices is the true error above
    ``max_error``. Searching costs nothing of it: bands shrink around each of ``centres`` (equally far in log-odds; 0.5
    is best where scores are calibrated, the others help where they lean), each is tested by the exact binomial tail,
    and a sequence ends at the first band that cannot be shown to be good. Each centre has sequences that start where
    anything can be shown at all, at half and at three quarters of the examples, so that one early error does not end
    the search; the sequences share the risk of error equally. Centres must not be chosen from these labels.

    Where nothing can be shown the band is 0 to 1: everything is undecided. At ``max_error`` 0.05 and ``confidence``
    0.95 that takes at least 102 decided examples without an error.

    Source: Angelopoulos, Bates, Candes, Jordan and Lei, Learn then test, arXiv:2110.01052 (2021), section 2.3 and
    appendix (fixed sequences with several starts); Geifman and El-Yaniv, Selective classification for deep neural
    networks, NeurIPS (2017). Tests are made given the scores, where errors are independent with unequal chances; the
    binomial tail is then cautious: Hoeffding, Annals of Mathematical Statistics 27 (1956) 713-721.

    Raises:
        ValueError: lengths differ, there is no example, or a number is out of range.
    """
    check_confidence(confidence)

    values, failed = _checked(scores, labels, max_error, centres)
    allowance = (1 - confidence) / (len(centres) * len(_STARTS))
    found = {centre: _widest_shown(values, failed, centre, max_error, allowance) for centre in centres}
    centre = max(found, key=lambda centre: int(found[centre].sum()))
    low, high = _edges(values, found[centre] & (values < centre), found[centre] & (values > centre))
    return _measured(values, failed, min(low, centre), max(high, centre), max_error, confidence)


def estimate_band(scores: Sequence[float], labels: Sequence[bool], max_error: float) -> Band:
    """The narrowest band whose decided rest erred at most ``max_error`` on these examples: a point, not a promise.

    Half of the time the true error is larger, and the search over all pairs of thresholds makes it more than half. Use
    it where examples are too few for `choose_band`, and measure the band on others.

    Raises:
        ValueError: lengths differ, there is no example, or a number is out of range.
    """
    import numpy as np  # noqa: PLC0415  (as above)

    values, failed = _checked(scores, labels, max_error, (0.5,))
    levels, level = np.unique(values, return_inverse=True)
    # passed[i]: examples at the i lowest levels, and errors if these pass; flagged[j]: likewise from level j upward.
    sizes, failures = np.bincount(level), np.bincount(level, failed)
    passed, missed = np.append(0, np.cumsum(sizes)), np.append(0, np.cumsum(failures))
    flagged, alarms = passed[-1] - passed, passed[-1] - passed - (missed[-1] - missed)
    best = (0, 0, len(levels))
    # Below 0 and above 1 there is no band: a score of 0 is never flagged, and one of 1 never passes.
    lowest, most_passing = int(levels[0] <= 0), len(levels) - int(levels[-1] >= 1)
    for i in range(most_passing + 1):
        first = max(i, lowest)
        n = passed[i] + flagged[first:]
        good = np.flatnonzero(missed[i] + alarms[first:] <= max_error * n)
        if len(good) and n[good[0]] > best[0]:
            best = (int(n[good[0]]), i, first + int(good[0]))
    low, high = _edges(values, level < best[1], level >= best[2])
    return _measured(values, failed, low, high, max_error, None)


def _widest_shown(
    values: "Numbers", failed: "NDArray[np.bool_]", centre: float, max_error: float, allowance: float
) -> "NDArray[np.bool_]":
    """Which examples the narrowest band around ``centre`` decides that tests at ``allowance`` show to be good."""
    import numpy as np  # noqa: PLC0415  (as above)

    distance = np.abs(_log_odds(values) - log(centre / (1 - centre)))
    far = distance > 0
    levels, level = np.unique(-distance[far], return_inverse=True)
    wrong = failed[far] != (values[far] > centre)
    decided = np.cumsum(np.bincount(level, minlength=len(levels)))
    errors = np.cumsum(np.bincount(level, wrong, minlength=len(levels))).round().astype(np.int64)
    last = _last_shown(decided, errors, len(values), max_error, allowance)
    return far & (-distance <= (levels[last] if last >= 0 else -np.inf))


def _last_shown(decided: "Whole", errors: "Whole", n: int, max_error: float, allowance: float) -> int:
    """The last place that a sequence of tests reaches, over all starts; -1 where none is shown."""
    import numpy as np  # noqa: PLC0415  (as above)
    from scipy.special import bdtr  # noqa: PLC0415  (0.5 s and 56 MB)

    shown = bdtr(errors, decided, max_error) <= allowance
    fewest = log(allowance) / log(1 - max_error)
    last = -1
    for share in _STARTS:
        start = int(np.searchsorted(decided, max(fewest, share * n)))
        stops = np.flatnonzero(~shown[start:])
        end = start + int(stops[0]) if len(stops) else len(shown)
        last = max(last, end - 1 if end > start else -1)
    return last


def _edges(values: "Numbers", passes: "NDArray[np.bool_]", flags: "NDArray[np.bool_]") -> tuple[float, float]:
    """The ends of the band between decided passes and decided failures, halfway to the next score that was seen."""
    low, high = 0.0, 1.0
    if passes.any():
        last = float(values[passes].max())
        low = _beyond(last, float(values[values > last].min(initial=1.0)))
    if flags.any():
        first = float(values[flags].min())
        high = _beyond(first, float(values[values < first].max(initial=0.0)))
    return low, high


def _beyond(decided: float, following: float) -> float:
    """Halfway between two scores, but never the decided one itself, which rounding could make it."""
    middle = (decided + following) / 2
    return following if middle == decided else middle


def _measured(
    values: "Numbers", failed: "NDArray[np.bool_]", low: float, high: float, max_error: float, confidence: float | None
) -> Band:
    decided = (values < low) | (values > high)
    n, wrong = int(decided.sum()), int(((values > high) != failed)[decided].sum())
    level = 0.95 if confidence is None else confidence
    return Band(low, high, wilson(len(values) - n, len(values), level), wilson(wrong, n, level), max_error, confidence)


def _log_odds(values: "Numbers") -> "Numbers":
    import numpy as np  # noqa: PLC0415  (as above)

    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(np.log(values) - np.log1p(-values), -_FARTHEST, _FARTHEST))


def _checked(
    scores: Sequence[float], labels: Sequence[bool], max_error: float, centres: Sequence[float]
) -> "tuple[Numbers, NDArray[np.bool_]]":
    import numpy as np  # noqa: PLC0415  (as above)

    _check_lengths("scores", scores, "labels", labels)
    if not 0 < max_error < 1:
        raise ValueError(f"max_error must be between 0 and 1, both excluded, got {max_error!r}")
    if not centres or not all(0 < centre < 1 for centre in centres):
        raise ValueError(f"centres must be at least one number between 0 and 1, both excluded, got {tuple(centres)!r}")
    values = np.asarray(scores, dtype=np.float64)
    inside = (values >= 0) & (values <= 1)
    if not inside.all():
        raise ValueError(f"scores must be between 0 and 1, got {float(values[~inside][0])!r}")
    return values, np.asarray(labels, dtype=np.bool_)


def _check_lengths(a_name: str, a: Sequence[object], b_name: str, b: Sequence[object]) -> None:
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{a_name} and {b_name} must hold the same examples, at least one, got {len(a)} and {len(b)}")
