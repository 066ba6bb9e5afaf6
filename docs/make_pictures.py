"""Makes the pictures of the docs from the running product: runs the demo, photographs its report in a real browser.

    python docs/make_pictures.py [REPORT.html]

With a report's path it photographs that one. Needs Chromium; CHROMIUM names it where it is not /usr/bin/chromium.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).with_name("pictures")
FLAGS = ["--no-sandbox", "--disable-background-networking"]
SIZES = {"report": (1280, 1000), "report-phone": (390, 844)}


def main(given: list[str]) -> None:
    """Makes all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(given[0]).resolve() if given else demo(Path(folder))
        PICTURES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for name, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(report.as_uri())
                page.screenshot(path=PICTURES / f"{name}.png")
            browser.close()


def demo(folder: Path) -> Path:
    """Runs the demo; the path of its report."""
    probewright = Path(sys.executable).with_name("probewright")
    database = f"sqlite:///{folder}/demo.sqlite3"
    subprocess.run([probewright, "demo", "--db", database, "--out", folder], check=True)
    return folder / "report.html"


if __name__ == "__main__":
    main(sys.argv[1:])
