"""Writing a campaign's reports as files."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import orjson

from probewright.campaigns.render.html import html
from probewright.campaigns.render.junit import junit
from probewright.campaigns.render.markdown import markdown
from probewright.campaigns.render.summary import summary
from probewright.campaigns.report import Report
from probewright.errors import ConfigError
from probewright.home import folder, write_atomically

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk

FORMATS: Mapping[str, str] = {
    "html": "report.html",
    "json": "report.json",
    "junit": "report.xml",
    "markdown": "report.md",
}


def write_reports(desk: "Desk", report: Report, directory: Path, formats: Iterable[str] = FORMATS) -> Path:
    """Writes the report in each format; returns the path of the first.

    Raises:
        ConfigError: the directory or a file in it cannot be written; no file is left half-written.
    """
    paths = [directory / FORMATS[name] for name in formats]
    with _writing(directory):
        for name, path in zip(formats, paths, strict=True):
            write_atomically(path, render(desk, report, name, str(paths[0])).encode("utf-8", "replace"))
    return paths[0]


def default_directory(report: Report) -> Path:
    """Where a report goes when the user names no place: in the data folder, by the campaign's number and name."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", report.facts.name).strip("-.")
    return folder("reports") / f"{report.facts.id}-{name}"


def require_writable(directory: Path) -> None:
    """Makes the directory of the reports, before anything is spent on what they would say.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    with _writing(directory):
        TemporaryFile(dir=directory).close()


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    """Makes the directory, and names it, or the file in it, that cannot be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ConfigError(f"{error.filename or directory}: cannot be written: {error.strerror or error}") from error


def render(desk: "Desk", report: Report, name: str, path: str) -> str:
    """The report as text in one format; ``path`` is where the report lies, for the summary."""
    renderers: Mapping[str, Callable[[], str]] = {
        "html": lambda: _html(desk, report),
        "json": lambda: orjson.dumps(summary(report, path), option=orjson.OPT_INDENT_2).decode() + "\n",
        "junit": lambda: "".join(junit(report, desk.results(report.facts.id, report.facts.read_by))),
        "markdown": lambda: markdown(report),
    }
    return renderers[name]()


def _html(desk: "Desk", report: Report) -> str:
    other = None
    if report.comparison is not None:
        changed = report.comparison.changed
        results = desk.results(report.comparison.other_id)
        other = {result.outcome.key: result for result in results if result.outcome.key in changed}
    return "".join(html(report, desk.results(report.facts.id, report.facts.read_by), other))
