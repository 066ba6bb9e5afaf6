"""A report as one HTML file that needs nothing else: no script, no network, no font.

The templates hold small components in files of their own, for web pages to use as well. Every text they print passes
through `visible` and is escaped, so no template can forget it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from probewright import figures
from probewright.campaigns.comparison import Change
from probewright.campaigns.render import text, view, wording
from probewright.campaigns.report import THIN, Report
from probewright.campaigns.results import Result
from probewright.stats.intervals import Rate
from probewright.types import Status

TEMPLATES = Path(__file__).with_name("templates")
_PIECES = 200  # template pieces that are written at once


def html(report: Report, results: Iterable[Result], other: Mapping[str, Result] | None = None) -> Iterator[str]:
    """The report as HTML, in pieces to be written one after another.

    Memory stays bounded: at most 840 trials are embedded (failures and changed cases first), each text cut at 20,000
    characters.

    Args:
        report: The numbers.
        results: The trials that the report counts, in one pass.
        other: Case key -> result in the baseline, where there is a comparison; asked only for cases that changed.
    """
    stream = environment().get_template("report.html").stream(view=view.View(report, results, other))
    stream.enable_buffering(_PIECES)
    yield from stream


@cache
def environment() -> Environment:
    """The templates with their filters; undefined names are errors."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    templates.filters.update(
        percent=figures.percent,
        bounds=figures.bounds,
        ends=figures.ends,
        of=figures.of,
        dollars=figures.dollars,
        duration=figures.duration,
        identifiers=text.identifiers,
        readable=text.readable,
        excerpt=text.excerpt,
        heat=view.heat,
        counted=figures.counted,
        in_words=figures.value_in_words,
    )
    templates.tests["rate"] = lambda value: isinstance(value, Rate)
    templates.globals.update(wording=wording, limits=view, Status=Status, Change=Change, THIN=THIN)
    return templates


def _shown(value: object) -> object:
    """What a template prints: texts are made visible, markup that a component built stays."""
    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
