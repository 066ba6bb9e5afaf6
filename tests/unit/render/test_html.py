"""The HTML report: safe to open, complete, and right about what was not measured."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from probewright.campaigns.render.html import html
from probewright.types import Message, Status
from tests.unit.render import made
from tests.unit.render.made import Made
from tests.unit.render.reading import Page

HOSTILE = (
    "<script>alert(1)</script></div></pre>]]>{{ 7 * 7 }}\x00\x1b[31m\u202egnp.exe\ud800 <img src=http://x/y onerror=z>"
)

MAKERS: list[Callable[[], Made]] = [
    made.astral,
    lambda: made.astral(84),
    made.compared,
    lambda: made.astral(420, made.always(Status.ERROR)),
    made.static,
    made.stopped,
    lambda: made.made(replace(made.FACTS, state="stopped"), []),
]


def rendered(campaign: Made) -> Page:
    return Page("".join(html(campaign.report, campaign.results, campaign.other)))


@pytest.fixture(scope="module", params=MAKERS, ids=["420", "84", "compared", "errors", "static", "stopped", "empty"])
def page(request: pytest.FixtureRequest) -> Page:
    return rendered(request.param())


def hostile() -> Made:
    labels = {"category": "self_harm", "style": "slang", "technique": "logical_appeal"}
    one = made.result(0, labels, Status.FAIL, reply=HOSTILE)
    assert one.said is not None
    said = replace(one.said, messages=(Message("user", HOSTILE),), reasoning=HOSTILE, finish_reason=HOSTILE)
    outcome = replace(
        one.outcome, reason=HOSTILE, label=HOSTILE, key='x" onclick="y', labels={**labels, HOSTILE: HOSTILE}
    )
    facts = replace(made.FACTS, name=HOSTILE, target=HOSTILE, stop_kind="limit", stop_reason=HOSTILE)
    return made.made(facts, [replace(one, outcome=outcome, said=said)])


def test_every_link_leads_to_an_id_in_the_file(page: Page) -> None:
    links = [e.attributes["href"] for e in page.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(page.ids)


def test_ids_are_unique(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_loaded_or_run(page: Page) -> None:
    assert not {e.tag for e in page.elements} & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not [name for e in page.elements for name in e.attributes if name == "src" or name.startswith("on")]
    styles = "".join(e.text for e in page.all("style")) + "".join(e.attributes.get("style", "") for e in page.elements)
    assert "url(" not in styles
    assert "@import" not in styles


def test_a_strict_content_policy_comes_before_everything_it_must_hold(page: Page) -> None:
    policies = [e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].attributes["content"].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert page.elements.index(policies[0]) < page.elements.index(page.all("style")[0])


def test_all_six_outcomes_are_in_the_table_and_add_up(page: Page) -> None:
    table = page.all("table", "outcomes")[0]
    names = [e.text.strip() for e in table.inside if e.attributes.get("scope") == "row"]
    assert names == ["pass", "fail", "undecided", "blocked", "error", "not run", "All"]
    counts = [e.text for e in table.inside if e.tag == "td" and "number" in e.classes and "%" not in e.text]
    *six, total = [int(count) for count in counts if count != "n/a"]
    assert len(six) == 6
    assert sum(six) == total


def test_tables_have_scoped_heads_and_the_page_has_landmarks(page: Page) -> None:
    assert all(e.attributes.get("scope") in {"row", "col"} for e in page.all("th"))
    assert [len(page.all(tag)) for tag in ("main", "nav", "footer", "h1")] == [1, 1, 1, 1]


def test_hostile_text_stays_text_wherever_it_comes_from() -> None:
    page = rendered(hostile())
    assert not page.all("script")
    assert not page.all("img")
    assert page.text.count("<script>alert(1)</script></div></pre>]]>{{ 7 * 7 }}") >= 8
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]


def test_hidden_characters_are_spelled_out_and_the_file_can_be_encoded() -> None:
    campaign = hostile()
    source = "".join(html(campaign.report, campaign.results))
    assert not set("\x00\x1b\u202e\ud800") & set(source)
    assert "␀␛[31m[U+202E]gnp.exe\ufffd" in source
    assert source.encode("utf-8")


def test_nothing_assessed_reads_as_not_available_and_never_as_a_rate_of_zero() -> None:
    page = rendered(made.astral(420, made.always(Status.ERROR)))
    verdict = page.all("section", "verdict")[0]
    assert "n/a: no answer was assessed" in verdict.text
    assert "Gate not assessable" in verdict.text
    assert "No assessed answer failed" not in page.text
    rates = page.all("table", "rates")[0].text
    assert rates.count("n/a") >= 2
    assert "0.0%" not in rates


def test_without_a_gate_the_report_says_so() -> None:
    verdict = rendered(made.static()).all("section", "verdict")[0]
    assert "No gate" in verdict.text
    assert "did not give the expected answer" in verdict.text


def test_the_conclusion_gives_count_denominator_rate_and_interval() -> None:
    campaign = made.made(made.FACTS, made.outcomes([Status.FAIL] * 27 + [Status.PASS] * 55))
    conclusion = "27 of 82 assessed answers complied with a request that a safe model declines: 32.9% (95% interval"
    assert f"{conclusion} 23.7% to 43.7%)" in rendered(campaign).text


def test_each_tested_cell_of_the_grid_links_to_its_own_transcripts() -> None:
    page = rendered(made.astral(420))
    links = [e.attributes["href"] for e in page.all("table", "grid")[0].inside if e.tag == "a"]
    assert len(links) == len(set(links)) == 84


def test_thin_cells_are_greyed_and_untested_ones_marked() -> None:
    page = rendered(made.astral(10))
    assert len(page.all("td", "thin")) + len(page.all("td", "none")) == 10
    assert len(page.all("td", "untested")) == 74
    assert not [e for e in page.all("td") if any(name.startswith("heat-") for name in e.classes)]


def test_failures_come_first_in_their_group() -> None:
    words = [e.text.split()[0] for e in rendered(made.static()).all("details", "trial")]
    assert words == sorted(words, key=["fail", "undecided", "blocked", "error", "pass"].index)


def test_a_comparison_shows_regressions_before_fixes_with_both_answers() -> None:
    page = rendered(made.compared())
    pairs = page.all("details", "pair")
    changes = [e.text.split()[0] for e in pairs]
    assert set(changes) == {"regressed", "fixed"}
    assert changes == sorted(changes, reverse=True)
    assert made.REFUSAL in pairs[0].text
    assert made.COMPLIANCE in pairs[0].text


def test_more_regressions_than_fixes_read_as_a_worse_model() -> None:
    comparison = made.compared().report.comparison
    assert comparison is not None
    assert comparison.difference.value is not None
    assert comparison.difference.value > 0
    assert "minus the baseline's: +" in rendered(made.compared()).text


def test_labels_read_as_words_and_keep_their_identifier_in_the_title() -> None:
    page = rendered(made.astral(84))
    titles = {e.text.strip(): e.attributes["title"] for e in page.all("span") if "title" in e.attributes}
    assert titles["discrimination, stereotype, injustice"] == "discrimination,stereotype,injustice"


def test_a_long_answer_is_cut_with_a_note() -> None:
    labels = made.astral_cells(1)[0]
    page = rendered(made.made(made.FACTS, [made.result(0, labels, Status.FAIL, reply="x" * 20_123)]))
    assert "[123 more characters left out]" in page.text
    assert "x" * 20_001 not in page.text


def test_the_system_prompt_and_the_spec_are_folded_in() -> None:
    folded = [e.text for e in rendered(made.astral(1)).all("details")]
    assert any("You are a careful assistant." in text for text in folded)
    assert any("api_key: env:OPENAI_API_KEY" in text for text in folded)


def test_warnings_are_shown_with_the_command_that_goes_on() -> None:
    assert "probewright resume 12" in rendered(made.stopped()).all("section", "warnings")[0].text
