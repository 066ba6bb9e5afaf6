"""What each gate was to count: by the tests that were collected, whether or not they run after all."""

from collections.abc import Callable, Sequence
from datetime import date

import pytest

from probewright.campaigns.pytest_plugin.collecting.case import LiveCases
from probewright.campaigns.pytest_plugin.collecting.expansion import MANY
from probewright.campaigns.pytest_plugin.collecting.marked import Marked
from probewright.campaigns.pytest_plugin.telling.record import GatePlan


class Plans:
    """The plans of a session's gates. A function collected twice is planned once."""

    def __init__(self) -> None:
        self._by_gate: dict[str, dict[str, GatePlan]] = {}

    def add(
        self, function: str, items: Sequence[pytest.Item], read: Callable[[pytest.Item], Marked | None], today: date
    ) -> None:
        """Counts all tests of one function.

        Args:
            function: Its id.
            items: Its tests, before any is deselected.
            read: Gives what the markers of a test say.
            today: Decides whether a quarantine holds.

        Raises:
            ConfigError: a marker says something wrong.
        """
        said: dict[tuple[int, ...], Marked | None] = {}  # ten thousand cases share what their function's markers say
        plans: dict[str, list[int]] = {}
        for item in items:
            callspec = getattr(item, "callspec", None)
            own_marks = tuple(map(id, callspec.marks)) if callspec else ()
            if own_marks not in said:
                said[own_marks] = read(item)
            marked = said[own_marks]
            if marked is not None and marked.counts_at_the_end:
                plan = plans.setdefault(marked.gate or function, [0, 0])
                plan[bool(marked.excuse(today))] += marked.planned(cases_in(item))
        for gate, (counted, excused) in plans.items():
            self._by_gate.setdefault(gate, {})[function] = GatePlan(counted, excused)

    def of(self, gate: str) -> GatePlan | None:
        """The plan of a gate, all its functions together; None where no test of it was collected."""
        if gate not in self._by_gate:
            return None
        plans = self._by_gate[gate].values()
        return GatePlan(sum(plan.counted for plan in plans), sum(plan.excused for plan in plans))


def cases_in(item: pytest.Item) -> int:
    """How many cases a test is about: more than one only in a group."""
    callspec = getattr(item, "callspec", None)
    cases = callspec.params.get(MANY) if callspec else None
    return len(cases) if isinstance(cases, LiveCases) else 1
