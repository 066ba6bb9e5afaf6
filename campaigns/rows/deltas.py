"""Two campaigns case by case, read by key a page at a time: any number of cases in flat memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from django.db.models import QuerySet

from probewright.campaigns import models
from probewright.campaigns.comparison import Change, change_between
from probewright.testgen.described import described
from probewright.types import ASSESSED, Status

PAGE = 500
Labels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """One case in one campaign: its position there, and how many of its assessed trials failed."""

    position: int
    failed: int
    assessed: int


@dataclass(frozen=True, slots=True)
class Delta:
    """How one case fares in this campaign against another."""

    key: str
    labels: Labels
    change: Change
    here: Tried
    there: Tried


def deltas(row: models.Campaign, other: models.Campaign) -> Iterator[Delta]:
    """Every case that both campaigns assessed, controls left out, in this campaign's order."""
    for first in range(0, row.next_position, PAGE):
        within = _trials(row).filter(case__position__gte=first, case__position__lt=first + PAGE)
        here, labels = _tried(row, within.order_by("case__position", "trial"))
        # In no order: asked for one, a database would walk the whole campaign in it instead of looking up the keys.
        there, _ = _tried(other, _trials(other).filter(case__key__in=list(here)).order_by())
        for key, now in here.items():
            if (then := there.get(key)) is not None:
                change = change_between(now.failed / now.assessed, then.failed / then.assessed)
                yield Delta(key, labels[key], change, now, then)


def _trials(row: models.Campaign) -> QuerySet[models.Transcript]:
    return models.Transcript.objects.filter(case__campaign=row, status__in=sorted(ASSESSED))


def _tried(row: models.Campaign, trials: QuerySet[models.Transcript]) -> tuple[dict[str, Tried], dict[str, Labels]]:
    """The cases of these trials that enter the campaign's rate, by key, and their labels."""
    rated = described(row.spec["family"]).rated
    found: dict[str, Tried] = {}
    labels: dict[str, Labels] = {}
    for key, own, position, status in trials.values_list("case__key", "case__labels", "case__position", "status"):
        if key is not None and rated.items() <= own.items():
            before = found.get(key, Tried(position, 0, 0))
            found[key] = Tried(position, before.failed + (status == Status.FAIL), before.assessed + 1)
            labels[key] = own
    return found, labels
