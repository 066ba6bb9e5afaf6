"""The forms in which the API gives a campaign's results: the one place where a format is looked up.

The report's own forms stand here; the others are those of `campaigns.exports`, whatever there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from probewright.campaigns.desk import Desk
from probewright.campaigns.exports import formats as exports
from probewright.campaigns.exports.json_stream import array, members
from probewright.campaigns.render.html import html
from probewright.campaigns.render.junit import junit
from probewright.campaigns.render.markdown import markdown
from probewright.campaigns.render.summary import summary
from probewright.campaigns.report import Report
from probewright.campaigns.results import Result
from probewright.campaigns.rows import listing
from probewright.webapp.api import shapes
from probewright.webapp.dashboard.shelf import SHELF

Pieces = Iterable[bytes]
PATIENCE_S = 60.0  # for the report of a large campaign to be written


@dataclass(frozen=True, slots=True)
class Format:
    """A form of the results: its media type, the ending of its file, and what writes a campaign's, piece by piece."""

    media_type: str
    ending: str
    write: Callable[[Desk, int], Pieces]

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.media_type.partition(";")[0]


def _json(desk: Desk, number: int) -> Iterator[bytes]:
    """The summary, then every trial: one object, which nobody has to hold whole to write it."""
    yield b'{%b,"outcomes":' % members({"summary": _summary(desk, number)})
    yield from array(shapes.outcome(result) for result in desk.results(number))
    yield b"}\n"


def _summary(desk: Desk, number: int) -> Mapping[str, Any]:
    """The report's, which is written once and kept: a report needs memory for every case, what is kept does not."""
    line = listing.campaign(number)
    kept = None if line is None else SHELF.get(line, PATIENCE_S)
    return summary(desk.report(number), None) if kept is None else kept.summary


def _markdown(desk: Desk, number: int) -> Iterator[bytes]:
    yield markdown(desk.report(number)).encode("utf-8", "replace")


def _text(render: Callable[[Report, Iterable[Result]], Iterable[str]], desk: Desk, number: int) -> Iterator[bytes]:
    for piece in render(desk.report(number), desk.results(number)):
        yield piece.encode("utf-8", "replace")


def _exported(name: str, desk: Desk, number: int) -> Iterator[bytes]:
    yield from exports.export(name, desk.exported(number))


OWN = {
    "json": Format("application/json", ".json", _json),
    "junit": Format("application/xml; charset=utf-8", ".xml", partial(_text, junit)),
    "markdown": Format("text/markdown; charset=utf-8", ".md", _markdown),
    "html": Format("text/html; charset=utf-8", ".html", partial(_text, html)),
}
FORMATS: Mapping[str, Format] = MappingProxyType(
    OWN | {name: Format(f.media_type, f.ending, partial(_exported, name)) for name, f in exports.FORMATS.items()}
)
