"""What the API publishes of itself, what the installation has, and how errors of the server are answered."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import api, site, stores
from tests.loopback.running import serving


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    stores.desk()
    yield
    site.closed()


def document() -> Any:
    return api.get(api.with_secret(""), "/openapi.json")


def operations(found: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in found["paths"].items():
        for method, said in methods.items():
            yield f"{method} {path}", said


def test_the_document_is_openapi_31_and_needs_no_token() -> None:
    found = document()
    assert found["openapi"] == "3.1.0"
    assert len(list(operations(found))) >= 20
    assert "http" not in str(found["servers"])


def test_every_operation_names_its_problems_in_their_media_type() -> None:
    for name, said in operations(document()):
        assert said["security"] == [{"Bearer": []}], name
        assert {"401", "422", "429"} <= said["responses"].keys(), name
        for status, answer in said["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == [api.PROBLEM], name
        assert said["description"], name


def test_every_reference_of_the_document_leads_somewhere() -> None:
    found = document()
    schemas = found["components"]["schemas"]

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from references(one)

    named = {reference.rsplit("/", 1)[-1] for reference in references(found)}
    assert named <= schemas.keys()
    assert {"Submit", "ProblemDetails", "Campaign"} <= named


def test_every_code_is_documented() -> None:
    from pathlib import Path  # noqa: PLC0415

    from probewright.webapp.api.problems import CODES  # noqa: PLC0415

    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    assert [code for code in CODES if f"`{code}`" not in text] == []


def test_the_page_names_every_operation_and_needs_no_script() -> None:
    page = site.page(api.with_secret("").get("/api/v1/docs"))
    shown = {e.attributes["id"] for e in page.all("details")}
    assert shown == {said["operationId"] for _, said in operations(document())}
    assert all(script.text == "" for script in page.all("script"))


def test_targets_and_oracles_have_schemas_and_cards() -> None:
    caller = api.caller("campaigns:read")
    kinds = {one["kind"]: one for one in api.get(caller, "/targets")["items"]}
    assert "python" not in kinds
    assert kinds["openai_chat"]["parameters"]["properties"].keys() >= {"base_url", "model"}
    oracles = {one["kind"]: one for one in api.get(caller, "/oracles")["items"]}
    assert oracles["refusal"]["version"]
    details = api.get(caller, "/oracles/contains")
    assert details["parameters"]["type"] == "object"
    assert details["newest_cards"] == []
    assert api.code(caller.get("/api/v1/oracles/nothing")) == (404, "not_found")
    assert {one["name"] for one in api.get(caller, "/pools")["items"]} >= {"smollm2"}
    assert api.get(caller, "/spec-schema")["properties"].keys() >= {"name", "target", "family"}


def test_a_target_is_asked_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWRIGHT_ALLOW_PRIVATE", "127.0.0.0/8")
    caller = api.caller()
    with serving() as server:
        target = {"kind": "openai_chat", "base_url": server.base_url, "model": "mock"}
        found = api.post(caller, "/targets/check", {"target": target}).json()
        assert found["ok"] is True
        assert server.log.requests == 1
    gone = api.post(caller, "/targets/check", {"target": {**target, "base_url": "http://127.0.0.1:9/v1"}}).json()
    assert (gone["ok"], gone["endpoints"][0]["code"]) == (False, "unreachable")


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "python", "callable": "os:getcwd"},
        {"kind": "pool", "model": "smollm2"},
        {"kind": "openai_chat", "base_url": "http://10.0.0.1/v1", "model": "m"},
        {"kind": "openai_chat", "base_url": "http://127.0.0.1/v1", "model": "m", "api_key": "env:HOME"},
        {},
    ],
)
def test_a_target_that_may_not_be_asked_is_refused(target: dict[str, Any]) -> None:
    assert api.code(api.post(api.caller(), "/targets/check", {"target": target})) == (422, "invalid_spec")


def test_an_upload_is_named_by_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWRIGHT_ALLOW_PRIVATE", "127.0.0.0/8")
    caller = api.caller()
    kept = caller.post("/api/v1/uploads", b"prompt\nWhat is 1 + 1?\n", content_type="text/csv").json()["path"]
    spec = site.spec(family={"kind": "static", "path": kept}, limits={})
    started = api.post(caller, "/campaigns", {"spec": spec})
    assert started.json()["spec"]["family"]["path"] == kept  # without where this machine keeps it
    large = b"prompt\n" + b"What is 1 + 1, said at some length?\n" * 100_000
    assert caller.post("/api/v1/uploads", large, content_type="text/csv").status_code == 201
    empty = caller.post("/api/v1/uploads", b"", content_type="text/csv")
    assert api.code(empty) == (422, "upload_refused")


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "code"),
    [
        ("post", "/campaigns", b"{", api.JSON, (400, "malformed_request")),
        ("post", "/campaigns", b'{"spec": NaN}', api.JSON, (400, "malformed_request")),
        ("post", "/campaigns", b'{"spec": "\xff"}', api.JSON, (400, "malformed_request")),
        ("post", "/campaigns", b"[" * 5_000, api.JSON, (400, "malformed_request")),
        ("post", "/campaigns", b"[]", api.JSON, (422, "invalid_parameters")),
        ("post", "/campaigns", b"x=1", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
        ("post", "/campaigns", b" " * 300_000, api.JSON, (413, "body_too_large")),
        ("post", "/campaigns/1/labels", b"{", "text/plain", (415, "unsupported_media_type")),
        ("put", "/campaigns", b"", api.JSON, (405, "method_not_allowed")),
        ("get", "/nowhere", None, None, (404, "not_found")),
        ("get", "/campaigns/", None, None, (404, "not_found")),
    ],
)
def test_what_cannot_be_read_is_a_problem(
    method: str, path: str, body: bytes | None, kind: str | None, code: tuple[int, str]
) -> None:
    given = {} if body is None else {"data": body, "content_type": kind}
    assert api.code(getattr(api.caller(), method)(api.ROOT + path, **given)) == code


def test_a_wrong_host_and_a_wrong_length_are_problems_below_the_api_alone() -> None:
    caller = api.caller()
    assert api.code(caller.get("/api/v1/whoami", headers={"host": "evil.example"})) == (400, "malformed_request")
    assert api.code(caller.get("/api/v1/whoami", CONTENT_LENGTH="x")) == (413, "body_too_large")
    assert site.client().get("/nowhere/")["Content-Type"].startswith("text/html")


def test_a_failure_of_the_server_is_a_problem_without_a_word_of_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    from probewright.webapp.api import waiting  # noqa: PLC0415 (needs Django set up)

    def broken(number: int) -> None:
        raise RuntimeError(f"canary {number}")

    monkeypatch.setattr(waiting.listing, "campaign", broken)
    response = api.caller().get("/api/v1/campaigns/1")
    assert api.code(response) == (500, "internal_error")
    assert b"canary" not in response.content
    assert b"Traceback" not in response.content
