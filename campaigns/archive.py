"""Campaigns as rows: starting or resuming one, holding it while it runs, finding it again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.models import CampaignState
from probewright.campaigns.process import is_dead, process_name
from probewright.campaigns.runner import Plan
from probewright.campaigns.stop import Stop
from probewright.errors import CampaignBusy, ConfigError
from probewright.types import Items, Status

LEASE = timedelta(seconds=60)


def start_or_resume(plan: Plan, is_new: bool = False) -> models.Campaign:
    """The plan's campaign: the unfinished one with the same identity, brought to this plan's limits, else a new one."""
    spec = plan.spec
    known = models.Campaign.objects.filter(name=spec.name, digest=plan.digest).exclude(state=CampaignState.FINISHED)
    row = None if is_new else known.order_by("-pk").first()
    if row is None:
        row = models.Campaign(name=spec.name, digest=plan.digest, space=_space(plan), criterion=plan.search.criterion)
    row.spec, row.wanted = spec.dump(), plan.cases
    row.save()
    return row


def _space(plan: Plan) -> dict[str, Any]:
    space = plan.family.space()
    if isinstance(space, Items):
        return {"items": list(space.ids)}
    return {"axes": [[name, list(values)] for name, values in space.values.items()]}


@transaction.atomic
def hold(row: models.Campaign) -> None:
    """Makes this process the campaign's runner, and frees the chunks of a dead one.

    Raises:
        CampaignBusy: another living process runs it.
    """
    me, now = process_name(), timezone.now()
    free = Q(runner="") | Q(lease_until=None) | Q(lease_until__lt=now) | Q(runner=me)
    if row.runner and is_dead(row.runner):
        free |= Q(runner=row.runner)
    taken = models.Campaign.objects.filter(free, pk=row.pk).update(
        runner=me, lease_until=now + LEASE, state=CampaignState.RUNNING, stop_kind="", stop_reason="", finished_at=None
    )
    if taken != 1:
        host, pid = row.runner.split(":")[:2]
        raise CampaignBusy(
            f"campaign {row.name!r} ({row.pk}) is being run by process {pid} on {host}; wait for it, stop it, or start "
            f"another with --new"
        )
    models.Chunk.objects.filter(campaign=row, is_done=False).update(owner="", lease_until=None)


def let_go(row: models.Campaign, stop: Stop | None) -> None:
    """Ends this process's run: finished, or stopped with the reason why."""
    ended: dict[str, Any] = {"runner": "", "lease_until": None}
    if stop is None:
        ended |= {"state": CampaignState.FINISHED, "finished_at": timezone.now()}
    else:
        ended |= {"state": CampaignState.STOPPED, "stop_kind": stop.kind.value, "stop_reason": stop.reason}
    models.Campaign.objects.filter(pk=row.pk, runner=process_name()).update(**ended)


@transaction.atomic
def reopen_errors(row: models.Campaign) -> int:
    """Takes back the outcomes `error`, so that the next run asks those trials again; returns how many.

    Exchanges and verdicts stay: an answer that was paid for is replayed, not bought again.
    """
    errors = models.Transcript.objects.filter(case__campaign=row, status=Status.ERROR)
    positions = set(errors.values_list("case__position", flat=True))
    count = errors.count()
    errors.delete()
    for chunk in models.Chunk.objects.filter(campaign=row, is_done=True):
        if any(position in positions for position in range(chunk.first, chunk.last + 1)):
            chunk.is_done = False
            chunk.save(update_fields=["is_done"])
    return count


def find(reference: str, where: Callable[[], str] = lambda: "") -> models.Campaign:
    """The campaign with this number, or the latest with this name.

    Raises:
        ConfigError: there is none; ``where`` adds which database was searched.
    """
    row = models.Campaign.objects.filter(name=reference).order_by("-pk").first()
    if row is None and reference.isdigit():
        row = models.Campaign.objects.filter(pk=int(reference)).first()
    if row is None:
        latest = models.Campaign.objects.order_by("-pk")[:5]
        known = ", ".join(f"{c.name} ({c.pk})" for c in latest) or "none"
        raise ConfigError(f"no campaign {reference!r}{where()}; the latest are: {known}")
    return row
