"""Who gets in, and what everybody else sees."""

import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from probewright.webapp.dashboard.throttle import MOST_FAILURES, Throttle
from tests import site
from tests.command import EXECUTABLE, Command

ADDRESSES = (
    "/", "/campaigns/", "/campaigns/new/", "/campaigns/new/yaml/", "/campaigns/1/", "/campaigns/1/report/",
    "/campaigns/1/report/report.json/", "/campaigns/1/transcripts/", "/campaigns/1/transcripts/0/0/",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_is_sent_to_the_login_page(address: str) -> None:
    response = site.client(is_logged_in=False).get(address, follow=True)
    assert response.redirect_chain[-1][0].startswith("/login/")
    assert "Campaign 1" not in response.content.decode()


@pytest.mark.parametrize("address", ["/campaigns/1/cancel/", "/campaigns/1/resume/", "/campaigns/new/"])
def test_a_stranger_changes_nothing(address: str) -> None:
    response = site.client(is_logged_in=False).post(address, site.form())
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


@pytest.mark.parametrize("address", ["/campaigns/1/live/", "/campaigns/1/result/"])
def test_what_is_polled_asks_a_logged_out_browser_to_reload_and_says_nothing(address: str) -> None:
    response = site.client(is_logged_in=False).get(address)
    assert response["HX-Refresh"] == "true"
    assert response.content == b""


def test_name_and_password_let_in_and_lead_back() -> None:
    site.added("anna")
    said = {"username": "anna", "password": site.PASSWORD, "next": "/campaigns/new/"}
    response = site.client(is_logged_in=False).post("/login/", said)
    assert (response.status_code, response["Location"]) == (302, "/campaigns/new/")


def test_the_way_back_never_leads_to_another_site() -> None:
    site.added("bert")
    said = {"username": "bert", "password": site.PASSWORD, "next": "https://evil.example/"}
    assert site.client(is_logged_in=False).post("/login/", said)["Location"] == "/campaigns/"


def test_too_many_failures_make_even_the_right_password_wait() -> None:
    site.added("carl")
    browser = site.client(is_logged_in=False)
    for _ in range(MOST_FAILURES):
        assert "No user has this name" in site.page(browser.post("/login/", {"username": "carl", "password": "x"})).text
    right = {"username": "carl", "password": site.PASSWORD}
    assert "Try again in 5 min" in site.page(browser.post("/login/", right)).text
    assert browser.post("/login/", right, REMOTE_ADDR="10.1.2.3").status_code == 302  # its owner, elsewhere


def test_a_throttle_forgets_what_is_old_and_what_succeeded() -> None:
    now = [0.0]
    throttle = Throttle(most=2, window_s=10, clock=lambda: now[0])
    who = ("a", "b")
    assert throttle.enter(who) == 0
    now[0] = 4
    assert throttle.enter(who) == 0
    assert throttle.enter(who) == 6
    assert throttle.enter(("a", "elsewhere")) == 0
    now[0] = 11
    assert throttle.enter(who) == 0
    assert throttle.enter(who) > 0
    throttle.succeeded(who)
    assert throttle.enter(who) == 0


def test_a_login_without_a_password_forgets_no_failures() -> None:
    browser = site.client(is_logged_in=False)
    for _ in range(MOST_FAILURES):
        browser.post("/login/", {"username": "otto", "password": "x"})
        browser.post("/login/", {"username": "otto", "password": ""})
    assert "Try again in" in site.page(browser.post("/login/", {"username": "otto", "password": "x"})).text


def test_logins_at_the_same_time_count_one_another() -> None:
    site.client()

    def is_checked(_: int) -> bool:
        said = Client(headers={"host": "localhost"}).post("/login/", {"username": "paul", "password": "x"})
        connection.close()
        return "No user has this name" in said.content.decode()

    with ThreadPoolExecutor(12) as together:
        assert sum(together.map(is_checked, range(12))) == MOST_FAILURES


def test_logging_out_takes_a_post() -> None:
    browser = site.client()
    assert browser.get("/logout/").status_code == 405
    assert browser.get("/campaigns/").status_code == 200
    browser.post("/logout/")
    assert browser.get("/campaigns/").status_code == 302


def test_forms_without_their_token_are_refused() -> None:
    browser = site.client(enforce_csrf_checks=True)
    response = browser.post("/campaigns/new/", site.form())
    assert response.status_code == 403
    assert "This form is out of date" in site.page(response).text


def test_a_user_is_made_by_a_command_and_kept_by_argon2(tmp_path: Path) -> None:
    command = Command(tmp_path)
    done = said(command, "user", "add", "dora", "--password-stdin", given=f"{site.PASSWORD}\n")
    assert (done.returncode, done.stdout) == (0, "user 'dora' can log in\n"), done.stderr
    done = said(command, "user", "add", "dora", "--password-stdin", given="another long one 8\n")
    assert done.stdout == "user 'dora' has a new password\n"
    assert said(command, "user", "list").stdout.split()[0] == "dora"
    with closing(sqlite3.connect(command.database)) as database:
        ((kept,),) = database.execute("SELECT password FROM auth_user")
    assert kept.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("words", "given", "problem"),
    [
        (["add", "emil", "--password-stdin"], "short\n", "at least 10 characters"),
        (["add", "emil", "--password-stdin"], "\n", "at least 10 characters"),
        (["add", "emil emil", "--password-stdin"], "a long enough one 7\n", "Enter a valid username"),
        (["add", "emil"], "", "there is no terminal"),
    ],
)
def test_a_user_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, words: list[str], given: str, problem: str
) -> None:
    done = said(Command(tmp_path), "user", *words, given=given)
    assert done.returncode == 2
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


def said(command: Command, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [EXECUTABLE, *words],
        input=given,
        capture_output=True,
        text=True,
        env=command.environment(),
        cwd=command.folder,
        timeout=command.patience_s,
        check=False,
    )
