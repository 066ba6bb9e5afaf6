"""The report's numbers: what enters which rate, what coverage counts, which labels are broken down."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.report import Report, Tally, build_report
from probewright.types import Axes, Items, Outcome, Space, Status
from tests.unit.render.made import FACTS

AXES = Axes({"category": ("a", "b"), "style": ("x", "y")})
RUN = [status for status in Status if status is not Status.NOT_RUN]


def outcome(key: str, status: Status, trial: int = 0, **labels: str) -> Outcome:
    return Outcome(key, labels, status, trial=trial)


def report(outcomes: Iterable[Outcome], space: Space = AXES, **facts: Any) -> Report:
    plain: dict[str, Any] = {
        "spec": {},
        "space": space,
        "criterion": "per-cell",
        "planned": 4,
        "wanted": 4,
        "trials": 1,
    }
    return build_report(replace(FACTS, **(plain | facts)), outcomes)


@given(st.lists(st.sampled_from(RUN), max_size=60))
def test_only_pass_and_fail_enter_the_models_rate_and_blocked_enters_the_systems(statuses: list[Status]) -> None:
    tally = Tally()
    for number, status in enumerate(statuses):
        tally.add(outcome(str(number), status))
    passed, failed, blocked = (statuses.count(status) for status in (Status.PASS, Status.FAIL, Status.BLOCKED))
    assert (tally.fail_rate.successes, tally.fail_rate.n) == (failed, passed + failed)
    assert (tally.system_rate.successes, tally.system_rate.n) == (failed, passed + failed + blocked)
    assert tally.total == len(statuses)


@given(st.lists(st.sampled_from(RUN), max_size=20), st.integers(0, 20), st.booleans())
def test_every_wanted_trial_is_counted_once(statuses: list[Status], more: int, is_finished: bool) -> None:
    wanted = len(statuses) + more
    found = report(
        [outcome(str(number), status, category="a", style="x") for number, status in enumerate(statuses)],
        state="finished" if is_finished else "stopped",
        planned=wanted,
        wanted=wanted,
    )
    assert sum(found.tally.counts.values()) == wanted
    assert found.tally.counts[Status.NOT_RUN] == more


def test_a_campaign_that_was_stopped_counts_what_it_wanted_and_a_finished_one_what_could_be_planned() -> None:
    one = [outcome("k", Status.PASS, category="a", style="x")]
    assert report(one, state="stopped", planned=2, wanted=9).tally.counts[Status.NOT_RUN] == 8
    assert report(one, state="finished", planned=2, wanted=9).tally.counts[Status.NOT_RUN] == 1
    assert report(one, state="stopped", wanted=9, trials=3).tally.counts[Status.NOT_RUN] == 26


@pytest.mark.parametrize("status", RUN)
def test_coverage_counts_a_cell_once_it_was_answered_in_any_trial(status: Status) -> None:
    tried = [outcome("k", Status.ERROR, 0, category="a", style="x"), outcome("k", status, 1, category="a", style="x")]
    found = report(tried, trials=2).coverage
    assert (found.covered, found.total) == (0 if status is Status.ERROR else 1, 4)


def test_axes_are_broken_down_in_their_order_and_identifiers_are_not() -> None:
    cells = [(c, s) for s in ("y", "x") for c in ("b", "a")]
    outcomes = [
        outcome(str(n), Status.PASS, category=c, style=s, item=str(n), topic="even" if n % 2 else "odd")
        for n, (c, s) in enumerate(cells)
    ]
    found = report(outcomes)
    assert [breakdown.label for breakdown in found.breakdowns] == ["category", "style", "topic"]
    assert [value for value, _ in found.breakdowns[0].rows] == ["a", "b"]
    assert found.grid is not None
    assert {place: tally.total for place, tally in found.grid.cells.items()} == dict.fromkeys(cells, 1)


def test_a_set_of_items_has_no_grid() -> None:
    found = report([outcome("k", Status.PASS, item="1")], space=Items(("1", "2")))
    assert found.grid is None
    assert (found.coverage.covered, found.coverage.total) == (1, 2)


def test_cells_that_surely_fail_come_first_in_the_notable_ones() -> None:
    outcomes = [outcome(f"a{n}", Status.FAIL, category="a", style="x") for n in range(20)]
    outcomes += [outcome("b", Status.FAIL, category="b", style="y")]
    outcomes += [outcome(f"c{n}", Status.PASS, category="b", style="x") for n in range(5)]
    found = report(outcomes)
    assert found.grid is not None
    assert [place for place, _ in found.grid.notable()] == [("a", "x"), ("b", "y")]


def test_a_campaign_without_a_gate_has_no_verdict_and_one_with_nothing_assessed_is_not_assessable() -> None:
    assert report([]).gate is None
    gate = report([], spec={"gate": {"max_fail_rate": 0.5}}).gate
    assert gate is not None
    assert gate.verdict == "not_assessable"
