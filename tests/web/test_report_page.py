"""The HTML report in a real browser, at desktop and phone width."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from probewright.campaigns.render.html import html
from probewright.types import Status
from tests.unit.render import made

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking"]
WIDTHS = [(1440, 900), (390, 844)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    campaign = made.astral(420)
    path.write_text("".join(html(campaign.report, campaign.results, None)))
    return path


@pytest.fixture(params=WIDTHS, ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith("file:") else None)
    opened.goto(report.as_uri())
    yield opened
    assert said == [], "the page logged something, or asked the network"
    opened.close()


def test_the_page_fits_its_window(page: Page) -> None:
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_cell_of_the_grid_leads_to_its_transcripts(page: Page) -> None:
    link = page.locator("table.grid a[href^='#']").first
    target = link.get_attribute("href")
    link.click()
    assert page.evaluate("location.hash") == target
    assert page.locator(f"[id='{(target or '')[1:]}']").is_visible()


def test_a_transcript_opens_and_shows_what_was_said(page: Page) -> None:
    trial = page.locator("details.trial").first
    trial.locator("summary").first.click()
    assert trial.locator(".words").first.is_visible()


def test_all_six_outcomes_are_named(page: Page) -> None:
    text = page.locator("body").inner_text()
    assert all(status.value.replace("_", " ") in text for status in Status)
