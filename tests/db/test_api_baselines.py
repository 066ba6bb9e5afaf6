"""Baselines by the API: who blesses what under which name, which one counts, and that gates go by it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests import api, site, stores

GATE = {"no_worse_than": {"baseline": "release", "margin": 0.9}}


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run(limits={"cases": 12})


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    """All tests of a process share a database."""
    stores.desk()
    site.module("models").Baseline.objects.all().delete()
    yield
    site.closed()


def bless(caller: Any, campaign: int, **more: Any) -> Any:
    headers = {"idempotency-key": more.pop("key")} if "key" in more else {}
    return api.post(caller, "/baselines", {"campaign": campaign, "why": "reviewed", **more}, **headers)


def test_who_blessed_is_the_token_and_never_what_the_body_says(campaign: int) -> None:
    site.added("ann of the baselines")
    for caller in (api.caller(), api.caller(owner="ann of the baselines")):
        person = api.get(caller, "/whoami")["person"]
        made = bless(caller, campaign, name="release")
        assert made.status_code == 201
        assert made["Location"] == "/api/v1/baselines/release"
        said = made.json()
        assert (said["by"], said["campaign"], said["why"], said["is_current"]) == (person, campaign, "reviewed", True)
        assert api.get(caller, "/baselines/release") == said
    assert api.code(bless(api.caller(), campaign, by="somebody else")) == (422, "invalid_parameters")


def test_a_baseline_is_named_after_its_campaign_unless_told_otherwise(campaign: int) -> None:
    caller = api.caller()
    name = api.get(caller, f"/campaigns/{campaign}")["name"]
    assert bless(caller, campaign).json()["name"] == name
    assert api.get(caller, f"/baselines/{quote(name)}")["campaign"] == campaign


@pytest.mark.parametrize(
    "name", ["50% of it?", "ö & co; #1", "..", "a\\b", "+1", "\u05e9\u05dc\u05d5\u05dd", "x" * 200]
)
def test_a_name_may_hold_any_character_but_slashes_and_control_characters(campaign: int, name: str) -> None:
    caller = api.caller()
    made = bless(caller, campaign, name=f" {name} ")
    assert made.json()["name"] == name
    assert caller.get(made["Location"]).json() == made.json()
    assert [one["name"] for one in api.get(caller, f"/baselines?name={quote(name, safe='')}")["items"]] == [name]


@pytest.mark.parametrize(
    "changed",
    [
        *({"name": name} for name in ("a/b", "a\x00b", "a\nb", " ", "x" * 201)),
        *({"why": why} for why in (" ", "a\x00b", "x" * 2001)),
        *({"campaign": number} for number in (0, "x", 2**63)),
    ],
)
def test_what_is_no_name_reason_or_campaign_is_refused_with_its_path(campaign: int, changed: dict[str, Any]) -> None:
    response = api.post(api.caller(), "/baselines", {"campaign": campaign, "why": "reviewed", **changed})
    assert api.code(response) == (422, "invalid_parameters")
    assert [one["path"] for one in response.json()["errors"]] == [*changed]
    assert api.get(api.caller(), "/baselines")["items"] == []


@pytest.mark.parametrize(
    "path", ["/baselines/a%00b", "/baselines/a%0Ab", "/baselines?name=a%2Fb", "/baselines?name=%00"]
)
def test_what_can_be_no_name_is_not_looked_for(path: str) -> None:
    assert api.code(api.caller().get(api.ROOT + path)) == (422, "invalid_parameters")


def test_a_campaign_that_can_be_no_baseline_says_why() -> None:
    caller = api.caller()
    assert api.code(bless(caller, site.queued())) == (409, "campaign_unfinished")
    stopped = bless(caller, site.run(limits={"cases": 9, "calls": 3}))
    assert api.code(stopped) == (409, "campaign_unfinished")
    assert "is stopped" in stopped.json()["detail"]
    assert api.code(bless(caller, site.run_at("http://127.0.0.1:9/v1", limits={"cases": 2}))) == (
        409,
        "nothing_assessed",
    )
    assert api.code(bless(caller, 10**17)) == (404, "not_found")
    assert api.code(caller.get("/api/v1/baselines/nobody")) == (404, "not_found")
    assert api.get(caller, "/baselines?name=nobody")["items"] == []


def test_the_latest_of_a_name_counts_and_earlier_ones_are_marked_page_by_page(campaign: int) -> None:
    caller = api.caller()
    names = ["a", "b", "a", "c", "a"]
    made = [bless(caller, campaign, name=name).json()["id"] for name in names]
    seen: list[Any] = []
    path: str | None = "/baselines?limit=2"
    while path:
        page = api.get(caller, path)
        assert len(page["items"]) <= 2
        seen += page["items"]
        path = page["next"] and page["next"]["href"].removeprefix(api.ROOT)
    assert [one["id"] for one in seen] == made[::-1]
    assert [(one["name"], one["is_current"]) for one in seen] == [
        ("a", True), ("c", True), ("a", False), ("b", True), ("a", False),
    ]  # fmt: skip
    assert [one["id"] for one in api.get(caller, "/baselines?name=a&limit=2")["items"]] == [made[4], made[2]]
    assert api.get(caller, "/baselines/a")["id"] == made[4]


def test_a_blessing_that_is_sent_again_is_one_blessing_and_another_under_its_key_is_refused(campaign: int) -> None:
    caller = api.caller()
    first = bless(caller, campaign, name="a", key="k")
    again = bless(caller, campaign, name="a", key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert len(api.get(caller, "/baselines")["items"]) == 1
    assert api.code(bless(caller, campaign, name="b", key="k")) == (422, "idempotency_key_reused")
    other = api.post(caller, "/campaigns", {"spec": site.spec()}, **{"idempotency-key": "k"})
    assert api.code(other) == (422, "idempotency_key_reused")
    assert api.code(bless(caller, campaign, name="", key="new")) == (422, "invalid_parameters")
    assert bless(caller, campaign, name="b", key="new").status_code == 201  # what is refused leaves its key free


def test_reading_and_blessing_need_their_scopes(campaign: int) -> None:
    reader, writer, labeller = api.caller("campaigns:read"), api.caller("campaigns:write"), api.caller("labels:write")
    for caller in (reader, labeller):
        assert api.code(bless(caller, campaign, name="release")) == (403, "scope_missing")
    assert bless(writer, campaign, name="release").status_code == 201
    for caller in (writer, labeller):
        for path in ("/baselines", "/baselines/release"):
            assert api.code(caller.get(api.ROOT + path)) == (403, "scope_missing")
    assert api.get(reader, "/baselines/release")["campaign"] == campaign
    assert api.code(api.with_secret("").get("/api/v1/baselines")) == (401, "unauthenticated")


def test_what_is_blessed_by_the_api_is_what_a_gate_compares_with(campaign: int) -> None:
    caller = api.caller()
    later = site.run(limits={"cases": 12}, gate=GATE)
    assert "nothing is blessed by this name" in api.get(caller, f"/campaigns/{later}/gate?wait=30")["reasons"][0]
    bless(caller, campaign, name="release")
    gate = api.get(caller, f"/campaigns/{later}/gate?wait=30")
    assert (gate["verdict"], gate["pass"]) == ("pass", True)
    assert f"baseline 'release' (campaign {campaign}), 12 cases in both" in gate["reasons"][0]
    bless(caller, later, name="release")
    assert "it is this very campaign" in api.get(caller, f"/campaigns/{later}/gate?wait=30")["reasons"][0]


def test_a_page_reads_no_column_that_grows_with_a_campaign(campaign: int) -> None:
    caller = api.caller()
    bless(caller, campaign, name="a")
    with site.queries() as asked:
        api.get(caller, "/baselines")
    read = [sql for sql in asked if "campaigns_baseline" in sql]
    assert read
    assert not any(column in sql for sql in read for column in ('"space"', '"spec"', '"search_state"'))


@pytest.mark.usefixtures("either_database")
def test_baselines_are_the_same_on_both_databases() -> None:
    campaign = site.run(limits={"cases": 3})
    caller = api.caller()
    made = [bless(caller, campaign, name=name).json() for name in ("a", "b", "a")]
    assert [one["is_current"] for one in api.get(caller, "/baselines?limit=3")["items"]] == [True, True, False]
    assert api.get(caller, "/baselines/a") == made[2]
    criteria = {"pass_criteria": {"no_worse_than": {"baseline": "a\x00b"}}}
    found = api.post(caller, f"/campaigns/{campaign}/gate", criteria).json()
    assert found["verdict"] == "not_assessable"
