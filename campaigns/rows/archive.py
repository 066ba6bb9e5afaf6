"""Campaigns as rows: starting or resuming one, holding it while it runs, finding it again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.engine.process import is_dead, process_name
from probewright.campaigns.engine.runner import Plan
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.models import CampaignState
from probewright.campaigns.rows import leases
from probewright.campaigns.rows.leases import LEASE
from probewright.errors import CampaignBusy, ConfigError
from probewright.types import Items, Json, Status

WORKED_ON = (CampaignState.QUEUED, CampaignState.RUNNING)
MOST_DIGITS = 18  # of a campaign's number; longer ones are nobody's, and SQLite cannot hold them


@transaction.atomic
def start_or_resume(plan: Plan, is_new: bool = False, created_by: str = "") -> models.Campaign:
    """The plan's campaign: the latest with the same identity, left as it is; a new one if that is finished."""
    name, digest = plan.spec.name, plan.digest
    latest = models.Campaign.objects.filter(name=name, digest=digest).order_by("-pk").first()
    if latest is not None and latest.state != CampaignState.FINISHED and not is_new:
        return latest
    space, criterion = _space(plan), plan.search.criterion
    return models.Campaign.objects.create(
        name=name,
        created_by=created_by,
        digest=digest,
        space=space,
        criterion=criterion,
        spec=plan.spec.dump(),
        wanted=plan.cases,
        stop_kind=StopKind.INTERRUPT.value,
        stop_reason="it was not started yet",
    )


def _space(plan: Plan) -> dict[str, Any]:
    space = plan.family.space()
    if isinstance(space, Items):
        return {"items": list(space.ids)}
    return {"axes": [[name, list(values)] for name, values in space.values.items()]}


@transaction.atomic
def hold(row: models.Campaign, plan: Plan) -> None:
    """Makes this process the campaign's runner, alone, and brings it to the plan's limits.

    Raises:
        CampaignBusy: another living process runs it.
        ConfigError: the plan is not this campaign's: a file that its cases come from has changed.
    """
    _start(row, plan, CampaignState.RUNNING, runner=process_name(), lease_until=timezone.now() + LEASE)


@transaction.atomic
def queue(row: models.Campaign, plan: Plan) -> None:
    """Gives the campaign to the workers, with the plan's limits.

    Raises:
        CampaignBusy: a living process runs it.
        ConfigError: the plan is not this campaign's: a file that its cases come from has changed.
    """
    _start(row, plan, CampaignState.QUEUED, runner="", lease_until=None)


@transaction.atomic
def join(campaign: int, is_alone: bool) -> models.Campaign | None:
    """Takes part in a queued or running campaign as a worker; None where it is not for workers (any more).

    ``is_alone`` joins only where no other process works on it: one whose limits cannot be shared.
    """
    row = models.Campaign.objects.select_for_update().get(pk=campaign)
    if row.state not in WORKED_ON or row.runner:
        return None
    if is_alone and set(leases.workers(campaign)) - {process_name()}:
        return None
    if row.state == CampaignState.QUEUED:
        row.state = CampaignState.RUNNING
        row.save(update_fields=["state"])
    leases.release(campaign, process_name())  # what an earlier shift could not give back, the database being away
    leases.enter(campaign, process_name())
    return row


def _start(row: models.Campaign, plan: Plan, state: CampaignState, **held: Any) -> None:
    lock(row)
    require_same(row, plan)
    _require_single_trials(row, plan)
    refuse_if_busy(row)
    is_retried = plan.spec.limits.trials > row.spec["limits"]["trials"]
    models.Campaign.objects.filter(pk=row.pk).update(
        state=state,
        stop_kind="",
        stop_reason="",
        finished_at=None,
        spec=plan.spec.dump(),
        wanted=plan.cases,
        is_planned=False,
        starts=F("starts") + 1,
        planner="",
        planner_until=None,
        **held,
    )
    chunks = models.Chunk.objects.filter(campaign=row)
    if not is_retried:  # more trials than before: closed chunks have work again
        chunks = chunks.filter(is_done=False)
    chunks.update(is_done=False, owner="", lease_until=None)


def require_same(row: models.Campaign, plan: Plan) -> None:
    """Makes sure that the plan is this campaign's.

    Raises:
        ConfigError: the data that its cases come from, or what its spec means, has changed.
    """
    if row.digest != plan.digest:
        raise ConfigError(
            f"campaign {row.name!r} ({row.pk}) cannot go on: the data that its cases come from, or what a spec means, "
            f"has changed since it was planned; start another with probewright run"
        )


def _require_single_trials(row: models.Campaign, plan: Plan) -> None:
    """Makes sure that a gate that looks after every case has a case behind each outcome.

    Raises:
        ConfigError: it is sequential, and cases of the campaign were tried more than once before.
    """
    gate = plan.spec.gate
    if gate is None or not gate.sequential:
        return
    if models.Transcript.objects.filter(case__campaign=row, trial__gt=0).exists():
        raise ConfigError(
            f"gate.sequential: cases of campaign {row.name!r} ({row.pk}) were tried more than once, and repeated "
            f"trials are no new cases; allowed: a gate without sequential, or another campaign (--new)"
        )


def lock(row: models.Campaign) -> None:
    """Reads a campaign anew and keeps others from starting or stopping it until the transaction ends."""
    row.refresh_from_db(from_queryset=models.Campaign.objects.select_for_update())


def refuse_if_busy(row: models.Campaign) -> None:
    """Makes sure that no living process works on the campaign.

    Raises:
        CampaignBusy: one does.
    """
    own = process_name()
    is_held = row.runner not in {"", own} and row.lease_until is not None and row.lease_until >= timezone.now()
    busy = {row.runner} if is_held and not is_dead(row.runner) else set()
    busy |= set(leases.workers(row.pk)) - {own}
    if not busy:
        return
    host, pid = min(busy).split(":")[:2]
    others = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    raise CampaignBusy(
        f"campaign {row.name!r} ({row.pk}) is being run by process {pid} on {host}{others}; wait for it, stop it with "
        f"probewright cancel {row.pk}, or start another with --new"
    )


@transaction.atomic
def cancel(row: models.Campaign, reason: str) -> bool:
    """Stops a campaign wherever it is being run; False where it was not. Its processes notice within two seconds."""
    lock(row)
    if row.state not in WORKED_ON:
        return False
    stop(row, Stop(StopKind.CANCEL, reason))
    return True


def stop(row: models.Campaign, why: Stop) -> None:
    """Notes why a queued or running campaign is not to be worked on any more."""
    models.Campaign.objects.filter(pk=row.pk, state__in=WORKED_ON).update(
        state=CampaignState.STOPPED, stop_kind=why.kind.value, stop_reason=why.reason
    )


def break_off(campaign: int, error: Exception) -> None:
    """Notes an error that nobody foresaw, so that no worker tries the same again and again."""
    text = " ".join(str(error).split())
    why = Stop(StopKind.SETUP, f"internal error: {type(error).__name__}: {text}; the worker's log has the traceback")
    stop(models.Campaign.objects.get(pk=campaign), why)


def finish(row: models.Campaign) -> bool:
    """Ends a running campaign of which nothing is left to do; False where something is."""
    is_open = models.Chunk.objects.filter(campaign=row, is_done=False)
    running = models.Campaign.objects.filter(pk=row.pk, state=CampaignState.RUNNING, is_planned=True)
    if is_open.exists():
        return False
    return running.update(state=CampaignState.FINISHED, finished_at=timezone.now()) == 1


def decide(row: models.Campaign, why: Stop) -> None:
    """Ends a running campaign whose gate is certain: it is finished, though not every case was asked."""
    models.Campaign.objects.filter(pk=row.pk, state__in=WORKED_ON).update(
        state=CampaignState.FINISHED, stop_kind=why.kind.value, stop_reason=why.reason, finished_at=timezone.now()
    )


def open_to_workers() -> list[models.Campaign]:
    """Queued and running campaigns that no command holds for itself, the oldest first."""
    return list(models.Campaign.objects.filter(state__in=WORKED_ON, runner="").order_by("pk"))


@transaction.atomic
def let_go(row: models.Campaign, why: Stop | None, provenance: Mapping[str, Mapping[str, Json]]) -> None:
    """Ends this process's run, finished or stopped with the reason why, and keeps what its endpoints said."""
    lock(row)
    keep(row, provenance)
    if row.runner != process_name():
        return
    if why is not None and why.kind is StopKind.DECIDED:
        decide(row, why)
    elif why is not None or not finish(row):
        stop(row, why or Stop(StopKind.INTERRUPT, "another process took over some of its cases"))
    models.Campaign.objects.filter(pk=row.pk).update(runner="", lease_until=None)


def keep(row: models.Campaign, provenance: Mapping[str, Mapping[str, Json]]) -> None:
    """Keeps what the endpoints of a run said of themselves."""
    if known := {name: said for name, said in provenance.items() if said}:
        models.Campaign.objects.filter(pk=row.pk).update(provenance={**row.provenance, **known})


@transaction.atomic
def reopen_errors(row: models.Campaign) -> int:
    """Takes back the outcomes `error`, so that the next run asks those trials again; returns how many.

    Exchanges and verdicts stay: an answer that was paid for is replayed, not bought again.

    Raises:
        CampaignBusy: a living process runs it.
    """
    lock(row)
    refuse_if_busy(row)
    errors = models.Transcript.objects.filter(case__campaign=row, status=Status.ERROR)
    positions = set(errors.values_list("case__position", flat=True))
    count = errors.count()
    errors.delete()
    leases.enter(row.pk, process_name())
    models.Shift.objects.filter(campaign=row, worker=process_name()).update(errors=F("errors") - count)
    leases.release(row.pk, process_name())
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
