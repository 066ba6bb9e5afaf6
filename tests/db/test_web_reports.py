"""Reports on the web: as a page, as files, written once."""

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import orjson
import pytest

from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import check_spec
from probewright.home import folder
from tests import site
from tests.loopback.running import serving

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk


def read(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def waited(browser: object, address: str) -> str:
    """The page once its report is written."""
    for _ in range(100):
        text: str = browser.get(address).content.decode()  # type: ignore[attr-defined]
        if "is being written" not in text:
            return text
    raise AssertionError("the report was never written")


def test_the_page_holds_the_report_in_the_sites_frame() -> None:
    number = site.run(limits={"cases": 12}, gate={"max_fail_rate": 0.9})
    text = waited(site.client(), f"/campaigns/{number}/report/")
    assert "Rates and outcomes" in text
    assert "Log out" in text
    assert text.count("<h1") == 1


def test_the_overview_says_the_gate_s_verdict() -> None:
    number = site.run(limits={"cases": 12}, gate={"max_fail_rate": 0.01})
    assert "Gate failed" in waited(site.client(), f"/campaigns/{number}/result/")


def test_answers_are_text_in_the_report_as_well() -> None:
    number = site.run(site.HOSTILE, limits={"cases": 3})
    text = waited(site.client(), f"/campaigns/{number}/report/")
    assert "<script>alert" not in text
    assert "<img src=http" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "[U+202E]gnp.exe" in text
    assert "{{ 7 * 7 }}" in text


def test_a_report_is_written_once_and_anew_when_the_campaign_went_on(desk: "Desk") -> None:
    with serving() as server:
        spec = site.spec(server.base_url, limits={"cases": 10, "calls": 4})
        number = desk.open(build(check_spec(spec, source="test")))
        desk.run(build(check_spec(spec, source="test")), number, Progress(), lambda _: None)
        browser = site.client()
        waited(browser, f"/campaigns/{number}/report/")
        (first,) = folder("pages").glob(f"{number}-*.html")
        written = first.stat().st_mtime_ns
        waited(browser, f"/campaigns/{number}/report/")
        assert first.stat().st_mtime_ns == written
        more = build(check_spec({**spec, "limits": {"cases": 10}}, source="test"))
        desk.run(more, number, Progress(), lambda _: None)
        waited(browser, f"/campaigns/{number}/report/")
        (second,) = folder("pages").glob(f"{number}-*.html")
        assert second != first


def test_a_running_campaign_has_no_report_yet() -> None:
    number = site.queued()
    assert site.client().get(f"/campaigns/{number}/report/")["Location"] == f"/campaigns/{number}/"


def test_a_report_that_cannot_be_written_says_so(desk: "Desk") -> None:
    number = site.run(limits={"cases": 3})
    line = site.module("rows.listing").campaign(number)
    assert line is not None
    site.made(number, spec={**line.spec, "family": {"kind": "gone"}})
    response = site.client().get(f"/campaigns/{number}/report/")
    assert response.status_code == 500
    assert "unknown family 'gone'" in site.page(response).text


def test_the_report_can_be_saved_in_every_form(desk: "Desk") -> None:
    number = site.run(limits={"cases": 5})
    browser = site.client()
    for name, kind in {"report.html": "text/html", "report.json": "application/json", "report.xml": "application/xml",
                       "report.md": "text/markdown"}.items():  # fmt: skip
        response = browser.get(f"/campaigns/{number}/report/{name}/")
        assert response["Content-Type"].startswith(kind)
        assert response["Content-Disposition"] == f'attachment; filename="campaign-{number}-{name}"'
        content = read(response)
        if name == "report.json":
            assert orjson.loads(content)["campaign"] == number
        elif name == "report.xml":
            assert len(ElementTree.fromstring(content).findall(".//testcase")) == 5
        else:
            assert b"assessed" in content


@pytest.mark.parametrize("name", ["report.pdf", "..", "secret_key"])
def test_no_other_file_can_be_saved(name: str) -> None:
    number = site.run(limits={"cases": 1})
    assert site.client().get(f"/campaigns/{number}/report/{name}/").status_code == 404
