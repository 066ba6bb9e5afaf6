"""What a report keeps of a case: little, and nothing for a label that only names cases."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

from probewright.campaigns.report import MOST_VALUES, Report, build_report
from probewright.types import Items, Outcome, Status
from tests.unit.render.made import FACTS

CASES = 20_000
BYTES_A_CASE = 900  # its key, its cell, and its share in the rate and in one breakdown


def outcomes() -> Iterator[Outcome]:
    """Cases with a label that names them and one that groups them."""
    for number in range(CASES):
        yield Outcome(f"{number:032x}", {"item": str(number), "topic": str(number % MOST_VALUES)}, Status.PASS)


def report() -> Report:
    """The report of a set of items."""
    space = Items(tuple(map(str, range(CASES))))
    counts = {"planned": CASES, "wanted": CASES, "trials": 1}
    return build_report(replace(FACTS, space=space, criterion="per-cell", **counts), outcomes())


def test_a_label_with_a_value_a_case_takes_no_memory_and_the_others_are_broken_down() -> None:
    report()  # what is computed once is there
    tracemalloc.start()
    try:
        found = report()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / CASES < BYTES_A_CASE
    assert [(breakdown.label, len(breakdown.rows)) for breakdown in found.breakdowns] == [("topic", MOST_VALUES)]
    assert found.coverage.covered == CASES


def test_a_label_is_broken_down_up_to_forty_values_and_not_beyond() -> None:
    for values in (MOST_VALUES, MOST_VALUES + 1):
        rows = [Outcome(str(n), {"item": "1", "topic": str(n % values)}, Status.PASS) for n in range(4 * values)]
        found = build_report(replace(FACTS, space=Items(("1",)), criterion="per-cell"), rows)
        assert ("topic" in {breakdown.label for breakdown in found.breakdowns}) is (values == MOST_VALUES)
