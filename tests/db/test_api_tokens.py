"""Who may call the API: tokens, their scopes, their end, their rate; the page and the command that make them."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from probewright.webapp.cli.main import main
from tests import api, site, stores

NUMBERS = count(1)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    stores.desk()
    yield
    site.closed()


def changed(row: Any, **columns: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**columns)


def test_a_token_says_who_it_is_and_what_it_allows() -> None:
    row, secret = api.token("campaigns:read", days=2)
    said = api.get(api.with_secret(secret), "/whoami")
    assert said["scopes"] == ["campaigns:read"]
    assert said["person"] == f"token {row.name}"
    assert secret.startswith(said["prefix"])
    assert said["prefix"].startswith("pw_")


def test_neither_the_rows_nor_an_answer_hold_the_secret() -> None:
    row, secret = api.token()
    row.refresh_from_db()
    assert secret not in str(vars(row))
    assert len(row.digest) == 64
    assert secret not in str(api.get(api.with_secret(secret), "/whoami"))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "unauthenticated"),
        ("Basic cHc6eA==", "unauthenticated"),
        ("Bearer", "unauthenticated"),
        ("Bearer pw_\u00e9", "unauthenticated"),
        ("Bearer pw_nobody-was-given-this", "token_unknown"),
        ("Bearer " + "x" * 5_000, "unauthenticated"),
    ],
)
def test_no_token_or_a_wrong_one_opens_nothing(header: str, code: str) -> None:
    client = api.with_secret("")
    response = client.get("/api/v1/campaigns", headers={"authorization": header})
    assert api.code(response) == (401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_session_of_a_browser_opens_nothing() -> None:
    assert api.code(site.client().get("/api/v1/campaigns")) == (401, "unauthenticated")


def test_an_expired_token_and_a_revoked_one_say_which_they_are() -> None:
    row, secret = api.token()
    changed(row, expires_at=timezone.now() - timedelta(seconds=1))
    assert api.code(api.with_secret(secret).get("/api/v1/whoami")) == (401, "token_expired")
    changed(row, revoked_at=timezone.now())
    assert api.code(api.with_secret(secret).get("/api/v1/whoami")) == (401, "token_revoked")


def test_a_token_ends_with_its_user() -> None:
    name = f"leaver-{next(NUMBERS)}"
    site.added(name)
    caller = api.caller(owner=name)
    assert api.get(caller, "/whoami")["person"] == name
    from django.contrib.auth.models import User  # noqa: PLC0415 (needs Django set up)

    User.objects.filter(username=name).update(is_active=False)
    assert api.code(caller.get("/api/v1/whoami")) == (401, "token_revoked")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("campaigns:write", "get", "/campaigns"),
        ("campaigns:read", "post", "/campaigns"),
        ("labels:write", "get", "/campaigns/1/outcomes"),
        ("campaigns:read", "post", "/campaigns/1/cancel"),
        ("campaigns:write", "post", "/campaigns/1/labels"),
        ("campaigns:write", "get", "/webhooks"),
        ("labels:write", "get", "/oracles"),
    ],
)
def test_a_token_without_the_scope_is_refused_before_anything_is_looked_at(scope: str, method: str, path: str) -> None:
    response = getattr(api.caller(scope), method)(api.ROOT + path)
    assert api.code(response) == (403, "scope_missing")
    assert scope in response.json()["detail"]


def test_admin_allows_everything() -> None:
    caller = api.caller("admin")
    assert api.get(caller, "/campaigns")["limit"] == 25
    assert api.get(caller, "/webhooks")["items"] is not None


def test_a_token_makes_only_so_many_requests_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    from probewright.webapp.api import auth, rate  # noqa: PLC0415 (needs Django set up)

    time = [0.0]
    few = rate.Buckets(3, lambda: time[0])
    monkeypatch.setattr(auth, "buckets", lambda: few)
    caller, other = api.caller(), api.caller()
    assert [caller.get("/api/v1/whoami").status_code for _ in range(3)] == [200] * 3
    response = caller.get("/api/v1/whoami")
    assert api.code(response) == (429, "rate_limited")
    assert response["Retry-After"] == "20"
    assert other.get("/api/v1/whoami").status_code == 200
    time[0] += 20.0
    assert [caller.get("/api/v1/whoami").status_code for _ in range(2)] == [200, 429]


def test_the_last_use_is_known() -> None:
    row, secret = api.token()
    assert row.last_used_at is None
    api.get(api.with_secret(secret), "/whoami")
    row.refresh_from_db()
    assert timezone.now() - row.last_used_at < timedelta(minutes=2)


def test_the_page_shows_a_new_token_once_and_revokes_it() -> None:
    name = f"page-{next(NUMBERS)}"
    browser = site.client(name=name)
    fields = {"action": "add", "name": "ci", "scopes": ["campaigns:read"], "days": "7"}
    response = browser.post("/tokens/", fields)
    [shown] = [e.text.strip() for e in site.page(response).all("pre")]
    assert response["Cache-Control"] == "no-store"
    caller = api.with_secret(shown)
    assert api.get(caller, "/whoami")["person"] == name
    again = site.page(browser.get("/tokens/"))
    assert shown not in again.text
    [number] = [e.attributes["value"] for e in again.all("input") if e.attributes.get("name") == "token"]
    assert site.client().post("/tokens/", {"action": "revoke", "token": number}).status_code == 302
    assert api.get(caller, "/whoami")["person"] == name  # another user's click
    browser.post("/tokens/", {"action": "revoke", "token": number})
    assert api.code(caller.get("/api/v1/whoami")) == (401, "token_revoked")


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("days", "0"), ("days", "x"), ("scopes", []), ("scopes", ["everything"])]
)
def test_the_page_refuses_what_is_no_token(field: str, value: Any) -> None:
    fields = {"action": "add", "name": "ci", "scopes": ["campaigns:read"], "days": "7", field: value}
    page = site.page(site.client().post("/tokens/", fields))
    assert not page.all("pre")
    assert page.all("ul", "problems")


def test_the_command_makes_lists_and_revokes(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"job {next(NUMBERS)}"
    assert command("add", name, "--scope", "campaigns:read", "--days", "3") == 0
    secret = capsys.readouterr().out.strip()
    assert api.get(api.with_secret(secret), "/whoami")["name"] == name
    assert command("list") == 0
    listed = capsys.readouterr().out
    assert secret[:11] in listed
    assert secret not in listed
    assert command("revoke", secret[:11]) == 0
    capsys.readouterr()
    assert api.code(api.with_secret(secret).get("/api/v1/whoami")) == (401, "token_revoked")
    assert command("revoke", secret[:11]) == 2
    assert "is revoked already" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("add", "x", "--user", "nobody-here"), ("add", " "), ("revoke", "999999999")])
def test_the_command_says_in_a_line_what_it_cannot_do(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def command(*words: str) -> int:
    code = main(["token", *words, "--db", f"sqlite:///{stores.database()}"])
    stores.desk()  # clears the variables that the command has set
    return code
