"""What every registered search keeps to, over axes and over a set of items."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from probewright import registry
from probewright.errors import StoreError
from probewright.testgen.coverage import measure
from probewright.types import Axes, Cell, Items, Outcome, Space, Status
from tests.contract.plugins import SPACES, make_search


@pytest.fixture(params=sorted(registry.TABLES["search"]))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(SPACES))
def space(request: pytest.FixtureRequest) -> Space:
    return SPACES[request.param]


def outcomes(cells: Sequence[Cell]) -> list[Outcome]:
    """Every third case fails."""
    statuses = [Status.FAIL if number % 3 == 0 else Status.PASS for number in range(len(cells))]
    return [Outcome(str(cell.key), cell.labels, status) for cell, status in zip(cells, statuses, strict=True)]


def rounds(search: Any, count: int, size: int = 5) -> list[list[Cell]]:
    """Asks round after round; tells outcomes two rounds later, as the planner does."""
    asked: list[list[Cell]] = []
    for number in range(count):
        if search.learns and number >= 2:
            search.tell(outcomes(asked[number - 2]))
        asked.append(list(search.ask(size)))
    return asked


def test_the_same_seed_and_outcomes_give_the_same_cells(name: str, space: Space) -> None:
    assert rounds(make_search(name, space), 8) == rounds(make_search(name, space), 8)


def test_another_seed_gives_another_order_of_the_cells_of_axes(name: str) -> None:
    axes = SPACES["axes"]
    assert rounds(make_search(name, axes, seed=1), 3) != rounds(make_search(name, axes, seed=2), 3)


def test_it_goes_on_from_its_state_as_if_it_had_never_stopped(name: str, space: Space) -> None:
    for stop in range(6):
        search = make_search(name, space)
        asked = rounds(search, stop)
        state = orjson.loads(orjson.dumps(search.state()))
        resumed = make_search(name, space)
        resumed.resume(state)
        for late in asked[-2:] if search.learns else ():
            search.tell(outcomes(late))
            resumed.tell(outcomes(late))
        assert [resumed.ask(4), resumed.ask(3)] == [search.ask(4), search.ask(3)]
        assert resumed.state() == search.state()


@pytest.mark.parametrize("state", [None, [], {}, {"asked": "x"}, "text", 3])
def test_a_state_of_something_else_is_refused(name: str, space: Space, state: Any) -> None:
    with pytest.raises(StoreError):
        make_search(name, space).resume(state)


def test_every_cell_lies_in_the_space_and_none_comes_twice_with_the_same_index(name: str, space: Space) -> None:
    search = make_search(name, space)
    seen = set()
    for cell in [cell for cells in rounds(search, 30) for cell in cells]:
        if isinstance(space, Axes):
            assert cell.labels.keys() == space.values.keys()
            assert all(value in space.values[axis] for axis, value in cell.labels.items())
        else:
            assert cell.labels["item"] in space.ids
        assert cell.index >= 0
        assert (cell.key, cell.index) not in seen
        seen.add((cell.key, cell.index))


def test_it_never_gives_more_cells_than_it_was_asked_for(name: str, space: Space) -> None:
    search = make_search(name, space)
    assert [len(search.ask(n)) for n in (0, 1, 7)] == [0, 1, 7]


def test_a_set_of_items_ends_after_each_was_asked_once(name: str) -> None:
    items = SPACES["items"]
    assert isinstance(items, Items)
    search = make_search(name, items)
    assert search.size == len(items.ids)
    asked = [cell.labels["item"] for cells in rounds(search, 10, size=4) for cell in cells]
    assert sorted(asked) == sorted(items.ids)
    assert search.ask(5) == []


def test_one_pass_meets_the_criterion_that_it_states(name: str, space: Space) -> None:
    search = make_search(name, space)
    assert search.criterion == "per-cell" or re.fullmatch(r"[1-6]-way", search.criterion)
    assert search.size > 0
    assert search.round_size > 0
    coverage = measure(space, [cell.labels for cell in search.ask(search.size)], search.criterion)
    assert coverage.covered == coverage.total
    assert not coverage.holes
