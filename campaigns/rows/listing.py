"""Lists of campaigns and of trials for pages, read by key: the last page costs what the first one does."""

from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet, Sum, TextField
from django.db.models.functions import Left

from probewright.campaigns import models
from probewright.campaigns.browsing import Filter, Line, Page, Place
from probewright.campaigns.results import Result
from probewright.campaigns.rows.counters import COUNTERS, Total, total_of
from probewright.campaigns.rows.reading import describe_target, results_of

CAMPAIGNS_A_PAGE = 25
TRIALS_A_PAGE = 40
SCAN = 2_000  # positions looked at in one query
PATIENCE_S = 0.12  # of one page's search
NO_FILTER: Mapping[str, str] = MappingProxyType({})
AXES = '{"axes"'  # how the column `space` of a campaign with axes begins

COLUMNS = (
    "id", "name", "state", "stop_kind", "stop_reason", "created_at", "created_by", "decided_by", "spec",
    "wanted", "planned",
)  # fmt: skip


def campaigns(
    before: int | None = None, size: int = CAMPAIGNS_A_PAGE, wanted: Mapping[str, str] = NO_FILTER
) -> Page[Line, int]:
    """The campaigns, newest first, from the one before the number ``before`` on.

    ``wanted`` are the values that some of the columns ``state``, ``name`` and ``created_by`` must have.
    """
    rows = models.Campaign.objects.filter(**wanted).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    lines = _lines(rows[: size + 1])
    return Page(tuple(lines[:size]), lines[size - 1].id if len(lines) > size else None)


def campaign(number: int) -> Line | None:
    """One campaign, or None where there is none of this number."""
    lines = _lines(models.Campaign.objects.filter(pk=number))
    return lines[0] if lines else None


def running(name: str, digest: str) -> int | None:
    """The number of the latest campaign with this name and identity, where it is being worked on."""
    same = models.Campaign.objects.filter(name=name, digest=digest).order_by("-pk")
    latest = same.values_list("pk", "state").first()
    return latest[0] if latest and latest[1] == models.CampaignState.RUNNING else None


def _lines(rows: QuerySet[models.Campaign]) -> list[Line]:
    found: list[dict[str, Any]] = list(rows.values(*COLUMNS))
    shifts = models.Shift.objects.filter(campaign__in=[row["id"] for row in found]).values("campaign").order_by()
    sums: Any = shifts.annotate(**{name: Sum(name) for name in COUNTERS})
    totals = {row["campaign"]: total_of(row) for row in sums}
    nothing = total_of(dict.fromkeys(COUNTERS))
    return [_line(row, totals.get(row["id"], nothing)) for row in found]


def _line(row: dict[str, Any], total: Total) -> Line:
    return Line(
        **row,
        target=describe_target(row["spec"]["target"]),
        spent=total.spent,
        retries=total.retries,
        seconds=total.seconds,
        outcomes=total.counts,
    )


def trials(
    number: int,
    wanted: Filter,
    after: Place | None = None,
    size: int = TRIALS_A_PAGE,
    patience_s: float = PATIENCE_S,
) -> Page[Result, Place]:
    """Trials of a campaign that have an outcome, in case order, with their words.

    Few may match among many, so the search ends after ``patience_s``: such a page has fewer than ``size`` trials, even
    none, and its key says where to go on.

    Args:
        number: The campaign.
        wanted: Which trials.
        after: Where the page before ended.
        size: How many at most.
        patience_s: When to give up looking for more, in seconds; some are looked at in any case.
    """
    last = models.Campaign.objects.values_list("next_position", flat=True).get(pk=number)
    began, first = monotonic(), after.position if after else 0
    found: list[tuple[int, Place]] = []
    while first < last and len(found) <= size:
        found += [(pk, place) for pk, place in _matches(number, first, wanted) if after is None or place > after]
        first += SCAN
        if monotonic() - began > patience_s:
            break
    rows = models.Transcript.objects.filter(pk__in=[pk for pk, _ in found[:size]])
    shown = tuple(results_of(rows.order_by("case__position", "trial")))
    if len(found) > size:
        return Page(shown, found[size - 1][1])
    return Page(shown, Place(first, -1) if first < last else None)


def _matches(number: int, first: int, wanted: Filter) -> list[tuple[int, Place]]:
    """The trials of `SCAN` positions from ``first`` on that a filter lets through, as row and place."""
    rows = models.Transcript.objects.filter(
        case__campaign=number, case__position__gte=first, case__position__lt=first + SCAN
    ).order_by("case__position", "trial")
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if not wanted.labels:
        return [(pk, Place(*place)) for pk, *place in rows.values_list("pk", "case__position", "trial")]
    labelled = rows.values_list("pk", "case__position", "trial", "case__labels")
    return [
        (pk, Place(position, trial))
        for pk, position, trial, labels in labelled
        if wanted.labels.items() <= labels.items()
    ]


def axes(number: int) -> dict[str, tuple[str, ...]]:
    """The axes of a campaign by name, with their values; none where its cases are items of a set."""
    row = models.Campaign.objects.filter(pk=number).annotate(head=Left("space", len(AXES), output_field=TextField()))
    if row.values_list("head", flat=True).get() != AXES:
        return {}  # a set may have very many items, so its column is not even read
    space = row.values_list("space", flat=True).get()
    return {name: tuple(values) for name, values in space["axes"]}
