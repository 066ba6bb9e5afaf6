"""Frozen suites by the API: streamed, uploaded, or named by the campaign that asked them; the same cases each time."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.addresses import VARIABLE as ALLOW_PRIVATE
from probewright.campaigns.specs.untrusted import check_untrusted
from tests import api, site, stores
from tests.loopback.running import serving

NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run(limits={"cases": 12}, seed=5)


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(ALLOW_PRIVATE, "127.0.0.0/8")
    stores.desk()
    yield
    site.closed()


def frozen(caller: Any, campaign: int) -> bytes:
    return api.text(caller.get(f"/api/v1/campaigns/{campaign}/suite")).encode()


def without_family(base_url: str = "http://127.0.0.1:9/v1", **parts: Any) -> dict[str, Any]:
    return {key: value for key, value in site.spec(base_url, limits={}, **parts).items() if key != "family"}


def keys(caller: Any, campaign: int) -> list[str]:
    return [one["key"] for one in api.get(caller, f"/campaigns/{campaign}/outcomes?limit=100")["items"]]


def test_a_suite_holds_every_case_in_order_and_says_where_it_comes_from(campaign: int) -> None:
    caller = api.caller("campaigns:read")
    response = caller.get(f"/api/v1/campaigns/{campaign}/suite")
    assert response["Content-Type"] == NDJSON
    assert f'filename="campaign-{campaign}.suite.jsonl"' in response["Content-Disposition"]
    first, *cases = api.lines(response)
    assert (first["probewright_suite"], first["cases"], first["campaign"]["number"]) == (1, 12, campaign)
    assert [case["key"] for case in cases] == keys(caller, campaign)


@pytest.mark.parametrize("by", ["campaign", "upload", "spec"])
def test_a_suite_asks_the_same_cases_of_another_target(campaign: int, by: str) -> None:
    caller = api.caller()
    kept = caller.post("/api/v1/uploads", frozen(caller, campaign), content_type=NDJSON).json()["path"]
    named: dict[str, Any] = {"campaign": {"campaign": campaign}, "upload": {"upload": kept}}
    with serving() as server:
        spec = without_family(server.base_url)
        if by == "spec":
            body: dict[str, Any] = {"spec": spec | {"family": {"kind": "suite", "path": kept}}}
        else:
            body = {"spec": spec, "suite": named[by], "pass_criteria": {"max_fail_rate": 1.0}}
        started = api.post(caller, "/campaigns", body)
        assert started.status_code == 201, started.content
        said = started.json()
        assert (said["spec"]["family"]["kind"], said["spec"]["family"]["of"]) == ("suite", "astral")
        assert "/" not in said["spec"]["family"]["path"]
        number = said["resource"]["id"]
        stores.desk().run(build(check_untrusted(said["spec"], "test")), number, Progress(), print)
    assert keys(caller, number) == keys(caller, campaign)
    found = api.get(caller, f"/campaigns/{number}/comparison?against={campaign}")
    assert (found["cases"], found["only_here"], found["only_there"]) == (12, 0, 0)


def test_a_suite_of_a_campaign_that_is_sent_again_is_the_same_campaign(campaign: int) -> None:
    caller, body = api.caller(), {"spec": without_family(), "suite": {"campaign": campaign}}
    one, other = (api.post(caller, "/campaigns", body).json() for _ in range(2))
    assert one["resource"]["id"] == other["resource"]["id"]
    keyed = [api.post(caller, "/campaigns", body | {"is_new": True}, **{"idempotency-key": "k"}) for _ in range(2)]
    assert [response.status_code for response in keyed] == [201, 200]
    assert keyed[1]["Idempotent-Replayed"] == "true"
    assert keyed[0].json() == keyed[1].json()
    changed = api.post(caller, "/campaigns", body | {"is_new": False}, **{"idempotency-key": "k"})
    assert api.code(changed) == (422, "idempotency_key_reused")


def test_whoever_may_not_read_a_campaign_does_not_get_its_cases_asked(campaign: int) -> None:
    writer = api.caller("campaigns:write")
    assert api.code(writer.get(f"/api/v1/campaigns/{campaign}/suite")) == (403, "scope_missing")
    refused = api.post(writer, "/campaigns", {"spec": without_family(), "suite": {"campaign": campaign}})
    assert api.code(refused) == (403, "scope_missing")
    kept = writer.post("/api/v1/uploads", frozen(api.caller(), campaign), content_type=NDJSON).json()["path"]
    own = api.post(writer, "/campaigns", {"spec": without_family(), "suite": {"upload": kept}})
    assert own.status_code == 201
    reader = api.caller("campaigns:read")
    assert api.code(api.post(reader, "/campaigns", {"spec": {}, "suite": {"upload": kept}})) == (403, "scope_missing")


@pytest.mark.parametrize("suite", [{}, {"campaign": 1, "upload": "a.jsonl"}, {"file": "a"}, {"campaign": 0}, 7])
def test_what_is_no_suite_reference_is_refused(suite: Any) -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": without_family(), "suite": suite})
    assert api.code(response) == (422, "invalid_parameters")
    assert response.json()["errors"][0]["path"].startswith("suite")


@pytest.mark.parametrize("path", ["/etc/passwd", "../tokens.jsonl", f"{'0' * 32}.jsonl", ""])
def test_a_suite_is_read_from_no_path_but_an_upload(path: str) -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": without_family(), "suite": {"upload": path}})
    assert api.code(response) == (422, "invalid_spec")
    assert "such upload" in response.json()["detail"] or "family" in response.json()["detail"]


def test_an_upload_that_is_no_suite_or_was_edited_is_refused_without_where_it_lies(campaign: int) -> None:
    caller = api.caller()
    edited = frozen(caller, campaign).replace(b'"prompt":"', b'"prompt":"x', 1)
    for content, said in ((b'{"prompt": "a"}\n', "not the first line of a suite"), (edited, "it was edited")):
        kept = caller.post("/api/v1/uploads", content, content_type=NDJSON).json()["path"]
        response = api.post(caller, "/campaigns", {"spec": without_family(), "suite": {"upload": kept}})
        assert api.code(response) == (422, "invalid_spec")
        assert said in response.json()["detail"]
        assert "uploads/" not in response.content.decode()


def test_a_spec_with_a_family_of_its_own_and_a_suite_is_refused(campaign: int) -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": site.spec(), "suite": {"campaign": campaign}})
    assert api.code(response) == (422, "invalid_spec")
    assert response.json()["errors"][0]["path"] == "family"


def test_a_campaign_that_cannot_be_frozen_says_why() -> None:
    caller = api.caller()
    empty, trained, live = site.queued(), site.run(limits={"cases": 2}), site.queued()
    caller.post(f"/api/v1/campaigns/{empty}/cancel")
    spec = stores.desk().spec(trained)
    site.made(trained, spec={**spec, "family": {"kind": "injection"}})
    for number, code, said in (
        (empty, (409, "suite_unavailable"), "has no case yet"),
        (trained, (409, "suite_unavailable"), "cannot be frozen"),
        (live, (409, "campaign_live"), "is queued"),
        (10**17, (404, "not_found"), "no campaign"),
    ):
        reference = {"spec": without_family(), "suite": {"campaign": number}}
        for response in (caller.get(f"/api/v1/campaigns/{number}/suite"), api.post(caller, "/campaigns", reference)):
            assert api.code(response) == code
            assert said in response.json()["detail"]


def test_a_suite_takes_one_of_the_places_for_long_answers_and_gives_it_back(campaign: int) -> None:
    from probewright.webapp.api.places import STREAMS  # noqa: PLC0415 (needs Django set up)

    caller, body = api.caller(), {"spec": without_family(), "suite": {"campaign": campaign}}
    opened = [caller.get(f"/api/v1/campaigns/{campaign}/suite") for _ in range(STREAMS.most)]
    assert api.code(caller.get(f"/api/v1/campaigns/{campaign}/suite")) == (429, "too_many_streams")
    assert api.code(api.post(caller, "/campaigns", body)) == (429, "too_many_streams")
    for one in opened:
        one.close()
    for _ in range(STREAMS.most + 1):
        assert api.post(caller, "/campaigns", body).status_code in {200, 201}
        assert api.lines(caller.get(f"/api/v1/campaigns/{campaign}/suite"))


def test_a_suite_too_large_for_an_upload_is_not_made_one(campaign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from probewright.campaigns.specs import uploads  # noqa: PLC0415

    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000)
    response = api.post(api.caller(), "/campaigns", {"spec": without_family(), "suite": {"campaign": campaign}})
    assert api.code(response) == (409, "suite_unavailable")
    assert "holds more than 1,000 bytes" in response.json()["detail"]
    assert orjson.loads(frozen(api.caller(), campaign).splitlines()[0])["cases"] == 12  # it streams all the same
