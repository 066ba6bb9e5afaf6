"""Reading what was said: pages by key, filters, one conversation with every verdict."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from probewright.campaigns.browsing import Filter, Place
from tests import site
from tests.unit.render.reading import Page

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk

CASES, TRIALS = 70, 2


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run(limits={"cases": CASES, "trials": TRIALS})


def every(number: int, wanted: Filter, size: int, patience_s: float = 60) -> list[tuple[int, int]]:
    """The places of all trials, over all pages."""
    places: list[tuple[int, int]] = []
    after: Place | None = None
    for _ in range(1_000):
        page = site.module("rows.listing").trials(number, wanted, after, size, patience_s)
        assert len(page.items) <= size
        places += [(result.position, result.outcome.trial) for result in page.items]
        if page.after is None:
            return places
        assert after is None or page.after > after
        after = page.after
    raise AssertionError("pages without an end")


@pytest.mark.parametrize("size", [1, 7, 40, 140, 1000])
def test_pages_of_any_size_hold_every_trial_once_in_case_order(desk: "Desk", campaign: int, size: int) -> None:
    assert every(campaign, Filter(), size) == [(p, t) for p in range(CASES) for t in range(TRIALS)]


def test_a_search_without_patience_loses_nothing(desk: "Desk", campaign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probewright.campaigns.rows.listing.SCAN", 3)
    everything = [(p, t) for p in range(CASES) for t in range(TRIALS)]
    assert every(campaign, Filter(), 10, patience_s=0) == everything
    assert every(campaign, Filter(status="error"), 10, patience_s=0) == []


@pytest.mark.parametrize("status", ["pass", "fail", "undecided", "blocked", "error"])
def test_a_status_shows_exactly_its_trials(desk: "Desk", campaign: int, status: str) -> None:
    counted = Counter(result.outcome.status.value for result in desk.results(campaign))
    assert len(every(campaign, Filter(status=status), 9)) == counted[status]


def test_labels_narrow_it_down(desk: "Desk", campaign: int) -> None:
    wanted = {"style": "slang", "category": "animal_abuse"}
    found = every(campaign, Filter(labels=wanted), 5)
    expected = [
        (result.position, result.outcome.trial)
        for result in desk.results(campaign)
        if wanted.items() <= result.outcome.labels.items()
    ]
    assert found == expected


def test_the_page_filters_and_its_next_page_keeps_the_filter(campaign: int) -> None:
    browser = site.client()
    page = site.page(browser.get(f"/campaigns/{campaign}/transcripts/", {"status": "fail"}))
    badges = {
        badge.text for trial in page.all("details", "trial") for badge in trial.inside if "badge" in badge.classes
    }
    assert badges == {"fail"}
    following = [e.attributes["href"] for e in page.all("a") if e.attributes.get("rel") == "next"]
    assert following
    assert "status=fail" in following[0]
    second = site.page(browser.get(f"/campaigns/{campaign}/transcripts/{following[0]}"))
    assert not set(trials(page)) & set(trials(second))


def trials(page: Page) -> list[str]:
    return [e.attributes["id"] for e in page.all("details", "trial")]


NOBODYS = (
    {"status": "x"}, {"status": "not_run"}, {"style": "x"}, {"position": "9" * 30, "trial": "1"}, {"position": "5"},
    {"position": "-1", "trial": "0"},
)  # fmt: skip


@pytest.mark.parametrize("query", NOBODYS)
def test_a_query_that_nobody_made_breaks_nothing(campaign: int, query: dict[str, str]) -> None:
    assert site.client().get(f"/campaigns/{campaign}/transcripts/", query).status_code == 200


def test_no_page_of_trials_counts_or_skips_rows(campaign: int) -> None:
    browser = site.client(name="reader")
    with site.queries() as asked:
        browser.get(f"/campaigns/{campaign}/transcripts/", {"status": "fail", "position": "60", "trial": "0"})
    assert not [query for query in asked if "OFFSET" in query or "COUNT(" in query]
    assert len([query for query in asked if "campaigns_" in query]) < 10


def test_a_conversation_shows_every_exchange_and_every_verdict(desk: "Desk", campaign: int) -> None:
    found = site.module("rows.conversation").conversation(campaign, Place(5, 1))
    assert found is not None
    assert (found.before, found.after) == (Place(5, 0), Place(6, 0))
    assert len(found.turns) == 1
    page = site.page(site.client().get(f"/campaigns/{campaign}/transcripts/5/1/"))
    assert "Case at position 5, trial 2" in page.text
    words = [e.text for e in page.all("div", "words")]
    assert found.turns[0].exchange.reply.text.strip() in [word.strip() for word in words]
    rows = [row for table in page.all("table", "verdicts") for row in table.inside if row.tag == "tr"]
    assert len(rows) == 1 + len(found.verdicts)
    assert found.verdicts[0][1].oracle in rows[1].text


def test_options_that_were_scored_are_shown_with_their_scores() -> None:
    number = site.run(family={"kind": "mcq", "items": 4, "about": ["invented"], "conditions": ["full"]}, limits={})
    page = site.page(site.client().get(f"/campaigns/{number}/transcripts/0/0/"))
    assert page.all("table", "scores")
    assert {row.text.split()[0] for row in page.all("th") if row.attributes.get("scope") == "row"} >= {
        "summed_logprob", "mean_logprob", "letter_logprob",
    }  # fmt: skip


def test_hostile_answers_are_text(desk: "Desk") -> None:
    number = site.run(site.HOSTILE, limits={"cases": 2})
    for address in ("transcripts/", "transcripts/0/0/"):
        source = site.client().get(f"/campaigns/{number}/{address}").content.decode()
        assert "<script>alert" not in source
        assert "<img src=http" not in source
        assert "&lt;script&gt;alert(1)" in source
        assert "\u202e" not in source
        assert "\x1b" not in source


def test_the_first_and_the_last_trial_have_one_neighbour(desk: "Desk", campaign: int) -> None:
    first, last = (
        site.module("rows.conversation").conversation(campaign, Place(0, 0)),
        site.module("rows.conversation").conversation(campaign, Place(CASES - 1, TRIALS - 1)),
    )
    assert first is not None
    assert last is not None
    assert (first.before, first.after) == (None, Place(0, 1))
    assert (last.before, last.after) == (Place(CASES - 1, TRIALS - 2), None)
    assert site.module("rows.conversation").conversation(campaign, Place(CASES, 0)) is None
