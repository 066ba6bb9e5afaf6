"""How long the pages of a campaign of 200,000 outcomes take, served by the real server and asked one after another."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from bench.figure import PROBEWRIGHT, Figure, middle
from bench.large_campaign import large_campaign

OUTCOMES = 200_000
BUDGET_MS = 300.0
PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
NAME, PASSWORD = "bench", "a long enough one 7"
PAGES = {
    "list": "/campaigns/",
    "overview": "/campaigns/{}/",
    "first transcripts": "/campaigns/{}/transcripts/",
    "last transcripts": "/campaigns/{}/transcripts/?position=199900&trial=1",
    "transcripts of a rare outcome": "/campaigns/{}/transcripts/?status=error",
    "transcripts of one cell": "/campaigns/{}/transcripts/?category=animal_abuse&style=slang&technique=logical_appeal",
    "one conversation": "/campaigns/{}/transcripts/100000/0/",
    "report while it is written": "/campaigns/{}/report/",
}
REPORT_PATIENCE_S = 300.0


def bench(runs: int) -> list[Figure]:
    """The median of each page in milliseconds, and of the report once it is written."""
    with TemporaryDirectory() as folder:
        number = large_campaign(Path(folder), OUTCOMES)
        with _serving(Path(folder)) as browser:
            figures = [
                Figure(f"page: {name}", _median_ms(browser, address.format(number), runs), BUDGET_MS, "ms")
                for name, address in PAGES.items()
            ]
            _wait_for_report(browser, number)
            report = _median_ms(browser, f"/campaigns/{number}/report/", runs)
            return [*figures, Figure("page: report", report, BUDGET_MS, "ms")]


def _median_ms(browser: OpenerDirector, address: str, runs: int) -> float:
    taken = []
    for _ in range(2 * runs + 1):
        began = monotonic()
        with browser.open(ADDRESS + address) as response:
            response.read()
        taken.append(1000 * (monotonic() - began))
    return middle(taken)


def _wait_for_report(browser: OpenerDirector, number: int) -> None:
    end = monotonic() + REPORT_PATIENCE_S
    while monotonic() < end:
        with browser.open(f"{ADDRESS}/campaigns/{number}/report/") as response:
            if b"is being written" not in response.read():
                return
        sleep(1)
    raise RuntimeError(f"the report was not written within {REPORT_PATIENCE_S:g} s")


@contextmanager
def _serving(folder: Path) -> Iterator[OpenerDirector]:
    environment = {**os.environ, "PROBEWRIGHT_HOME": str(folder)}
    add = [PROBEWRIGHT, "user", "add", NAME, "--password-stdin"]
    subprocess.run(add, input=f"{PASSWORD}\n", text=True, env=environment, check=True, stdout=subprocess.DEVNULL)
    command = [PROBEWRIGHT, "serve", "--port", str(PORT), "--no-worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            yield _logged_in()
        finally:
            server.terminate()


def _logged_in() -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = ""
    while not page:
        with suppress(URLError, ConnectionError), browser.open(f"{ADDRESS}/login/") as response:
            page = response.read().decode()
        sleep(0.2)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    if token is None:
        raise RuntimeError("the login page has no token")
    said = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    browser.open(f"{ADDRESS}/login/", urlencode(said).encode()).close()
    return browser
