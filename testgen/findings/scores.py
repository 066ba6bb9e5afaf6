"""Right answers by condition, for findings: rates with intervals, and conditions compared on the same questions."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from probewright.figures import difference_in_words, p_value
from probewright.stats.intervals import Rate, clustered_rate
from probewright.stats.paired import Difference, McNemar, compare_shares

SEED = 0  # of the bootstrap: the same results give the same report

SURE = 0.05  # McNemar's p value below which a change is said to be there

Counts = dict[str, tuple[int, int]]  # question -> right, assessed


@dataclass(slots=True)
class Scores:
    """Counts right answers by condition and question; what was asked more than once of one question is clustered."""

    _by_condition: dict[Hashable, Counts] = field(default_factory=lambda: defaultdict(dict))

    def add(self, condition: Hashable, question: str, is_right: bool) -> None:
        """One assessed answer."""
        counts = self._by_condition[condition]
        right, n = counts.get(question, (0, 0))
        counts[question] = (right + is_right, n + 1)

    def rate(self, condition: Hashable) -> Rate:
        """Share of right answers, 0 to 1, with its interval; no value where nothing was assessed."""
        return clustered_rate(list(self._by_condition.get(condition, {}).values()))

    def conditions(self) -> Iterable[Hashable]:
        """The conditions that have at least one assessed answer, in the order of their first."""
        return list(self._by_condition)

    def compare(self, before: Hashable, after: Hashable) -> "Change":
        """Right under ``after`` minus right under ``before``, on the questions assessed under both."""
        first, second = self._by_condition.get(before, {}), self._by_condition.get(after, {})
        both = sorted(first.keys() & second.keys())
        return Change(*compare_shares([_share(first[q]) for q in both], [_share(second[q]) for q in both], seed=SEED))


@dataclass(frozen=True, slots=True)
class Change:
    """How much more is right under one condition than under another; ``test`` is McNemar's, where it applies."""

    difference: Difference
    test: McNemar | None

    @property
    def is_sure(self) -> bool:
        """Whether chance is a poor explanation: the interval leaves 0 out, and McNemar's test, if any, agrees."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None or low <= 0 <= high:
            return False
        return self.test is None or self.test.p_exact < SURE

    @property
    def is_better(self) -> bool:
        """Whether more is right, surely."""
        return self.is_sure and (self.difference.value or 0.0) > 0

    @property
    def is_worse(self) -> bool:
        """Whether less is right, surely."""
        return self.is_sure and (self.difference.value or 0.0) < 0

    @property
    def in_words(self) -> str:
        """The difference in points with its interval, and the test."""
        test = "" if self.test is None else f", exact McNemar {p_value(self.test.p_exact)}"
        return f"{difference_in_words(self.difference)}{test}"


def _share(counts: tuple[int, int]) -> float:
    right, n = counts
    return right / n
