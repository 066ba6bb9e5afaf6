"""The list of campaigns, and one campaign while it waits, runs, and has ended."""

from typing import TYPE_CHECKING

import pytest

from probewright.campaigns.specs.addresses import VARIABLE as ALLOW_PRIVATE
from probewright.campaigns.specs.gate import GateSpec
from tests import site
from tests.loopback.running import serving

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk


@pytest.fixture(autouse=True)
def allow_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_PRIVATE, "127.0.0.0/8")


def test_the_newest_campaign_comes_first_with_what_it_brought() -> None:
    older, newer = site.run(limits={"cases": 10}), site.run(limits={"cases": 12})
    page = site.page(site.client().get("/campaigns/"))
    rows = [
        row
        for row in page.all("tr")
        if any(cell.tag == "th" and "row" in cell.attributes.values() for cell in row.inside)
    ]
    links = [next(e.attributes["href"] for e in row.inside if e.tag == "a") for row in rows]
    assert links.index(f"/campaigns/{newer}/") < links.index(f"/campaigns/{older}/")
    shown = " ".join(rows[links.index(f"/campaigns/{newer}/")].text.split())
    assert "finished" in shown
    assert "12 of 12 trials" in shown
    assert "% to" in shown  # the rate's interval


def test_pages_follow_one_another_without_a_gap_or_a_doublet() -> None:
    numbers = [site.queued() for _ in range(60)]
    browser, seen = site.client(), []
    address = "/campaigns/"
    while address:
        page = site.page(browser.get(address))
        seen += [int(e.attributes["href"].split("/")[2]) for row in page.all("tr") for e in row.inside if e.tag == "a"]
        following = [e.attributes["href"] for e in page.all("a") if e.attributes.get("rel") == "next"]
        address = following[0] if following and min(seen) > min(numbers) else ""
    assert seen == sorted(seen, reverse=True)
    assert set(numbers) <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 40, "1.5", "٣", ""])
def test_a_key_that_nobody_made_breaks_nothing(key: str) -> None:
    assert site.client().get("/campaigns/", {"before": key}).status_code == 200


def test_a_list_reads_no_trial_however_many_campaigns_it_shows() -> None:
    site.run()
    [site.queued() for _ in range(3)]
    with site.queries() as asked:
        site.client(name="reader").get("/campaigns/")
    assert not [query for query in asked if "campaigns_transcript" in query or "OFFSET" in query]
    assert len([query for query in asked if "campaigns_" in query]) == 2


def test_a_waiting_campaign_polls_and_an_ended_one_reloads_the_page_once() -> None:
    number = site.queued()
    browser = site.client()
    page = site.page(browser.get(f"/campaigns/{number}/"))
    (live,) = [e for e in page.elements if e.attributes.get("id") == "live"]
    assert (live.attributes["hx-get"], live.attributes["hx-trigger"]) == (f"/campaigns/{number}/live/", "every 2s")
    assert "Waiting for a worker." in live.text
    assert "Waiting for a worker." in site.page(browser.get(f"/campaigns/{number}/live/")).text
    site.made(number, state="stopped", stop_kind="limit", stop_reason="the limit of 3 calls is reached")
    assert browser.get(f"/campaigns/{number}/live/")["HX-Refresh"] == "true"
    page = site.page(browser.get(f"/campaigns/{number}/"))
    assert not [e for e in page.elements if "every 2s" in e.attributes.get("hx-trigger", "")]
    assert "the limit of 3 calls is reached" in page.text


def test_progress_reads_counters_only() -> None:
    number = site.queued()
    browser = site.client(name="reader")
    with site.queries() as asked:
        browser.get(f"/campaigns/{number}/live/")
    assert not [query for query in asked if "campaigns_transcript" in query or "campaigns_exchange" in query]


def test_what_is_spent_stands_against_its_limit(desk: "Desk") -> None:
    number = site.run(limits={"cases": 8, "calls": 16, "minutes": 30})
    text = site.page(site.client().get(f"/campaigns/{number}/")).text
    assert "Calls 8 of 16" in text
    assert "of 30 min" in text
    assert "cost unknown" in text  # the endpoint names no price


def test_cancelling_takes_a_post_and_says_who(desk: "Desk") -> None:
    number = site.queued()
    browser = site.client(name="gerda")
    for action in ("cancel", "resume"):  # where a login in between leads
        assert browser.get(f"/campaigns/{number}/{action}/")["Location"] == f"/campaigns/{number}/"
    assert desk.live(number).state == "queued"
    page = site.page(browser.post(f"/campaigns/{number}/cancel/", follow=True))
    assert "cancelled by gerda" in page.text
    assert desk.live(number).state == "stopped"
    assert "It had ended already" in site.page(browser.post(f"/campaigns/{number}/cancel/", follow=True)).text


def test_a_stopped_campaign_goes_on_with_a_raised_limit(desk: "Desk") -> None:
    with serving() as server:
        number = site.run_at(server.base_url, limits={"cases": 10, "calls": 4})
        browser = site.client()
        assert "limit" in site.page(browser.get(f"/campaigns/{number}/")).text
        browser.post(f"/campaigns/{number}/resume/", {"calls": "40"})
        assert desk.live(number).state == "queued"
        assert desk.spec(number)["limits"]["calls"] == 40


def test_resuming_what_a_worker_has_not_left_yet_says_so_in_words_of_the_web(desk: "Desk") -> None:
    number = site.run(limits={"cases": 10, "calls": 4})
    site.module("rows.leases").enter(number, "another-machine:1:2")
    page = site.page(site.client().post(f"/campaigns/{number}/resume/", {"calls": "40"}, follow=True))
    assert "It is still being worked on" in page.text
    assert "--new" not in page.text
    assert desk.live(number).state == "stopped"


def test_where_only_errors_are_left_asking_them_again_is_offered_first() -> None:
    def is_ticked(number: int) -> bool:
        page = site.page(site.client().get(f"/campaigns/{number}/"))
        return any("checked" in e.attributes for e in page.all("input") if e.attributes.get("type") == "checkbox")

    number = site.run(limits={"cases": 10, "calls": 4})
    assert not is_ticked(number)
    site.counted(number, errors=6)
    assert is_ticked(number)


def test_a_limit_that_makes_no_sense_is_said_and_nothing_goes_on(desk: "Desk") -> None:
    number = site.run(limits={"cases": 10, "calls": 4})
    page = site.page(site.client().post(f"/campaigns/{number}/resume/", {"calls": "many"}))
    assert "limits.calls: input should be a valid integer" in page.text
    assert desk.live(number).state == "stopped"


def test_resuming_obeys_the_rules_for_specs_from_the_web(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    number = site.run(limits={"cases": 10, "calls": 4})
    monkeypatch.delenv(ALLOW_PRIVATE)
    page = site.page(site.client().post(f"/campaigns/{number}/resume/", {"calls": "40"}))
    assert "is no public address" in page.text
    assert desk.live(number).state == "stopped"


@pytest.mark.parametrize(
    "rest", ["", "live/", "report/", "result/", "transcripts/", "transcripts/0/0/", "report/report.json/"]
)
def test_a_campaign_that_is_not_there_is_not_found(rest: str) -> None:
    assert site.client().get(f"/campaigns/999999999999/{rest}").status_code == 404


def test_hostile_names_are_text(desk: "Desk") -> None:
    target = {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": site.HOSTILE + "m" * 1000}
    number = site.queued(name="<script>alert(1) \u202egnp.exe <img src=http:x>", target=target)
    for address in ("/campaigns/", f"/campaigns/{number}/", f"/campaigns/{number}/transcripts/"):
        source = site.client().get(address).content.decode()
        assert "<script>alert" not in source
        assert "<img src=http" not in source
        assert "\u202e" not in source
        assert "[U+202E]" in source


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (None, "none"),
        ({"max_fail_rate": 0, "max_error_rate": 0.02}, "max fail rate 0.0%, max error rate 2.0%"),
        (
            {"no_worse_than": {"baseline": "release", "margin": 0.05}, "must_pass": [{"id": "a"}, {"id": "b"}]},
            "no worse than release by 5.0%, must pass: 2 selections",
        ),
        (
            {"each": {"label": "style", "max_fail_rate": 0.1}, "over_refusal": {"where": {"k": "v"}, "max_rate": 0.2}},
            "each style at most 10.0%, over refusal at most 20.0%",
        ),
        ({"min_coverage": 0.9, "min_oracle": {"sensitivity": 0.8}}, "min coverage 90.0%, min oracle"),
        ({"max_fail_rate": 0.05, "sequential": True}, "max fail rate 5.0%, decided as soon as it is certain"),
    ],
)
def test_every_criterion_of_a_gate_stands_on_the_page(gate: dict[str, object] | None, said: str) -> None:
    site.client()
    from probewright.webapp.dashboard import pages  # noqa: PLC0415 (needs Django set up)

    whole = None if gate is None else GateSpec.model_validate(gate).model_dump(mode="json")
    assert pages.gate(whole) == said
