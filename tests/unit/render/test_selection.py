"""Which trials are embedded: bounded, the telling ones first, no cell forgotten."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.comparison import Change
from probewright.campaigns.render.html import html
from probewright.campaigns.render.selection import Selection
from probewright.types import Status
from tests.unit.render import made

STATUSES = st.lists(st.sampled_from([s for s in Status if s is not Status.NOT_RUN]), max_size=60)


@given(statuses=STATUSES, most=st.integers(1, 20))
def test_never_more_than_allowed_and_no_failure_gives_way_to_a_pass(statuses: list[Status], most: int) -> None:
    selection = Selection({}, lambda _outcome: None, most_trials=most)
    for result in made.outcomes(statuses):
        selection.add(result)
    kept = Counter(result.outcome.status for result in selection.kept())
    assert sum(kept.values()) == min(most, len(statuses))
    assert kept[Status.FAIL] == min(most, statuses.count(Status.FAIL))


def test_failures_are_spread_over_the_cells() -> None:
    results = made.outcomes([Status.FAIL] * 420)
    ordered = sorted(results, key=lambda result: result.outcome.labels["category"])
    selection = Selection({}, lambda outcome: outcome.labels["category"], most_trials=28)
    for result in ordered:
        selection.add(result)
    kept = Counter(result.outcome.labels["category"] for result in selection.kept())
    assert set(kept.values()) == {2}


def test_a_changed_case_comes_before_a_failure() -> None:
    failed, fixed = made.outcomes([Status.FAIL, Status.PASS])
    selection = Selection({fixed.outcome.key: Change.FIXED}, lambda _outcome: None, most_trials=1)
    selection.add(failed)
    selection.add(fixed)
    assert selection.kept() == [fixed]


def test_all_texts_together_are_bounded() -> None:
    selection = Selection({}, lambda _outcome: None, most_characters=10_000)
    for at, labels in enumerate(made.astral_cells(20)):
        selection.add(made.result(at, labels, Status.FAIL, reply="x" * 3_000))
    assert len(selection.kept()) == 3


def test_the_report_says_how_many_are_left_out_and_which_command_shows_them() -> None:
    results = made.outcomes([Status.FAIL] * 940)
    report = made.made(replace(made.FACTS, planned=940), results).report
    page = "".join(html(report, iter(results)))
    assert page.count('<details class="trial"') == 840
    assert "100 are left out" in page
    assert "probewright outcomes 12 --jsonl" in page
