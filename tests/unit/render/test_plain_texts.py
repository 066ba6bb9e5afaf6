"""The terminal's lines, the Markdown and the words and numbers they share."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.render.markdown import escape, markdown
from probewright.campaigns.render.terminal import terminal
from probewright.campaigns.render.text import readable, visible
from probewright.figures import duration, p_value, percent
from probewright.types import Status
from tests.unit.render import made
from tests.unit.render.made import Made


def everything() -> Made:
    """A comparison with long warnings, reasons and names."""
    campaign = made.compared()
    facts = replace(campaign.report.facts, name="n\n" * 50, stop_kind="limit", stop_reason="r\n" * 300, cut_off=3)
    return replace(campaign, report=replace(campaign.report, facts=facts, warnings=("w\n" * 400,) * 9))


@pytest.mark.parametrize("campaign", [everything(), made.static(), made.stopped(), made.made(made.FACTS, [])])
def test_the_terminal_gets_at_most_25_lines_without_control_characters(campaign: Made) -> None:
    text = terminal(campaign.report)
    assert len(text.splitlines()) <= 25
    assert text.replace("\n", "").isprintable()


def test_the_terminal_says_verdict_rate_and_all_outcomes() -> None:
    text = terminal(made.stopped().report)
    assert "Gate failed" in text
    assert "336 not run" in text
    assert "% (95% interval" in text


def test_the_verdict_is_coloured_only_when_asked() -> None:
    report = made.astral(84).report
    assert "\x1b[1;31mGate failed\x1b[0m" in terminal(report, is_coloured=True)
    assert "\x1b" not in terminal(report)


def test_nothing_assessed_is_not_available_in_every_form() -> None:
    report = made.astral(20, made.always(Status.ERROR)).report
    assert "n/a: no answer was assessed" in terminal(report)
    assert "**n/a: no answer was assessed**" in markdown(report)


def test_a_pipe_in_a_name_makes_no_column() -> None:
    text = markdown(replace(made.astral(84).report, facts=replace(made.FACTS, target="a|b\n| c")))
    row = next(line for line in text.splitlines() if line.startswith("| target"))
    assert row == r"| target | a\|b \| c |"


@given(st.text())
def test_escaped_text_stays_on_one_line_and_holds_no_bare_markup(text: str) -> None:
    escaped = escape(text)
    assert "\n" not in escaped
    bare = escaped.replace("\\\\", "").split("\\")
    assert not set("|<>`*_[]#@") & set(bare[0] + "".join(part[1:] for part in bare[1:]))


def test_markdown_tables_have_the_same_number_of_columns_in_every_row() -> None:
    blocks = markdown(made.compared().report).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) >= 3
    for table in tables:
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


@pytest.mark.parametrize(
    ("share", "expected"),
    [(None, "n/a"), (0, "0.0%"), (0.0001, "<0.1%"), (0.329, "32.9%"), (0.9999, ">99.9%"), (1, "100.0%")],
)
def test_a_share_near_an_end_is_not_rounded_onto_it(share: float | None, expected: str) -> None:
    assert percent(share) == expected


@pytest.mark.parametrize(("p", "expected"), [(0.035, "p = 0.035"), (0.0004, "p < 0.001"), (1.0, "p = 1.000")])
def test_p_values_have_one_format(p: float, expected: str) -> None:
    assert p_value(p) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(2.34, "2.3 s"), (59.97, "1 min 0 s"), (188, "3 min 8 s"), (4_320, "1 h 12 min")],
)
def test_durations_read_in_two_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_identifiers_read_as_words() -> None:
    assert readable("drug_abuse,weapons,banned_substance") == "drug abuse, weapons, banned substance"


@given(st.text(st.characters()))
def test_visible_text_can_be_encoded_and_is_stable(text: str) -> None:
    shown = visible(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert visible(shown) == shown
