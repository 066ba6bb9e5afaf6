"""The planner where others plan as well: one that slept must not go on with what its search knew before."""

import asyncio
from collections import Counter

from probewright.campaigns.engine.memory import MemoryStore
from probewright.store import Round, Slot, Standing
from probewright.types import Case, Role
from tests.campaign_parts import FunctionTarget, LearningSearch, OneTurn, echo, make_engine

TARGET = (Role.TARGET, "")
CASES = 20


class Overtaken(MemoryStore):
    """After its second round another process plans one, while this one sleeps."""

    was_overtaken = False

    def standing(self) -> Standing:
        standing = super().standing()
        if standing.rounds == 2 and not self.was_overtaken and self.unfinished(0) == 0:
            self.was_overtaken = True
            other = LearningSearch(CASES)
            other.resume(standing.search_state)
            other.tell(self.outcomes(0))
            cells = other.ask(5)
            cases = [Case("one_turn", {"prompt": f"question {c.labels['item']}"}, dict(c.labels)) for c in cells]
            slots = [Slot(standing.next_position + n, cells[n], cases[n]) for n in range(5)]
            self.plan(Round(2, tuple(slots), (), other.state()))
        return super().standing()


def test_a_planner_that_was_overtaken_while_it_slept_plans_what_one_planner_would_have_planned() -> None:
    alone, overtaken = MemoryStore(), Overtaken()
    for store in (alone, overtaken):
        target = FunctionTarget(echo)
        search = LearningSearch(CASES)
        engine = make_engine(store, family=OneTurn(CASES), search=search, endpoints={TARGET: target}, cases=CASES)
        assert asyncio.run(engine.run()) is None
        assert Counter(target.asked).most_common(1)[0][1] == 1
    assert overtaken.was_overtaken
    assert not overtaken.holes
    assert overtaken.finished == alone.finished
