"""Who works on what: leases of 60 s, taken by conditional UPDATEs, that end by themselves when their process is gone.

A process of this machine that is certainly dead loses its leases at once; of other machines' processes nothing is
certain, so theirs run out.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.engine.process import is_dead

LEASE = timedelta(seconds=60)


def enter(campaign: int, worker: str) -> None:
    """Notes that ``worker`` takes part in the campaign; its counters start at zero, or go on."""
    shift, is_new = models.Shift.objects.get_or_create(
        campaign_id=campaign, worker=worker, defaults={"lease_until": timezone.now() + LEASE}
    )
    if not is_new and shift.lease_until is None:
        models.Shift.objects.filter(pk=shift.pk).update(lease_until=timezone.now() + LEASE)


def workers(campaign: int) -> list[str]:
    """The processes that work on the campaign now."""
    shifts = models.Shift.objects.filter(campaign=campaign, lease_until__gte=timezone.now())
    return [worker for worker in shifts.values_list("worker", flat=True) if not is_dead(worker)]


def has_work(campaign: models.Campaign, worker: str) -> bool:
    """Whether ``worker``, which is not at the campaign, would find something to do there: planning, a chunk, its end.

    What is its own already was left by a shift that could not give it back, since the database was away.
    """
    is_led = campaign.planner != worker and not _is_over(campaign.planner, campaign.planner_until, timezone.now())
    if not campaign.is_planned and not is_led:
        return True
    open_chunks = models.Chunk.objects.filter(campaign=campaign, is_done=False)
    if next_free(campaign.pk, worker, ()) is not None or open_chunks.filter(owner=worker).exists():
        return True
    return campaign.is_planned and not open_chunks.exists()


def take_lead(campaign: int, worker: str) -> bool:
    """Makes ``worker`` the campaign's planner, or keeps it; False while another living process is."""
    enter(campaign, worker)
    now = timezone.now()
    row = models.Campaign.objects.filter(pk=campaign)
    planner, until = row.values_list("planner", "planner_until").get()
    if planner != worker and not _is_over(planner, until, now):
        return False
    return row.filter(planner=planner).update(planner=worker, planner_until=now + LEASE) == 1


def next_free(campaign: int, worker: str, begun: Collection[int]) -> models.Chunk | None:
    """The first open chunk that nobody holds; of those that are held, the first whose process is dead.

    ``begun`` are chunks that ``worker`` may have let go by sleeping: answers of its first attempt are still under way.
    """
    now = timezone.now()
    chunks = models.Chunk.objects.filter(campaign=campaign, is_done=False).exclude(owner=worker).exclude(pk__in=begun)
    is_free = Q(lease_until=None) | Q(lease_until__lt=now)
    free = chunks.filter(is_free).order_by("first").first()
    if free is not None:
        return free
    owners = chunks.order_by().values_list("owner", flat=True).distinct()
    if dead := [owner for owner in owners if owner and is_dead(owner)]:
        return chunks.filter(owner__in=dead).order_by("first").first()
    return None


def claim(chunk: models.Chunk, worker: str) -> bool:
    """Takes a chunk that was free when it was read; False where somebody else was faster."""
    unchanged = models.Chunk.objects.filter(
        pk=chunk.pk, is_done=False, owner=chunk.owner, lease_until=chunk.lease_until, claims=chunk.claims
    )
    return unchanged.update(owner=worker, lease_until=timezone.now() + LEASE, claims=F("claims") + 1) == 1


def held(chunks: Collection[int], worker: str) -> set[int]:
    """Which of ``chunks`` the worker still holds. Their rows are locked until the caller's transaction ends.

    By hand: it runs with every commit.
    """
    marks = ", ".join(["%s"] * len(chunks))
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM campaigns_chunk WHERE id IN ({marks}) AND owner = %s{lock}", [*chunks, worker])
        return {row[0] for row in cursor.fetchall()}


def renew(campaign: int, worker: str) -> None:
    """Extends all that ``worker`` holds of the campaign."""
    until = timezone.now() + LEASE
    models.Chunk.objects.filter(campaign=campaign, owner=worker).update(lease_until=until)
    models.Shift.objects.filter(campaign=campaign, worker=worker).update(lease_until=until)
    models.Campaign.objects.filter(pk=campaign, planner=worker).update(planner_until=until)
    models.Campaign.objects.filter(pk=campaign, runner=worker).update(lease_until=until)


@transaction.atomic
def release(campaign: int, worker: str) -> None:
    """Gives back all that ``worker`` holds but the campaign itself."""
    models.Chunk.objects.filter(campaign=campaign, owner=worker, is_done=False).update(owner="", lease_until=None)
    models.Shift.objects.filter(campaign=campaign, worker=worker).update(lease_until=None)
    models.Campaign.objects.filter(pk=campaign, planner=worker).update(planner="", planner_until=None)


def _is_over(holder: str, until: datetime | None, now: datetime) -> bool:
    return not holder or until is None or until < now or is_dead(holder)
