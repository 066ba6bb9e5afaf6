"""Blessings as rows. The latest of a name counts; earlier ones are kept."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, QuerySet

from probewright.campaigns import models
from probewright.campaigns.baselines.blessing import Blessing, Decided, Listed, NothingAssessed, Unfinished
from probewright.campaigns.browsing import Page
from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.specs.spec import PLAIN_NAME
from probewright.errors import ConfigError
from probewright.types import ASSESSED

# The campaign's other columns stay where they are: the space of a large set takes megabytes.
COLUMNS = ("name", "campaign_id", "campaign__name", "blessed_by", "why", "created_at")
MOST_NAME = 200  # characters


def bless(campaign: int, name: str, by: str, why: str) -> Blessing:
    """Blesses a campaign under a name, by default its own.

    Raises:
        Unfinished: it has not finished.
        Decided: its own gate ended it early.
        NothingAssessed: nothing of it was assessed.
        ConfigError: the name is none, or the reason is empty.
    """
    row = models.Campaign.objects.defer("space", "search_state").get(pk=campaign)
    name = (name or row.name).strip()
    if not is_name(name):
        raise ConfigError(
            f"baseline name {name[:80]!r}: allowed: 1 to {MOST_NAME} characters, no slash, no control character"
        )
    if row.state != models.CampaignState.FINISHED:
        raise Unfinished(f"campaign {row.pk} ({row.name}) is {row.state}; only a finished one can be a baseline")
    if row.stop_kind == StopKind.DECIDED:
        raise Decided(
            f"campaign {row.pk} ({row.name}) stopped as soon as its own gate was certain, so its rate is not that of a "
            f"fixed number of cases; run the spec without sequential to have a baseline"
        )
    if not models.Transcript.objects.filter(case__campaign=row, status__in=sorted(ASSESSED)).exists():
        raise NothingAssessed(
            f"campaign {row.pk} ({row.name}) has no answer that passed or failed; it can be no baseline"
        )
    if not why.strip():
        raise ConfigError("why is empty; say in a sentence why this campaign is what later ones are held against")
    made = models.Baseline.objects.create(
        name=name, campaign=row, blessed_by=by, why=why.strip(), created_at=datetime.now(UTC)
    )
    return Blessing(made.name, row.pk, row.name, made.blessed_by, made.why, made.created_at)


def is_name(name: str) -> bool:
    """Whether a baseline can be called so; no row is looked for by another name, which a database may not even take."""
    return len(name) <= MOST_NAME and re.fullmatch(PLAIN_NAME, name) is not None


def latest(name: str) -> Blessing | None:
    """The blessing that counts for a name."""
    found = current(name)
    return None if found is None else found.blessing


def current(name: str) -> Listed | None:
    """The blessing that counts for a name, with its number."""
    row = _rows(name).values_list("pk", *COLUMNS).first() if is_name(name) else None
    return None if row is None else Listed(row[0], Blessing(*row[1:]), is_current=True)


def all_of(name: str = "") -> Iterator[Blessing]:
    """All blessings, those of one name where it is given; the newest first."""
    for row in _rows(name).values_list(*COLUMNS).iterator(200):
        yield Blessing(*row)


def page(before: int | None, size: int, name: str = "") -> Page[Listed, int]:
    """Blessings, the newest first, from the one before the number ``before`` on; of one name where it is given."""
    rows = _rows(name) if before is None else _rows(name).filter(pk__lt=before)
    found: list[Any] = list(rows.values_list("pk", *COLUMNS)[: size + 1])
    shown = found[:size]
    counting = _counting({name for _, name, *_ in shown})
    listed = tuple(Listed(pk, Blessing(*rest), pk in counting) for pk, *rest in shown)
    return Page(listed, shown[-1][0] if len(found) > size else None)


def _counting(names: set[str]) -> set[int]:
    """The numbers of the blessings that count for these names."""
    rows = models.Baseline.objects.filter(name__in=names).values("name").order_by()
    return {row["latest"] for row in rows.annotate(latest=Max("pk"))}


def _rows(name: str) -> QuerySet[models.Baseline]:
    rows = models.Baseline.objects.order_by("-pk")
    return rows.filter(name=name) if name else rows
