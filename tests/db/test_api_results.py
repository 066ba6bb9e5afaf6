"""What came of a campaign, by the API: outcomes by key and streamed, gate, report, files."""

import csv
from collections.abc import Iterator
from io import StringIO
from xml.etree import ElementTree

import pytest

from tests import api, site, stores


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run(site.HOSTILE, limits={"cases": 12}, gate={"max_fail_rate": 0.5})


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    stores.desk()
    yield
    site.closed()


def test_pages_of_outcomes_hold_what_the_stream_does(campaign: int) -> None:
    caller = api.caller()
    streamed = api.lines(caller.get(f"/api/v1/campaigns/{campaign}/outcomes/stream"))
    seen = []
    path: str | None = f"/campaigns/{campaign}/outcomes?limit=5"
    while path:
        page = api.get(caller, path)
        seen += page["items"]
        path = page["next"] and page["next"]["href"].removeprefix(api.ROOT)
    assert seen == streamed
    assert len(seen) == 12
    assert [item["position"] for item in seen] == list(range(12))
    assert seen[0]["reply"] == site.HOSTILE
    assert seen[0]["messages"][-1]["role"] == "user"


def test_outcomes_are_filtered_by_status_and_label(campaign: int) -> None:
    caller = api.caller()
    everything = api.get(caller, f"/campaigns/{campaign}/outcomes?limit=100")["items"]
    style = everything[0]["labels"]["style"]
    found = api.get(caller, f"/campaigns/{campaign}/outcomes?label=style%3D{style}")["items"]
    assert found == [item for item in everything if item["labels"]["style"] == style]
    status = everything[0]["status"]
    stream = api.lines(caller.get(f"/api/v1/campaigns/{campaign}/outcomes/stream?status={status}"))
    assert stream == [item for item in everything if item["status"] == status]


@pytest.mark.parametrize("query", ["status=not_run", "label=style", "cursor=1", "cursor=a-b", "limit=201"])
def test_a_filter_that_is_not_allowed_is_named(campaign: int, query: str) -> None:
    assert api.code(api.caller().get(f"/api/v1/campaigns/{campaign}/outcomes?{query}")) == (422, "invalid_parameters")


def test_the_gate_has_a_verdict_with_reasons_and_an_exit_code(campaign: int) -> None:
    caller = api.caller()
    gate = api.get(caller, f"/campaigns/{campaign}/gate?wait=30")
    report = api.get(caller, f"/campaigns/{campaign}/report")
    assert gate["verdict"] == report["gate"]["verdict"]
    assert gate["pass"] is (gate["verdict"] == "pass")
    assert gate["reasons"] == report["gate"]["reasons"]
    assert gate["fail_rate"]["n"] == report["fail_rate"]["n"]
    assert report["campaign"] == campaign


def test_a_campaign_without_a_gate_never_passes() -> None:
    number = site.run(limits={"cases": 3})
    gate = api.get(api.caller(), f"/campaigns/{number}/gate?wait=30")
    assert (gate["verdict"], gate["pass"], gate["exit_code"]) == (None, False, 0)


def test_a_campaign_in_which_every_answer_is_an_error_is_not_assessable() -> None:
    number = site.run_at("http://127.0.0.1:9/v1", limits={"cases": 3}, gate={"max_fail_rate": 0.5})
    caller = api.caller()
    gate = api.get(caller, f"/campaigns/{number}/gate?wait=30")
    assert (gate["verdict"], gate["pass"], gate["exit_code"]) == ("not_assessable", False, 3)
    said = api.get(caller, f"/campaigns/{number}?wait=30")["results"]["test"]
    assert (said["pass"], said["score"], said["threshold"]) == (False, None, 0.5)


def test_nothing_is_said_of_a_campaign_that_still_runs() -> None:
    number, caller = site.queued(), api.caller()
    for path in ("gate", "report", "results"):
        assert api.code(caller.get(f"/api/v1/campaigns/{number}/{path}")) == (409, "campaign_live")


def test_results_come_in_every_form(campaign: int) -> None:
    caller = api.caller()

    def got(form: str) -> str:
        response = caller.get(f"/api/v1/campaigns/{campaign}/results?format={form}")
        found = api.text(response)
        response.close()
        return found

    import orjson  # noqa: PLC0415

    whole = orjson.loads(got("json"))
    assert whole["summary"]["campaign"] == campaign
    assert len(whole["outcomes"]) == 12
    assert len(ElementTree.fromstring(got("junit")).findall(".//testcase")) == 12
    assert got("markdown").startswith("## ")
    rows = list(csv.DictReader(StringIO(got("csv"))))
    assert [row["case"] for row in rows] == [one["key"] for one in whole["outcomes"]]
    assert orjson.loads(got("sarif"))["version"] == "2.1.0"
    assert len(got("jsonl").splitlines()) == 12
    assert got("html").startswith("<!doctype html>")
    assert api.code(caller.get(f"/api/v1/campaigns/{campaign}/results?format=exe")) == (422, "invalid_parameters")


def test_places_for_exports_are_given_back_however_the_caller_leaves(campaign: int) -> None:
    from probewright.webapp.api.places import STREAMS  # noqa: PLC0415 (needs Django set up)

    caller = api.caller()
    for _ in range(3 * STREAMS.most):
        caller.get(f"/api/v1/campaigns/{campaign}/outcomes/stream").close()  # not a byte was read
    opened = [caller.get(f"/api/v1/campaigns/{campaign}/outcomes/stream") for _ in range(STREAMS.most)]
    response = caller.get(f"/api/v1/campaigns/{campaign}/results")
    assert api.code(response) == (429, "too_many_streams")
    assert response["Retry-After"]
    for one in opened:
        one.close()
    assert len(api.lines(caller.get(f"/api/v1/campaigns/{campaign}/outcomes/stream"))) == 12


def test_every_form_of_the_exports_is_published() -> None:
    from probewright.campaigns.exports.formats import FORMATS  # noqa: PLC0415 (needs Django set up)

    found = api.get(api.with_secret(""), "/openapi.json")
    said = found["paths"]["/api/v1/campaigns/{campaign}/results"]["get"]
    [form] = [one for one in said["parameters"] if one["name"] == "format"]
    assert all(name in form["schema"]["pattern"] for name in FORMATS)
    kinds = {one.media_type.partition(";")[0] for one in FORMATS.values()}
    assert kinds <= said["responses"]["200"]["content"].keys()


def test_results_that_cannot_be_written_are_a_problem_and_not_half_an_answer(campaign: int) -> None:
    from probewright.webapp.api.places import STREAMS  # noqa: PLC0415 (needs Django set up)

    number = site.run(limits={"cases": 2})
    spec = stores.desk().spec(number)
    site.made(number, spec={**spec, "family": {**spec["family"], "kind": "uninstalled"}})
    for _ in range(STREAMS.most + 1):
        response = api.caller().get(f"/api/v1/campaigns/{number}/results")
        assert api.code(response) == (409, "report_unavailable")
        assert "uninstalled" in response.json()["detail"]
