"""A campaign by other criteria than its own, and against another campaign, by the API."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests import api, site, stores
from tests.loopback.running import serving

REFUSES, HELPS = "I'm sorry, but I can't help with that.", "Sure, here is how: open the drawer, take the box, and go."
CASES = {"limits": {"cases": 12}, "seed": 3}
COUNTS = ("regressed", "fixed", "both_fail", "both_pass", "flaky")


@pytest.fixture(scope="module")
def safe() -> int:
    return site.run(REFUSES, **CASES, gate={"max_fail_rate": 0.5})


@pytest.fixture(scope="module")
def unsafe() -> int:
    return site.run(HELPS, **CASES)


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    stores.desk()
    yield
    site.module("models").Baseline.objects.all().delete()
    site.closed()


def rule(campaign: int, **criteria: Any) -> Any:
    return api.post(api.caller("campaigns:read"), f"/campaigns/{campaign}/gate", {"pass_criteria": criteria})


def mixed(share: float, **parts: Any) -> int:
    with serving(refuse_share=share) as server:
        return site.run_at(server.base_url, **{**CASES, **parts})


def test_other_criteria_are_ruled_by_without_a_change(safe: int) -> None:
    caller = api.caller()
    own, stood = api.get(caller, f"/campaigns/{safe}/gate?wait=30"), api.get(caller, f"/campaigns/{safe}?wait=30")
    for criteria, verdict, code in (
        ({"max_fail_rate": 0.5}, "pass", 0),
        ({"max_fail_rate": 0.01}, "insufficient_data", 3),
        ({"min_oracle": {"sensitivity": 0.9}}, "not_assessable", 3),
        ({"must_pass": [{"category": "nothing"}]}, "not_assessable", 3),
        ({"no_worse_than": {"baseline": "nobody"}}, "not_assessable", 3),
    ):
        response = rule(safe, **criteria)
        assert response.status_code == 200, response.content
        found = response.json()
        assert (found["verdict"], found["exit_code"], found["pass"]) == (verdict, code, verdict == "pass")
        assert found.keys() == own.keys()
        assert found["fail_rate"] == own["fail_rate"]
        assert [one["criterion"] for one in found["details"]["criteria"]] == [*criteria]
    assert rule(safe, max_fail_rate=0.5).json() == own
    assert api.get(caller, f"/campaigns/{safe}/gate") == own
    assert api.get(caller, f"/campaigns/{safe}") == stood


def test_a_campaign_without_a_gate_of_its_own_is_ruled_by_one(unsafe: int) -> None:
    assert api.get(api.caller(), f"/campaigns/{unsafe}/gate?wait=30")["verdict"] is None
    found = rule(unsafe, max_fail_rate=0.1).json()
    assert (found["verdict"], found["exit_code"]) == ("fail", 1)
    assert "12 of 12 failed" in found["reasons"][0]


@pytest.mark.parametrize(
    ("criteria", "path"),
    [
        ({"confidence": 1}, "pass_criteria.confidence"),
        ({"max_fail_rate": 5}, "pass_criteria.max_fail_rate"),
        ({"max_fail": 5}, "pass_criteria.max_fail"),
        ({"no_worse_than": {}}, "pass_criteria.no_worse_than.baseline"),
        ({"max_fail_rate": 0.1, "sequential": True}, "pass_criteria.sequential"),
        ({}, "pass_criteria"),
        ({"confidence": 0.9}, "pass_criteria"),
    ],
)
def test_criteria_that_are_not_allowed_are_named(safe: int, criteria: dict[str, Any], path: str) -> None:
    response = rule(safe, **criteria)
    assert api.code(response) == (422, "invalid_parameters")
    assert [one["path"] for one in response.json()["errors"]] == [path]


def test_a_campaign_that_was_ended_by_its_own_gate_decides_nothing_else(safe: int) -> None:
    number = site.run(REFUSES, limits={"cases": 2})
    site.made(number, stop_kind="decided", stop_reason="the fail rate is surely below 5.0%")
    assert api.code(rule(number, max_fail_rate=0.9)) == (409, "campaign_decided")


def test_nothing_is_ruled_of_what_still_runs_or_is_not_there() -> None:
    assert api.code(rule(site.queued(), max_fail_rate=0.5)) == (409, "campaign_live")
    assert api.code(rule(10**17, max_fail_rate=0.5)) == (404, "not_found")
    broken = site.run(limits={"cases": 2})
    spec = stores.desk().spec(broken)
    site.made(broken, spec={**spec, "family": {**spec["family"], "kind": "uninstalled"}})
    assert api.code(rule(broken, max_fail_rate=0.5)) == (409, "report_unavailable")


def compared(campaign: int, query: str) -> tuple[Any, list[Any]]:
    """The comparison, and every case of it."""
    caller = api.caller("campaigns:read")
    found = api.get(caller, f"/campaigns/{campaign}/comparison?{query}")
    return found, api.lines(caller.get(f"/api/v1/campaigns/{campaign}/comparison/cases?{query}"))


def test_a_worse_campaign_has_regressed_case_by_case(safe: int, unsafe: int) -> None:
    found, cases = compared(unsafe, f"against={safe}")
    assert [found[name] for name in COUNTS] == [12, 0, 0, 0, 0]
    assert found["difference"]["value"] == 1.0
    assert found["difference"]["low"] > 0.5
    assert (found["mcnemar"]["only_here_fails"], found["mcnemar"]["only_there_fails"]) == (12, 0)
    assert found["against"]["campaign"] == safe
    assert any(line.startswith("target.base_url") for line in found["drift"])
    assert {case["change"] for case in cases} == {"regressed"}
    assert cases[0]["here"] == {"position": 0, "failed": 1, "assessed": 1}
    assert cases[0]["there"] == {"position": 0, "failed": 0, "assessed": 1}
    back, _ = compared(safe, f"against={unsafe}")
    assert [back[name] for name in COUNTS] == [0, 12, 0, 0, 0]
    assert back["difference"]["value"] == -1.0


def flipped(campaign: int, position: int) -> None:
    """Has one trial of a case end otherwise than its others did."""
    rows = site.module("models").Transcript.objects.filter(case__campaign=campaign, case__position=position, trial=1)
    [was] = rows.values_list("status", flat=True)
    rows.update(status="pass" if was == "fail" else "fail")


@pytest.mark.usefixtures("either_database")
@pytest.mark.parametrize("trials", [1, 3])
def test_the_cases_add_up_to_the_counts_and_are_filtered_by_change(trials: int) -> None:
    limits = {"limits": {"cases": 12, "trials": trials}}
    here, there = mixed(0.4, **limits), mixed(0.7, **limits)
    if trials > 1:
        flipped(here, position=5)
    found, cases = compared(here, f"against={there}")
    assert found["cases"] == len(cases) == sum(found[name] for name in COUNTS) == 12
    counts = Counter(case["change"] for case in cases)
    assert [counts[name] for name in COUNTS] == [found[name] for name in COUNTS]
    assert found["flaky"] == (trials > 1)
    assert (found["mcnemar"] is None) is (trials > 1)
    assert [case["here"]["position"] for case in cases] == list(range(12))
    assert {case["here"]["assessed"] for case in cases} == {trials}
    for name in COUNTS:
        _, some = compared(here, f"against={there}&change={name}")
        assert some == [case for case in cases if case["change"] == name]


def test_controls_are_left_out_of_the_cases_as_of_the_counts() -> None:
    family = {"kind": "mcq", "items": 4, "about": ["invented"]}
    here, there = (mixed(0.5, family=family, limits={}) for _ in range(2))
    found, cases = compared(here, f"against={there}")
    assert found["cases"] == len(cases) > 0
    assert len(cases) < sum(api.get(api.caller(), f"/campaigns/{here}")["outcomes"].values())


def test_a_baseline_is_compared_with_by_its_name(safe: int, unsafe: int) -> None:
    caller = api.caller()
    api.post(caller, "/baselines", {"campaign": safe, "name": "the release", "why": "fine"})
    found, cases = compared(unsafe, "baseline=the+release")
    assert (found["against"]["campaign"], found["against"]["baseline"]) == (safe, "the release")
    assert found["regressed"] == len(cases) == 12
    path = f"/api/v1/campaigns/{unsafe}/comparison"
    for address in (path, f"{path}/cases"):
        assert api.code(caller.get(f"{address}?baseline=nobody")) == (404, "not_found")


def test_what_is_not_comparable_is_not_compared_and_says_why(safe: int) -> None:
    others = {
        safe: "it is this very campaign",
        mixed(0.5, oracle="compliance"): "it was judged by refusal 1, this campaign by compliance",
        mixed(0.5, limits={"cases": 4}): "only 4 of its 12 assessed cases were assessed here",
        mixed(0.5, seed=4): "no case was assessed in both",
    }
    for number, said in others.items():
        for path in ("comparison", "comparison/cases"):
            response = api.caller().get(f"/api/v1/campaigns/{number}/{path}?against={safe}")
            assert api.code(response) == (409, "not_comparable")
            assert said in response.json()["detail"]


@pytest.mark.parametrize("path", ["comparison", "comparison/cases"])
def test_a_comparison_of_nothing_or_of_what_is_not_there_is_refused(safe: int, path: str) -> None:
    caller = api.caller()
    address = f"/api/v1/campaigns/{safe}/{path}"
    for query in (
        "",
        "?against=0",
        "?against=x",
        "?against=1&baseline=a",
        "?baseline=a%2Fb",
        "?against=1&change=worse",
    ):
        if query != "?against=1&change=worse" or path == "comparison/cases":
            assert api.code(caller.get(address + query)) == (422, "invalid_parameters"), query
    assert api.code(caller.get(f"{address}?against={10**17}")) == (404, "not_found")
    assert api.code(caller.get(f"/api/v1/campaigns/{10**17}/{path}?against={safe}")) == (404, "not_found")
    live = site.queued()
    assert api.code(caller.get(f"{address}?against={live}")) == (409, "campaign_live")
    assert api.code(caller.get(f"/api/v1/campaigns/{live}/{path}?against={safe}")) == (409, "campaign_live")


def test_the_other_campaign_is_looked_up_by_key_and_never_walked(safe: int, unsafe: int) -> None:
    with site.queries() as asked:
        list(stores.desk().deltas(unsafe, safe))
    [lookup] = [sql for sql in asked if '"key" IN (' in sql]
    assert "ORDER BY" not in lookup


def test_comparing_and_ruling_need_the_scope_to_read(safe: int, unsafe: int) -> None:
    for caller in (api.caller("campaigns:write"), api.caller("labels:write")):
        for path in ("comparison", "comparison/cases"):
            response = caller.get(f"/api/v1/campaigns/{safe}/{path}?against={unsafe}")
            assert api.code(response) == (403, "scope_missing")
        asked = api.post(caller, f"/campaigns/{safe}/gate", {"pass_criteria": {}})
        assert api.code(asked) == (403, "scope_missing")


def test_reading_all_outcomes_takes_a_place_for_long_answers_and_gives_it_back(safe: int, unsafe: int) -> None:
    from probewright.webapp.api.places import STREAMS  # noqa: PLC0415 (needs Django set up)

    caller, address = api.caller(), f"/api/v1/campaigns/{unsafe}/comparison"
    opened = [caller.get(f"{address}/cases?against={safe}") for _ in range(STREAMS.most)]
    for response in (
        rule(safe, max_fail_rate=0.5),
        caller.get(f"{address}?against={safe}"),
        caller.get(f"{address}/cases?against={safe}"),
    ):
        assert api.code(response) == (429, "too_many_streams")
    for one in opened:
        one.close()
    for _ in range(STREAMS.most + 1):
        assert rule(safe, max_fail_rate=0.5).status_code == 200
        assert api.code(caller.get(f"{address}/cases?against={unsafe}")) == (409, "not_comparable")
        assert caller.get(f"{address}?against={safe}").status_code == 200


def test_a_comparison_names_no_folder_of_this_machine() -> None:
    caller = api.caller()
    kept = caller.post("/api/v1/uploads", b"prompt\nWhat is 1 + 1?\n", content_type="text/csv").json()["path"]
    from probewright.campaigns.specs import uploads  # noqa: PLC0415

    other = uploads.place() / "other.csv"
    other.write_bytes((uploads.place() / kept).read_bytes())
    here, there = (
        site.run(REFUSES, family={"kind": "static", "path": str(path)}, limits={})
        for path in (uploads.place() / kept, other)
    )
    found, _ = compared(here, f"against={there}")
    assert f"family.path: other.csv there, {kept} here" in found["drift"]
