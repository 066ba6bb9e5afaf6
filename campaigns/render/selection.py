"""Which trials a report shows word for word: bounded, whatever the size of the campaign."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from heapq import heappop, heappush

from probewright.campaigns.comparison import CHANGED, Change
from probewright.campaigns.render.text import MOST_CHARACTERS as LONGEST_TEXT
from probewright.campaigns.render.text import shorten
from probewright.campaigns.results import Result, Said
from probewright.types import Outcome, Status

MOST_TRIALS = 840  # two for each cell of the ASTRAL grid; a page with more is opened slowly and read by nobody
MOST_CHARACTERS = 12_000_000  # of all embedded texts together: a browser still opens such a page at once

Place = Hashable


class Interest(IntEnum):
    """What a reader wants to see first."""

    CHANGED = 0
    FAILED = 1
    NO_VERDICT = 2
    PASSED = 3


_ORDER = (Status.FAIL, Status.UNDECIDED, Status.BLOCKED, Status.ERROR, Status.NOT_RUN, Status.PASS)


@dataclass(slots=True)
class Selection:
    """Takes results one by one and keeps the most interesting, spread evenly over the places of the grid.

    ``place_of`` says where in the grid an outcome belongs; ``changes`` is by case key, from a comparison.
    """

    changes: Mapping[str, Change]
    place_of: Callable[[Outcome], Place]
    most_trials: int = MOST_TRIALS
    most_characters: int = MOST_CHARACTERS
    seen: int = 0
    _characters: int = 0
    _ranks: Counter[tuple[Place, Interest]] = field(default_factory=Counter)
    _heap: list[tuple[int, int, int, Result]] = field(default_factory=list)  # the least interesting on top

    def add(self, result: Result) -> None:
        """Takes one more result, and drops the least interesting where there are too many."""
        interest = self._interest(result.outcome)
        slot = (self.place_of(result.outcome), interest)
        self._ranks[slot] += 1
        self.seen += 1
        entry = (-interest, -self._ranks[slot], -self.seen, shortened(result))
        heappush(self._heap, entry)
        self._characters += _size(entry[-1])
        while len(self._heap) > self.most_trials or self._characters > self.most_characters:
            self._characters -= _size(heappop(self._heap)[-1])

    def kept(self) -> list[Result]:
        """What is shown: failures first, then what has no verdict, then passes, each in the campaign's order."""
        return sorted((entry[-1] for entry in self._heap), key=_reading_order)

    def _interest(self, outcome: Outcome) -> Interest:
        if self.changes.get(outcome.key) in CHANGED:
            return Interest.CHANGED
        if outcome.status is Status.FAIL:
            return Interest.FAILED
        return Interest.PASSED if outcome.status is Status.PASS else Interest.NO_VERDICT


def shortened(result: Result) -> Result:
    """The result with every text cut to a readable length."""
    if result.said is None or _size(result) <= LONGEST_TEXT:
        return result
    messages = tuple(replace(message, content=shorten(message.content)) for message in result.said.messages)
    said = Said(messages, shorten(result.said.reply), shorten(result.said.reasoning), result.said.finish_reason)
    return replace(result, said=said)


def _size(result: Result) -> int:
    said = result.said
    if said is None:
        return 0
    return len(said.reply) + len(said.reasoning) + sum(len(message.content) for message in said.messages)


def _reading_order(result: Result) -> tuple[int, int, int]:
    return _ORDER.index(result.outcome.status), result.position, result.outcome.trial
