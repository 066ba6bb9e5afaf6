"""The report of a test session as one HTML file that needs nothing else, with the look of campaigns' reports."""

from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader

from probewright import __version__
from probewright.campaigns.pytest_plugin.telling.gathering import Gathering, Row
from probewright.campaigns.render.html import environment
from probewright.figures import dollars
from probewright.protocols import Cost
from probewright.stats.intervals import Rate, clustered_rate
from probewright.types import Status

MOST_SHOWN = 200  # trials of one test function that are written out, failures first
ORDER = (Status.FAIL, Status.ERROR, Status.UNDECIDED, Status.BLOCKED, Status.NOT_RUN)


def write(path: Path, gathering: Gathering) -> None:
    """Writes the report; folders that are missing are made."""
    own = FileSystemLoader(Path(__file__).with_name("templates"))
    shared = environment()
    loaders = [own, *([shared.loader] if shared.loader else [])]
    template = shared.overlay(loader=ChoiceLoader(loaders)).get_template("tests.html")
    rows = list(gathering.rows.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    text = template.render(
        version=__version__,
        rows=rows,
        total=gathering.total,
        judged=gathering.judged,
        rate=rate,
        cost=cost,
        shown=[(row, _shown(row)) for row in rows if row.shown],
    )
    path.write_text(text, encoding="utf-8")


def rate(row: Row) -> Rate:
    """The fail rate of a row, clustered by case."""
    return clustered_rate(list(row.trials.values()))


def cost(row: Row) -> str:
    """What a row's live calls cost."""
    return dollars(Cost(row.calls, row.tokens, row.usd))


def _shown(row: Row) -> list[object]:
    """The trials of a row that did not pass, failures first."""
    return list(sorted(row.shown, key=lambda trial: ORDER.index(trial.outcome.status))[:MOST_SHOWN])
