from collections import Counter

import pytest

from probewright.errors import ConfigError
from probewright.testgen.coverage import measure
from probewright.testgen.profiles import ASTRAL
from probewright.testgen.search.covering import Covering
from probewright.testgen.search.grid import Grid
from probewright.types import Axes, Cell, Items

PROFILE = Axes(ASTRAL.axes)
SMALL = Axes({"a": ("1", "2", "3"), "b": ("x", "y"), "c": ("p", "q", "r", "s"), "d": ("k", "l")})


def covering(axes: Axes, strength: int = 2, seed: int = 0) -> Covering:
    return Covering(Covering.Params(strength=strength), axes, seed)


def labels(cells: "list[Cell]") -> list[dict[str, str]]:
    return [dict(cell.labels) for cell in cells]


@pytest.mark.parametrize("seed", range(50))
def test_every_pair_of_the_profile_is_covered_by_84_tests(seed: int) -> None:
    search = covering(PROFILE, seed=seed)
    assert search.size == 84
    found = measure(PROFILE, labels(list(search.ask(84))), "2-way")
    assert (found.covered, found.total) == (184, 184)


@pytest.mark.parametrize("strength", [1, 2, 3, 4])
def test_a_covering_array_covers_all_tuples_of_its_strength(strength: int) -> None:
    search = covering(SMALL, strength)
    assert search.criterion == f"{strength}-way"
    found = measure(SMALL, labels(list(search.ask(search.size))), search.criterion)
    assert found.covered == found.total
    largest = sorted((len(values) for values in SMALL.values.values()), reverse=True)[:strength]
    bound = 1
    for size in largest:
        bound *= size
    assert bound <= search.size <= 2 * bound


def test_of_full_strength_the_array_is_the_grid() -> None:
    search = covering(SMALL, 4)
    assert search.size == 48
    assert len({cell.key for cell in search.ask(48)}) == 48


def test_later_passes_are_other_arrays_that_cover_as_well() -> None:
    search = covering(SMALL)
    first, second = labels(list(search.ask(search.size))), labels(list(search.ask(search.size)))
    assert first != second
    assert measure(SMALL, second, "2-way").share == 1.0


def test_a_strength_beyond_the_axes_is_refused() -> None:
    with pytest.raises(ConfigError, match="strength 5 is more than the 4 axes; allowed: 1 to 4"):
        covering(SMALL, 5)


def test_a_grid_asks_each_cell_once_a_pass_in_another_order_each() -> None:
    search = Grid(Grid.Params(), PROFILE, 3)
    passes = [list(search.ask(420)) for _ in range(3)]
    for number, cells in enumerate(passes):
        assert Counter(cell.key for cell in cells) == Counter({cell.key for cell in passes[0]})
        assert {cell.index for cell in cells} == {number}
    assert len({tuple(cell.key for cell in cells) for cells in passes}) == 3


def test_a_part_of_a_grid_is_spread_over_the_axes() -> None:
    cells = labels(list(Grid(Grid.Params(), PROFILE, 3).ask(60)))
    assert len({cell["category"] for cell in cells}) == 14


def test_items_are_asked_in_their_own_order() -> None:
    search = Grid(Grid.Params(), Items(("c", "a", "b")), 5)
    assert [cell.labels["item"] for cell in search.ask(9)] == ["c", "a", "b"]
