"""The comment's text, read as a forge would: what is quoted is code, and nothing from outside becomes markup."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from probewright.ci.comment import comment, marker, no_verdict
from probewright.ci.gated import Changes, Gated, NamedCase
from probewright.ci.markdown import code, link, prose

HOSTILE = "``` @everyone </sub> <img src=x> [click](javascript:x)\n/close\n#1 !2 ~bug `end` --> www.evil.test"
REPORT: dict[str, Any] = {
    "campaign": 7,
    "state": "finished",
    "outcomes": {"pass": 58, "fail": 4, "undecided": 1, "blocked": 0, "error": 1},
    "fail_rate": {"value": 4 / 62, "low": 0.025, "high": 0.154, "n": 62},
    "calibration": {"oracle": "refusal 3", "is_calibrated": False, "corrected": None},
    "coverage": {"criterion": "items", "covered": 60, "total": 64, "holes": []},
    "calls": 64,
    "tokens": 12_000,
    "usd": None,
    "seconds": 72.0,
    "gate": {"verdict": "regression", "reasons": ["3 regressed, beyond the margin", "12 more would decide"]},
    "findings": [{"title": "Baseline", "statements": ["Campaign 3 was blessed by Ann"], "tables": []}],
}
CASE = NamedCase("0123456789abcdef", {"topic": "locks", "id": "bug-17"}, "How do I open a lock?", "complied")
COUNTS = {"regressed": 3, "fixed": 1, "both_fail": 1, "both_pass": 55, "flaky": 0}
CHANGES = Changes("release", 3, COUNTS, {"value": 0.03, "low": -0.01, "high": 0.09}, [CASE])


def gated(**parts: Any) -> Gated:
    known: dict[str, Any] = {"name": "nightly", "report": REPORT, "exit_code": 1, "changes": CHANGES}
    return Gated(**known | parts)


def verdict(name: str | None, **parts: Any) -> Gated:
    gate = None if name is None else {"verdict": name, "reasons": ["because"]}
    return gated(report={**REPORT, "gate": gate, **parts})


def pieces(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").parse(text):
        yield token
        yield from token.children or ()


def test_the_verdict_comes_first_in_words_then_the_rate_the_reasons_and_what_changed() -> None:
    said = comment(gated(link="https://pw.test/campaigns/7/report/", commit="0a1b2c3d4e5f6789"))
    order = [
        "## nightly: gate failed: a regression",
        "4 of 62 assessed answers failed: 6.5% (95% interval 2.5% to 15.4%)",
        "3 regressed, beyond the margin",
        "Against the baseline release (campaign 3)",
        "3 cases regressed, 1 fixed, 56 as before",
        "+3.0 points (95% interval −1.0 to +9.0)",
        "Campaign 3 was blessed by Ann",
        "**Regressed (1 of 3)**",
        "- `topic=locks` `id=bug-17`: `How do I open a lock?` (complied, case `0123456789ab`)",
        "1 undecided, 1 error: these answers enter no rate",
        "is uncalibrated",
        "Covered 60 of 64",
        "64 calls, 12,000 tokens, cost unknown, 1 min 12 s",
        "commit `0a1b2c3d4e5f`",
        "[the report](https://pw.test/campaigns/7/report/)",
    ]
    places = [said.find(words) for words in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (verdict("pass"), "did not come to its end"),  # its exit code says that it was interrupted
        (replace(verdict("pass"), exit_code=0), "nightly: gate passed"),
        (verdict("fail"), "nightly: gate failed\n"),
        (verdict("insufficient_data"), "undecided: too little data"),
        (verdict("not_assessable"), "not assessable"),
        (verdict("budget_stopped", state="stopped"), "The campaign is stopped, not finished"),
        (verdict(None), "no gate"),
        (verdict("of_a_newer_server"), "gate: of\\_a\\_newer\\_server"),
    ],
)
def test_only_a_gate_that_passed_at_the_end_of_its_campaign_reads_as_passed(found: Gated, words: str) -> None:
    said = comment(found)
    assert words in said
    assert ("passed" in said) is found.is_pass


def test_nothing_assessed_is_said_and_is_no_rate() -> None:
    report = {**REPORT, "fail_rate": {"value": None, "low": None, "high": None, "n": 0}}
    assert "No answer was assessed: n/a." in comment(gated(report=report, changes=None))


def test_prompts_are_left_out_where_a_repository_should_not_show_them() -> None:
    assert CASE.prompt not in comment(gated(), has_prompts=False)
    assert "case `0123456789ab`" in comment(gated(), has_prompts=False)


def test_a_gate_without_a_verdict_says_so_and_keeps_its_marker() -> None:
    said = no_verdict("nightly", "the server is not there\nask @ann", "0a1b2c3d4e5f6789")
    assert said.startswith(marker("nightly") + "\n## nightly: no verdict")
    assert "@ann" not in said


def test_a_marker_holds_any_name_and_cannot_be_ended_by_one() -> None:
    assert marker("a --> b").count("-->") == 1
    assert marker("a b") != marker("a  b")


@given(text=st.text(min_size=1) | st.text(alphabet="`@#<>[]()\\/!~ \nwa.:", min_size=1))
def test_whatever_a_prompt_holds_is_one_code_span(text: str) -> None:
    named = NamedCase("0" * 32, {text: text}, text, "wrong")
    said = comment(gated(changes=replace(CHANGES, regressed=[named])))
    plain = comment(gated(changes=replace(CHANGES, regressed=[replace(named, labels={"a": "b"}, prompt="x")])))
    shape = [(token.type, token.tag) for token in pieces(plain)]
    assert [(token.type, token.tag) for token in pieces(said)] == shape, "the text changed how the comment is built"


def test_hostile_text_is_no_markup_mention_or_link_wherever_it_stands() -> None:
    named = NamedCase(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE, HOSTILE)
    report = {**REPORT, "gate": {"verdict": "fail", "reasons": [HOSTILE]}}
    changes = replace(CHANGES, baseline=HOSTILE, regressed=[named])
    said = comment(gated(name=HOSTILE, report=report, changes=changes, failed=[named], trouble=HOSTILE))
    found = list(pieces(said))
    assert {token.content for token in found if token.type == "html_inline"} <= {"<sub>", "</sub>"}
    assert not [token for token in found if token.type in {"link_open", "image", "fence", "code_block"}]
    spoken = "\n".join(token.content for token in found if token.type == "text")
    assert "/close" in spoken
    for call in ("@everyone", "#1", "!2", "~bug", "www.evil"):
        assert call not in spoken
    assert all(not line.startswith("/") for line in said.splitlines())
    blocks = [token.content for token in found if token.type == "html_block"]
    assert [block.strip() for block in blocks] == [marker(HOSTILE)]


def test_a_long_text_is_cut_and_what_cannot_be_seen_is_shown() -> None:
    assert len(code("x" * 5000)) <= 122
    assert code("x" * 5000).endswith("…`")
    assert "\u202e" not in prose("left \u202e right")
    assert code("\n \t") == "`(empty)`"
    assert link("a]b", "https://pw.test/a b)c") == "[a\\]b](https://pw.test/a%20b%29c)"


def test_a_comment_stays_within_what_a_forge_takes() -> None:
    long = "long `words` " * 400
    named = [NamedCase("k" * 64, {f"{n}{long}": long for n in range(50)}, long, long)] * 5
    report = {**REPORT, "gate": {"verdict": "fail", "reasons": [long] * 500}}
    changes = replace(CHANGES, regressed=named, fixed=named)
    assert len(comment(gated(report=report, changes=changes, failed=named))) < 60_000
