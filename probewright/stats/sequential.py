"""A gate that stops as soon as it is certain: planned before the run, its error kept at whatever case it stops.

Up to the last planned case it decides by e-values (`evalues`); at the last one by an exact test with the error that the
looks before have left. Without that last look, cases that were run would be wasted wherever the e-value falls short.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING

from probewright.stats.evalues import Side, check_limit, log_e_value
from probewright.stats.intervals import check_confidence, check_count, check_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Chances = NDArray[np.float64]


_NO_CHANCE = 1e-30  # less than what a sum of chances rounds away, whatever the number of cases


@dataclass(frozen=True, slots=True)
class Stop:
    """When a plan decided: ``side`` of the limit after ``n`` cases with ``failed`` failures; None for no decision."""

    side: Side | None
    n: int
    failed: int


@dataclass(frozen=True, slots=True)
class Prospects:
    """What a plan does at one true rate: the chance of either decision, and the mean number of cases it takes.

    The rest, 1 - ``below`` - ``above``, is the chance to end undecided.
    """

    below: float
    above: float
    cases: float


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """Where to stop: after n cases, n from 0 to ``cases``, with at most ``below[n]`` failures or at least ``above[n]``.

    ``below[n]`` is -1 and ``above[n]`` is n + 1 where nothing can be decided yet. If the true rate is ``limit`` or
    more, "below" is said, at any time, with a chance of at most 1 - ``confidence``; likewise "above".
    """

    limit: float
    confidence: float
    below: tuple[int, ...]
    above: tuple[int, ...]

    @property
    def cases(self) -> int:
        """The number of cases after which it ends, decided or not."""
        return len(self.below) - 1

    def decide(self, failed: int, n: int) -> Side | None:
        """What ``failed`` failures among the first ``n`` cases show, if anything.

        Raises:
            ValueError: counts that cannot be, or more cases than planned.
        """
        check_counts(failed, n, "failed")
        if n > self.cases:
            raise ValueError(f"n must be at most the planned {self.cases} cases, got {n}")
        if failed <= self.below[n]:
            return Side.BELOW
        return Side.ABOVE if failed >= self.above[n] else None

    def first_stop(self, has_failed: Iterable[bool]) -> Stop:
        """The first decision along cases in the order in which they were drawn; with none, where the cases end.

        Raises:
            ValueError: more cases than planned before a decision.
        """
        failed = n = 0
        for has in has_failed:
            failed, n = failed + bool(has), n + 1
            side = self.decide(failed, n)
            if side is not None:
                return Stop(side, n, failed)
        return Stop(None, n, failed)

    def prospects(self, rate: float) -> Prospects:
        """What to expect at a true fail rate, 0 to 1: exact, by summing over all that can happen.

        Raises:
            ValueError: the rate is out of range.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"rate must be between 0 and 1, got {rate!r}")
        below, above, running = _walk(self.below, self.above, rate)
        undecided = float(running.sum())
        cases = (below + above) @ range(len(self.below)) + undecided * self.cases
        return Prospects(float(below.sum()), float(above.sum()), float(cases))


class RunningTest:
    """Looks after every case, in random order, until one side of the limit is certain; it knows no last case.

    Where the true rate is ``limit`` or more, `add` ever gives "below" with a chance of at most 1 - ``confidence``;
    likewise "above". A `SequentialPlan` says the same at every case before its last.

    Raises:
        ValueError: a number out of range.
    """

    def __init__(self, limit: float, confidence: float = 0.95) -> None:
        check_limit(limit)
        check_confidence(confidence)
        self.limit = limit
        self.failed = self.n = 0
        self._enough = -log1p(-confidence)

    def add(self, has_failed: bool) -> Side | None:
        """Counts one more case; the side that is certain, if one is and this case speaks for it."""
        self.n += 1
        self.failed += has_failed
        passed = self.n - self.failed
        # A pass never adds to the evidence for "above", nor a failure to that for "below".
        side, count, limit = (
            (Side.ABOVE, passed, 1 - self.limit) if has_failed else (Side.BELOW, self.failed, self.limit)
        )
        return side if log_e_value(count, self.n, limit, Side.BELOW) >= self._enough else None


def cases_to_certainty(failed: int, n: int, limit: float, confidence: float = 0.95) -> int | None:
    """About how many more cases a `RunningTest` takes after ``n``, if they fail as often; None where none would do.

    It gives up where the number of cases would grow a thousandfold.

    Raises:
        ValueError: a number out of range.
    """
    check_counts(failed, n, "failed")
    check_limit(limit)
    check_confidence(confidence)
    enough = -log1p(-confidence)
    share = failed / n if n else 0.0
    if share == limit:
        return None

    def is_certain(total: int) -> bool:
        side = Side.BELOW if share < limit else Side.ABOVE
        return log_e_value(round(share * total), total, limit, side) >= enough

    too_few, many = n, max(1, n)
    while not is_certain(many):
        too_few, many = many, 2 * many
        if many > 1000 * max(1, n):
            return None
    while many - too_few > 1:
        middle = (too_few + many) // 2
        too_few, many = (too_few, middle) if is_certain(middle) else (middle, many)
    return many - n


def plan_sequential(limit: float, cases: int, confidence: float = 0.95) -> SequentialPlan:
    """The plan for a gate with a maximal fail rate of ``limit`` and at most ``cases`` cases, drawn in random order.

    Each side stops early where its e-value reaches 1 / (1 - confidence), which Ville's inequality allows for all looks
    together. What that really spends of the error before the last case is computed exactly, and the rest goes to an
    exact binomial test there. With limit 0.05 and 181 cases, which a fixed test needs for power .95 at a true rate of
    0.01, it takes on average 113 cases there (power .91), 77 at 0.002, 57 at 0.15 and 13 at 0.3. Planned with 240 cases
    the power is .97, for 122 cases on average. Wald's test, told the true rate, takes 113, 66, 43 and 10 (power
    .95, without a last case).

    Source: Ville, Etude critique de la notion de collectif (1939), and as `log_e_value`; spending the error: Lan and
    DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70 (1983) 659-663; compared with: Wald,
    Sequential tests of statistical hypotheses, Annals of Mathematical Statistics 16 (1945) 117-186.

    Raises:
        ValueError: a number out of range; a confidence below 0.5, at which both sides could be said at once.
    """
    check_limit(limit)
    check_confidence(confidence)
    check_count("cases", cases)
    if confidence < 0.5:
        raise ValueError(f"confidence must be at least 0.5 and below 1, got {confidence!r}")
    below = _most_failures(limit, cases, confidence)
    # More failures are fewer passes: the other side is the same plan for passes.
    most_passes = _most_failures(1 - limit, cases, confidence)
    above = tuple(n - passes for n, passes in enumerate(most_passes))
    return SequentialPlan(limit, confidence, below, above)


def _most_failures(limit: float, cases: int, confidence: float) -> tuple[int, ...]:
    """By number of cases, the most failures that show the rate to be below ``limit``; -1 where none do."""
    enough, most = -log1p(-confidence), -1
    found = [-1] * (cases + 1)
    for n in range(1, cases):
        # One more pass never weakens the evidence, so the number of failures allowed never falls.
        while most < n and log_e_value(most + 1, n, limit, Side.BELOW) >= enough:
            most += 1
        found[n] = most
    if cases:
        found[cases] = _last_look(found, limit, 1 - confidence)
    return tuple(found)


def _last_look(most_failures: Sequence[int], limit: float, alpha: float) -> int:
    """The most failures at the last case with which the chance of "below", at any case, is still within ``alpha``."""
    never = [n + 1 for n in range(len(most_failures))]
    early, _, running = _walk(most_failures, never, limit)
    return int(running.cumsum().searchsorted(alpha - early.sum(), side="right")) - 1


def _walk(below: Sequence[int], above: Sequence[int], rate: float) -> "tuple[Chances, Chances, Chances]":
    """The chances to stop on either side at each case, and to end undecided with each number of failures."""
    # Imported here because numpy costs 0.1 s and 25 MB, and most processes plan no gate.
    import numpy as np  # noqa: PLC0415

    running = np.zeros(len(below) + 1)
    running[0] = 1.0
    stopped_below, stopped_above = np.zeros(len(below)), np.zeros(len(below))
    first = last = 0  # numbers of failures with any chance: a window that moves, so that long plans take no square time
    for n in range(1, len(below)):
        last += 1
        window = running[first : last + 1]
        window[1:] = window[1:] * (1 - rate) + window[:-1] * rate
        window[0] *= 1 - rate
        for stopped, decided in (
            (stopped_below, slice(first, below[n] + 1)),
            (stopped_above, slice(above[n], last + 1)),
        ):
            stopped[n] = running[decided].sum()
            running[decided] = 0.0
        first, last = max(first, below[n] + 1), min(last, above[n] - 1)
        while last > first and running[last] < _NO_CHANCE:
            running[last] = 0.0
            last -= 1
        while first < last and running[first] < _NO_CHANCE:
            running[first] = 0.0
            first += 1
        if first > last:
            break
    return stopped_below, stopped_above, running[:-1]
