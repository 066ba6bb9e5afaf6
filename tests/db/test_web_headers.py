"""What every page promises the browser: nothing of another host, nothing inline, nothing framed or sniffed."""

import re

import pytest
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.test import RequestFactory

from probewright.webapp.security import POLICY, utf8_alone
from tests import site
from tests.unit.render.reading import Page


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run(limits={"cases": 4})


PAGES = (
    "/login/", "/campaigns/", "/campaigns/new/", "/campaigns/new/yaml/", "/campaigns/{}/", "/campaigns/{}/report/",
    "/campaigns/{}/transcripts/", "/campaigns/{}/transcripts/0/0/", "/campaigns/999999/", "/nowhere/", "/tokens/",
    "/api/v1/docs",
)  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_bound_by_a_strict_policy(campaign: int, address: str) -> None:
    response = site.client(is_logged_in=address != "/login/").get(address.format(campaign))
    assert response["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] in {"private, no-cache", "max-age=0, no-cache, no-store, must-revalidate, private"}


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_more_than_the_policy_allows(campaign: int, address: str) -> None:
    response = site.client(is_logged_in=address != "/login/").get(address.format(campaign))
    page = Page(response.content.decode())
    names = {name for element in page.elements for name in element.attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert not page.all("style")
    assert all(script.text == "" and script.attributes["src"].startswith("/static/") for script in page.all("script"))
    links = [e.attributes.get("href", "") + e.attributes.get("src", "") for e in page.elements]
    assert not [link for link in links if re.match(r"(\w+:|//)", link)]


@pytest.mark.parametrize("address", PAGES)
def test_every_id_is_there_once_and_every_input_has_a_label(campaign: int, address: str) -> None:
    page = Page(site.client(is_logged_in=address != "/login/").get(address.format(campaign)).content.decode())
    assert len(page.ids) == len(set(page.ids))
    labelled = {label.attributes["for"] for label in page.all("label") if "for" in label.attributes}
    within = {id(inner) for label in page.all("label") for inner in label.inside}
    for field in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        if field.attributes.get("type") != "hidden":
            assert field.attributes.get("id") in labelled or id(field) in within, field


def test_static_files_are_named_by_their_content_and_kept_for_good() -> None:
    browser = site.client()
    page = site.page(browser.get("/campaigns/"))
    files = [e.attributes.get("href", "") + e.attributes.get("src", "") for e in page.all("link") + page.all("script")]
    assert len(files) == 5
    for file in files:
        assert re.fullmatch(r"/static/[\w/.-]+\?[0-9a-f]{12}", file)
        response = browser.get(file)
        assert response.status_code == 200
        assert "max-age=31536000" in response["Cache-Control"]
        response.close()


def test_cookies_are_out_of_reach_for_scripts_and_other_sites() -> None:
    site.added("hugo")
    browser = site.client(is_logged_in=False)
    cookies = browser.post("/login/", {"username": "hugo", "password": site.PASSWORD}).cookies
    assert set(cookies) == {"probewright_session", "probewright_csrf"}
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in cookies.values())


def test_an_unknown_host_is_refused() -> None:
    assert site.client().get("/campaigns/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("length", ["50331649", "9" * 30, "-1", "x"])
def test_a_request_that_is_too_long_is_not_even_read(length: str) -> None:
    response = site.client().post("/campaigns/new/", site.form(), CONTENT_LENGTH=length)
    assert response.status_code == 413
    assert response["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("charset", ["hex", "utf-7", "utf-16", "no-such", "utf-8"])
@pytest.mark.parametrize("name", ["charset", "CHARSET ", "charset*"])
def test_a_charset_that_a_request_names_changes_nothing(name: str, charset: str) -> None:
    site.client()
    value = f"utf-8''{charset}" if name.endswith("*") else charset
    request = RequestFactory(headers={"host": "localhost"}).post("/login/", b"a=b", f"text/plain;{name}={value}")
    request.META["CONTENT_TYPE"] = f"application/x-www-form-urlencoded; {name}={value}"
    said: list[str] = []
    list(utf8_alone(get_wsgi_application())(request.META, lambda status, _: said.append(status)))
    assert said == ["403 Forbidden"]  # it has no token


@pytest.mark.parametrize("code", [400, 403, 404, 500])
def test_every_error_page_stands_on_its_own(code: int) -> None:
    site.client()
    page = Page(get_template(f"{code}.html").render())
    assert page.all("h1")
    assert [e.attributes["href"] for e in page.all("a")] == ["/campaigns/"]
