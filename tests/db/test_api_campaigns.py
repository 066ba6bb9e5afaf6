"""Campaigns by the API: started once, listed by key, awaited, cancelled, resumed."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from probewright.campaigns.specs.addresses import VARIABLE as ALLOW_PRIVATE
from tests import api, site, stores

YAML = """\
name: {0}
target: {{kind: openai_chat, base_url: "http://127.0.0.1:9/v1", model: mock}}
family: {{kind: astral}}
limits: {{cases: 5}}
"""


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(ALLOW_PRIVATE, "127.0.0.0/8")
    stores.desk()
    yield
    site.closed()


def started(response: Any) -> int:
    assert response.status_code == 201, response.content
    return int(response.json()["resource"]["id"])


def test_a_spec_as_json_starts_a_campaign_for_the_token() -> None:
    caller = api.caller()
    response = api.post(caller, "/campaigns", {"spec": site.spec(), "pass_criteria": {"max_fail_rate": 0.1}})
    number = started(response)
    said = response.json()
    assert response["Location"] == f"/api/v1/campaigns/{number}"
    assert said["resource"]["owner"] == api.get(caller, "/whoami")["person"]
    assert said["status"]["state"] == "queued"
    assert said["status"]["is_final"] is False
    assert said["pass_criteria"]["max_fail_rate"] == 0.1
    assert api.get(caller, f"/campaigns/{number}")["spec"]["gate"]["confidence"] == 0.95


def test_a_spec_as_yaml_starts_one_too() -> None:
    caller, text = api.caller(), YAML.format("yaml alone")
    response = caller.post("/api/v1/campaigns", text, content_type="application/yaml")
    assert response.json()["name"] == "yaml alone"
    started(response)
    assert started(api.post(caller, "/campaigns", {"spec": YAML.format("yaml within")}))


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"spec": {"name": "x"}}, "invalid_spec", "target: is missing"),
        ({"spec": "a: ["}, "invalid_spec", "is not YAML"),
        ({"spec": ""}, "invalid_spec", "is empty"),
        ({"spec": "- a"}, "invalid_spec", "not a mapping"),
        ({"spec": 5}, "invalid_parameters", "spec"),
        ({}, "invalid_parameters", "spec: field required"),
        ({"spec": {}, "gate": 1}, "invalid_parameters", "unknown key 'gate'"),
        ({"spec": {"kind": "python"}}, "invalid_spec", "runs code"),
        ({"spec": {}, "pass_criteria": {"max_fail_rate": 5}}, "invalid_spec", "gate.max_fail_rate"),
    ],
)
def test_what_is_no_spec_is_a_problem_that_says_why(body: dict[str, Any], code: str, said: str) -> None:
    response = api.post(api.caller(), "/campaigns", body)
    assert api.code(response) == (422, code)
    problem = response.json()
    listed = [f"{one['path']}: {one['detail']}" if one["path"] else one["detail"] for one in problem["errors"]]
    assert any(said in line for line in listed), listed


def test_a_confidence_of_one_is_refused_with_its_path() -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": site.spec(), "pass_criteria": {"confidence": 1}})
    assert response.json()["errors"] == [{"path": "gate.confidence", "detail": "input should be less than 1, got 1"}]


def test_every_problem_of_a_spec_is_listed_with_its_path() -> None:
    target = {"kind": "openai_chat", "api_key": "env:HOME", "base_url": "ftp://x"}
    response = api.post(api.caller(), "/campaigns", {"spec": {"name": "a/b", "famly": 1, "target": target}})
    paths = {one["path"] for one in response.json()["errors"]}
    assert paths >= {"name", "famly", "family", "target.api_key", "target.base_url", "target.model"}
    assert "more)" in response.json()["detail"]


def test_the_rules_for_untrusted_specs_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALLOW_PRIVATE)
    response = api.post(api.caller(), "/campaigns", {"spec": site.spec()})
    assert api.code(response) == (422, "invalid_spec")
    assert "no public address" in response.json()["detail"]
    monkeypatch.setenv(ALLOW_PRIVATE, "127.0.0.0/8")
    response = api.post(
        api.caller(), "/campaigns", {"spec": site.spec(family={"kind": "static", "path": "/etc/passwd"})}
    )
    assert api.code(response) == (422, "invalid_spec")
    assert "no such upload" in response.json()["detail"]


def test_a_gate_in_the_spec_and_other_pass_criteria_are_refused() -> None:
    spec = site.spec(gate={"max_fail_rate": 0.2})
    response = api.post(api.caller(), "/campaigns", {"spec": spec, "pass_criteria": {"max_fail_rate": 0.1}})
    assert api.code(response) == (422, "invalid_spec")
    assert response.json()["errors"][0]["path"] == "gate"


def test_the_same_key_and_body_get_the_first_answer() -> None:
    caller, body = api.caller(), {"spec": site.spec(), "is_new": True}
    first = api.post(caller, "/campaigns", body, **{"idempotency-key": "build-1"})
    number = started(first)
    site.made(number, state="finished")
    again = api.post(caller, "/campaigns", dict(reversed(body.items())), **{"idempotency-key": "build-1"})
    assert again.status_code == 200
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert started(api.post(caller, "/campaigns", body, **{"idempotency-key": "build-2"})) != number


def test_the_same_key_with_another_body_is_refused() -> None:
    caller = api.caller()
    started(api.post(caller, "/campaigns", {"spec": site.spec()}, **{"idempotency-key": "k"}))
    other = api.post(caller, "/campaigns", {"spec": site.spec()}, **{"idempotency-key": "k"})
    assert api.code(other) == (422, "idempotency_key_reused")


def test_keys_of_two_tokens_are_apart() -> None:
    body = {"spec": site.spec(), "is_new": True}
    numbers = {started(api.post(api.caller(), "/campaigns", body, **{"idempotency-key": "k"})) for _ in range(2)}
    assert len(numbers) == 2


def test_two_requests_at_the_same_time_start_one_campaign(either_database: str) -> None:
    secret, body, numbers = api.token()[1], {"spec": site.spec(), "is_new": True}, []

    def send() -> None:
        response = api.post(api.with_secret(secret), "/campaigns", body, **{"idempotency-key": "k"})
        numbers.append(response.json()["resource"]["id"] if response.status_code < 300 else response.json()["code"])
        site.closed()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({number for number in numbers if number != "idempotency_key_in_use"}) == 1
    assert len(numbers) == 4


def test_a_refused_request_leaves_its_key_free() -> None:
    caller = api.caller()
    wrong = api.post(caller, "/campaigns", {"spec": {"name": "x"}}, **{"idempotency-key": "k"})
    assert api.code(wrong) == (422, "invalid_spec")
    started(api.post(caller, "/campaigns", {"spec": site.spec()}, **{"idempotency-key": "k"}))


def test_a_key_in_use_is_said_until_its_process_is_long_gone() -> None:
    from datetime import timedelta  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415 (needs Django set up)

    from probewright.webapp.api import submitting  # noqa: PLC0415
    from probewright.webapp.api.models import Submission  # noqa: PLC0415
    from probewright.webapp.api.schemas import Submit  # noqa: PLC0415

    row, secret = api.token()
    body = {"spec": site.spec()}
    digest = submitting.fingerprint(Submit.model_validate(body))
    kept = Submission.objects.create(token=row, key="k", digest=digest)
    response = api.post(api.with_secret(secret), "/campaigns", body, **{"idempotency-key": "k"})
    assert api.code(response) == (409, "idempotency_key_in_use")
    assert response["Retry-After"]
    Submission.objects.filter(pk=kept.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    started(api.post(api.with_secret(secret), "/campaigns", body, **{"idempotency-key": "k"}))


@pytest.mark.parametrize("key", ["a b", "\u00e9", "x" * 300])
def test_what_is_no_key_is_refused(key: str) -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": site.spec()}, **{"idempotency-key": key})
    assert api.code(response) == (422, "invalid_parameters")


def test_a_spec_that_runs_already_is_found_again_without_a_second_campaign() -> None:
    caller, body = api.caller(), {"spec": site.spec()}
    number = started(api.post(caller, "/campaigns", body))
    site.made(number, state="running")
    again = api.post(caller, "/campaigns", body)
    assert (again.status_code, again.json()["resource"]["id"]) == (200, number)
    assert started(api.post(caller, "/campaigns", {**body, "is_new": True})) != number


def test_campaigns_are_listed_by_key_and_filtered() -> None:
    caller = api.caller()
    owner = api.get(caller, "/whoami")["person"]
    numbers = [started(api.post(caller, "/campaigns", {"spec": site.spec()})) for _ in range(5)]
    site.made(numbers[0], state="finished")
    seen: list[int] = []
    path: str | None = f"/campaigns?limit=2&owner={owner}"
    while path:
        page = api.get(caller, path)
        assert len(page["items"]) <= 2
        seen += [item["resource"]["id"] for item in page["items"]]
        path = page["next"] and page["next"]["href"].removeprefix(api.ROOT)
    assert seen == numbers[::-1]
    finished = api.get(caller, f"/campaigns?owner={owner}&state=finished")["items"]
    assert [item["resource"]["id"] for item in finished] == numbers[:1]
    assert api.get(caller, f"/campaigns?name={finished[0]['name']}")["items"] == finished


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "cursor=-1", "cursor=" + "9" * 30, "state=dead", "name=%00", "owner=a%00"]
)
def test_a_query_that_is_not_allowed_is_named(query: str) -> None:
    response = api.caller().get(f"/api/v1/campaigns?{query}")
    assert api.code(response) == (422, "invalid_parameters")
    assert query.partition("=")[0] in response.json()["detail"]


def test_waiting_ends_with_the_campaign_and_brings_its_gate() -> None:
    from probewright.campaigns.engine.progress import Progress  # noqa: PLC0415
    from probewright.campaigns.engine.runner import build  # noqa: PLC0415
    from probewright.campaigns.specs.spec_file import check_spec  # noqa: PLC0415
    from tests.loopback.running import serving  # noqa: PLC0415

    caller, answers = api.caller(), []
    with serving() as server:
        built = build(check_spec(site.spec(server.base_url, gate={"max_fail_rate": 1.0}), source="test"))
        number = stores.desk().queue(built)

        def wait() -> None:
            answers.append(api.get(caller, f"/campaigns/{number}?wait=60"))
            site.closed()

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.3)
        assert answers == []
        stores.desk().run(built, number, Progress(), lambda _: None)
        waiting.join(30)
    [said] = answers
    assert said["status"]["is_final"] is True
    assert said["results"]["test"]["pass"] is True
    assert said["results"]["exit_code"] == 0


def test_waiting_for_what_does_not_end_ends_with_the_time() -> None:
    number = site.queued()
    began = time.monotonic()
    assert api.get(api.caller(), f"/campaigns/{number}?wait=1")["status"]["is_final"] is False
    assert time.monotonic() - began >= 1.0


def test_one_caller_too_many_does_not_wait() -> None:
    from probewright.webapp.api.places import WAITERS  # noqa: PLC0415 (needs Django set up)

    number, caller = site.queued(), api.caller()
    taken = [WAITERS.enter() for _ in range(WAITERS.most)]
    try:
        response = caller.get(f"/api/v1/campaigns/{number}?wait=60")
        assert response.status_code == 200
        assert response["Retry-After"] == "5"
    finally:
        for _ in filter(None, taken):
            WAITERS.leave()


def test_cancelling_and_resuming() -> None:
    caller = api.caller()
    number = started(api.post(caller, "/campaigns", {"spec": site.spec()}))
    cancelled = caller.post(f"/api/v1/campaigns/{number}/cancel").json()
    assert cancelled["status"]["state"] == "stopped"
    assert cancelled["status"]["message"]["message_code"] == "cancel"
    assert caller.post(f"/api/v1/campaigns/{number}/cancel").status_code == 200
    resumed = api.post(caller, f"/campaigns/{number}/resume", {"limits": {"calls": 7}, "errors_again": True}).json()
    assert resumed["status"]["state"] == "queued"
    assert resumed["spec"]["limits"]["calls"] == 7
    wrong = api.post(caller, f"/campaigns/{number}/resume", {"limits": {"calls": 0}})
    assert api.code(wrong) == (422, "invalid_spec")


def test_what_is_being_run_is_not_resumed() -> None:
    from django.utils import timezone  # noqa: PLC0415 (needs Django set up)

    number = site.queued()
    site.made(number, state="running", runner="elsewhere:1:1", lease_until=timezone.now().replace(year=2999))
    assert api.code(api.post(api.caller(), f"/campaigns/{number}/resume", {})) == (409, "campaign_busy")


@pytest.mark.parametrize("path", ["", "/cancel", "/resume", "/outcomes", "/gate", "/report", "/results", "/labels"])
def test_a_campaign_that_is_not_there_is_not_found(path: str) -> None:
    caller = api.caller()
    number = 10**17
    if path in {"/cancel", "/resume"}:
        response = api.post(caller, f"/campaigns/{number}{path}", {})
    else:
        response = caller.get(f"{api.ROOT}/campaigns/{number}{path}")
    assert api.code(response) == (404, "not_found")
