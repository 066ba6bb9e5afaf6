"""What is said of a campaign that was judged again, in every form of its report."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.rejudged import Rejudged
from probewright.campaigns.render.html import html
from probewright.campaigns.render.junit import junit
from probewright.campaigns.render.markdown import markdown
from probewright.campaigns.render.summary import summary
from probewright.campaigns.render.terminal import terminal
from probewright.campaigns.report import Report, build_report
from probewright.types import Status
from tests.unit.render import made

JUDGED = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.ERROR)
CHANGES = {
    (Status.PASS, Status.PASS): 300,
    (Status.PASS, Status.FAIL): 30,
    (Status.FAIL, Status.PASS): 12,
    (Status.FAIL, Status.FAIL): 58,
}
AGAIN = Rejudged("contains 1", "refusal 1", "contains 1", ("complied", "did not give the answer"), CHANGES)


def report(rejudged: Rejudged) -> Report:
    facts = replace(made.FACTS, oracle="contains")
    outcomes = [result.outcome for result in made.outcomes([Status.PASS, Status.FAIL])]
    return build_report(facts, outcomes, rejudged=rejudged)


def said(rejudged: Rejudged) -> str:
    return " ".join(rejudged.finding(12).statements)


def test_it_says_who_judged_who_judged_first_and_what_that_changed() -> None:
    assert AGAIN.finding(12).statements == (
        "The outcomes are those of contains 1, which judged again; refusal 1 judged first.",
        "An answer now fails where it did not give the answer; by refusal 1, where it complied.",
        "42 of 400 judged trials end otherwise than by refusal 1: 30 from pass to fail, 12 from fail to pass.",
        "To decide by refusal again: probewright rejudge 12 --oracle refusal",
    )
    (table,) = AGAIN.finding(12).tables
    assert table.columns == ("", "now pass", "now fail", "now undecided")
    assert table.rows == (("first pass", 300, 30, 0), ("first fail", 12, 58, 0), ("first undecided", 0, 0, 0))


def test_a_report_that_only_reads_another_oracle_says_by_whom_the_campaign_is_decided() -> None:
    text = said(replace(AGAIN, decided_by="refusal 1"))
    assert text.startswith("This report reads the verdicts of contains 1; the campaign itself is decided by refusal 1.")
    assert "To decide by" not in text
    first = replace(AGAIN, by="refusal 1").finding(12)
    assert "refusal 1, which judged first; the campaign itself is decided by contains 1" in first.statements[0]
    assert first.tables == ()


def test_the_same_oracle_once_more_is_no_other_oracle() -> None:
    text = said(replace(AGAIN, by="refusal 1", decided_by="refusal 1", failures=("complied", "complied")))
    assert "42 of 400" in text
    assert "now fails where" not in text
    assert "To decide by" not in text


@pytest.mark.parametrize("now", [Status.UNDECIDED, Status.ERROR])
def test_an_oracle_that_could_tell_of_nothing_is_said_not_to_fit(now: Status) -> None:
    nothing = replace(AGAIN, changes={(Status.PASS, now): 7})
    assert "contains 1 could tell of no trial whether it passed" in said(nothing)
    assert ("now error" in nothing.finding(12).tables[0].columns) == (now is Status.ERROR)
    assert "could tell of no trial" not in said(AGAIN)


@given(st.dictionaries(st.tuples(st.sampled_from(JUDGED), st.sampled_from(JUDGED)), st.integers(1, 10**6)))
def test_the_table_holds_every_trial_once(changes: dict[tuple[Status, Status], int]) -> None:
    again = replace(AGAIN, changes=changes)
    numbers = [value for row in again.finding(1).tables[0].rows for value in row[1:]]
    assert sum(value for value in numbers if isinstance(value, int)) == again.total
    kept = sum(changes.get((status, status), 0) for status in JUDGED)
    assert again.changed == again.total - kept


def test_every_form_of_the_report_says_so() -> None:
    again = report(AGAIN)
    texts = {
        "terminal": terminal(again),
        "markdown": markdown(again).replace("\\", ""),
        "html": "".join(html(again, [], None)),
    }
    for form, text in texts.items():
        for part in ("contains 1", "refusal 1 judged first", "42 of 400 judged trials"):
            assert part in text, form
    xml = "".join(junit(again, []))
    assert '<property name="first_judged_by" value="refusal 1"/>' in xml
    assert '<property name="changed_outcomes" value="42"/>' in xml
    known = summary(again, None)["rejudged"]
    assert (known["by"], known["first"], known["trials"], known["changed"]) == ("contains 1", "refusal 1", 400, 42)
    assert Counter({(row["first"], row["now"]): row["trials"] for row in known["outcomes"]}) == CHANGES


def test_a_campaign_that_nobody_judged_again_says_nothing_of_it() -> None:
    plain = made.astral(84).report
    assert plain.rejudged is None
    assert "rejudged" not in summary(plain, None)
    assert "Judged again" not in "".join(html(plain, [], None))
