"""Campaigns as rows: starting or resuming one, holding it while it runs, finding it again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.models import CampaignState
from probewright.campaigns.process import is_dead, process_name
from probewright.campaigns.runner import Plan
from probewright.campaigns.stop import Stop
from probewright.campaigns.store import LEASE
from probewright.errors import CampaignBusy, ConfigError
from probewright.types import Items, Json, Status

MOST_DIGITS = 18  # of a campaign's number; longer ones are nobody's, and SQLite cannot hold them


@transaction.atomic
def start_or_resume(plan: Plan, is_new: bool = False) -> models.Campaign:
    """The plan's campaign: the latest with the same identity, left as it is; a new one if that is finished."""
    name, digest = plan.spec.name, plan.digest
    latest = models.Campaign.objects.filter(name=name, digest=digest).order_by("-pk").first()
    if latest is not None and latest.state != CampaignState.FINISHED and not is_new:
        return latest
    space, criterion = _space(plan), plan.search.criterion
    return models.Campaign.objects.create(
        name=name, digest=digest, space=space, criterion=criterion, spec=plan.spec.dump(), wanted=plan.cases
    )


def _space(plan: Plan) -> dict[str, Any]:
    space = plan.family.space()
    if isinstance(space, Items):
        return {"items": list(space.ids)}
    return {"axes": [[name, list(values)] for name, values in space.values.items()]}


@transaction.atomic
def hold(row: models.Campaign, plan: Plan) -> None:
    """Makes this process the campaign's runner, brings it to the plan's limits, and frees the chunks of a dead one.

    Raises:
        CampaignBusy: another living process runs it.
        ConfigError: the plan is not this campaign's: a file that its cases come from has changed.
    """
    row.refresh_from_db()
    if row.digest != plan.digest:
        raise ConfigError(
            f"campaign {row.name!r} ({row.pk}) cannot go on: the data that its cases come from, or what a spec means, "
            f"has changed since it was planned; start another with probewright run"
        )
    _refuse_if_busy(row)
    is_retried = plan.spec.limits.trials > row.spec["limits"]["trials"]
    models.Campaign.objects.filter(pk=row.pk).update(
        runner=process_name(),
        lease_until=timezone.now() + LEASE,
        state=CampaignState.RUNNING,
        stop_kind="",
        stop_reason="",
        finished_at=None,
        spec=plan.spec.dump(),
        wanted=plan.cases,
    )
    chunks = models.Chunk.objects.filter(campaign=row)
    if not is_retried:  # more trials than before: closed chunks have work again
        chunks = chunks.filter(is_done=False)
    chunks.update(is_done=False, owner="", lease_until=None)


def _refuse_if_busy(row: models.Campaign) -> None:
    if row.runner in {"", process_name()} or row.lease_until is None or row.lease_until < timezone.now():
        return
    if is_dead(row.runner):
        return
    host, pid = row.runner.split(":")[:2]
    raise CampaignBusy(
        f"campaign {row.name!r} ({row.pk}) is being run by process {pid} on {host}; wait for it, stop it, or start "
        f"another with --new"
    )


def let_go(row: models.Campaign, stop: Stop | None, provenance: Mapping[str, Mapping[str, Json]]) -> None:
    """Ends this process's run, finished or stopped with the reason why, and keeps what its endpoints said."""
    ended: dict[str, Any] = {"runner": "", "lease_until": None}
    if known := {name: said for name, said in provenance.items() if said}:
        ended["provenance"] = {**row.provenance, **known}
    if stop is None:
        ended |= {"state": CampaignState.FINISHED, "finished_at": timezone.now()}
    else:
        ended |= {"state": CampaignState.STOPPED, "stop_kind": stop.kind.value, "stop_reason": stop.reason}
    models.Campaign.objects.filter(pk=row.pk, runner=process_name()).update(**ended)


@transaction.atomic
def reopen_errors(row: models.Campaign) -> int:
    """Takes back the outcomes `error`, so that the next run asks those trials again; returns how many.

    Exchanges and verdicts stay: an answer that was paid for is replayed, not bought again.

    Raises:
        CampaignBusy: a living process runs it.
    """
    row.refresh_from_db()
    _refuse_if_busy(row)
    errors = models.Transcript.objects.filter(case__campaign=row, status=Status.ERROR)
    positions = set(errors.values_list("case__position", flat=True))
    count = errors.count()
    errors.delete()
    for chunk in models.Chunk.objects.filter(campaign=row, is_done=True):
        if any(position in positions for position in range(chunk.first, chunk.last + 1)):
            chunk.is_done = False
            chunk.save(update_fields=["is_done"])
    return count


def find(reference: str) -> models.Campaign:
    """The campaign with this number, or the latest with this name.

    Raises:
        ConfigError: there is none.
    """
    row = models.Campaign.objects.filter(name=reference).order_by("-pk").first()
    if row is None and reference.isdecimal():
        row = models.Campaign.objects.filter(pk=int(reference[:MOST_DIGITS])).first()
    if row is None:
        latest = models.Campaign.objects.order_by("-pk")[:5]
        known = ", ".join(f"{c.name} ({c.pk})" for c in latest) or "none"
        raise ConfigError(f"no campaign {reference!r}; the latest are: {known}")
    return row
