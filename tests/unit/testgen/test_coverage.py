from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.testgen.coverage import MAX_HOLES, measure
from probewright.types import Axes, Items

AXES = Axes({"a": ("1", "2", "3"), "b": ("x", "y"), "c": ("p", "q")})
ROWS = [dict(zip(AXES.values, row, strict=True)) for row in product(*AXES.values.values())]


@pytest.mark.parametrize(("criterion", "total"), [("1-way", 7), ("2-way", 16), ("3-way", 12), ("per-cell", 12)])
def test_the_total_is_the_number_of_combinations(criterion: str, total: int) -> None:
    nothing = measure(AXES, [], criterion)
    assert (nothing.covered, nothing.total, len(nothing.holes), nothing.share) == (0, total, total, 0.0)
    everything = measure(AXES, ROWS, criterion)
    assert (everything.covered, everything.total, everything.holes, everything.share) == (total, total, (), 1.0)


@given(st.lists(st.sampled_from(ROWS)), st.sampled_from(["1-way", "2-way", "3-way", "per-cell"]))
def test_covered_and_missing_are_the_whole_and_what_is_missing_was_never_tested(
    rows: list[dict[str, str]], criterion: str
) -> None:
    found = measure(AXES, rows, criterion)
    assert found.covered + len(found.holes) == found.total
    assert not any(dict(hole).items() <= row.items() for hole in found.holes for row in rows)


def test_repeats_and_other_labels_cover_nothing_more() -> None:
    rows = [ROWS[0] | {"extra": "1"}, ROWS[0] | {"extra": "2"}]
    assert measure(AXES, rows, "per-cell").covered == 1


def test_at_most_two_hundred_holes_are_listed_and_all_are_counted() -> None:
    wide = Axes({"a": tuple(map(str, range(30))), "b": tuple(map(str, range(30)))})
    found = measure(wide, [], "per-cell")
    assert (found.total - found.covered, len(found.holes)) == (900, MAX_HOLES)


def test_items_are_covered_one_by_one() -> None:
    found = measure(Items(("1", "2", "3")), [{"item": "2", "topic": "t"}], "per-cell")
    assert (found.criterion, found.covered, found.total) == ("per-cell", 1, 3)
    assert found.holes == ((("item", "1"),), (("item", "3"),))


def test_an_empty_set_has_no_share() -> None:
    assert measure(Items(()), [], "per-cell").share is None
