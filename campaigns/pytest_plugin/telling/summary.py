"""The table at the end of a session: one line a test function, then the gates."""

from collections.abc import Iterator, Sequence

from probewright.campaigns.pytest_plugin.options import Settings
from probewright.campaigns.pytest_plugin.telling.gathering import Gathering, Row, statuses
from probewright.figures import dollars, ends, percent
from probewright.protocols import Cost
from probewright.stats.intervals import clustered_rate
from probewright.types import Status

ALWAYS = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.ERROR)


def lines(gathering: Gathering, settings: Settings) -> Iterator[str]:
    """The summary's lines."""
    rows = list(gathering.rows.values())
    shown = [status for status in Status if status in ALWAYS or status in statuses(rows)]
    table = [_head(shown), *(_cells(row, shown) for row in rows)]
    if len(rows) > 1:
        table.append(_cells(gathering.total, shown))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        padded = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        yield "  ".join([line[0].ljust(widths[0]), *padded]).rstrip()
    yield from (judged.told for judged in gathering.judged)
    for row in rows:
        if row.excused and row.counts.keys() - {Status.PASS}:
            yield f"{row.group}: {row.excused}"
    if replayed := gathering.total.replayed:
        yield f"{replayed:,} replies came from a cassette"
    if settings.record is not None:
        yield f"recorded in {settings.record}"
    if gathering.report is not None:
        yield f"report: {gathering.report}"


def _head(shown: Sequence[Status]) -> list[str]:
    names = [status.value.replace("_", " ") for status in shown]
    return ["test", "cases", *names, "fail rate", "95% interval", "calls", "cost"]


def _cells(row: Row, shown: Sequence[Status]) -> list[str]:
    rate = clustered_rate(list(row.trials.values()))
    counts = [f"{row.counts.get(status, 0):,}" for status in shown]
    cost = dollars(Cost(row.calls, row.tokens, row.usd))
    return [row.group, f"{row.cases:,}", *counts, percent(rate.value), ends(rate), f"{row.calls:,}", cost]
