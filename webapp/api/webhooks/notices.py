"""Webhooks as rows: registered, told of an end, listed. An end is noticed once, whichever worker sees it first."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from probewright.campaigns import models
from probewright.campaigns.rows import leases, listing
from probewright.errors import ConfigError
from probewright.webapp.api.models import Delivery, Notice, Webhook
from probewright.webapp.api.schemas import Attempted, Hook, HookRequest
from probewright.webapp.api.webhooks import signing
from probewright.webapp.places import public_origin

ENDED = (models.CampaignState.FINISHED, models.CampaignState.STOPPED)
AT_ONCE = 100  # ends noticed in one look
CLAIMED = 8  # messages that one worker takes at once
MOST_HOOKS = 20  # for all campaigns, and of one
SHOWN = 10  # messages of a webhook
# Before the next attempt, in seconds: eight attempts within 13 hours.
PAUSES_S = (5, 30, 120, 600, 1_800, 7_200, 36_000)
API = "/api/v1/campaigns"


class Event(StrEnum):
    """What a webhook is told."""

    FINISHED = "campaign.finished"
    STOPPED = "campaign.stopped"


def register(request: HookRequest, owner: str, campaign: int | None = None) -> tuple[Webhook, str]:
    """A webhook of one campaign, or of all that end from now on, and its secret. Its URL was checked by `sending`.

    One that the owner has registered already is not registered twice.

    Raises:
        ConfigError: there are as many as may be.
    """
    standing = Webhook.objects.filter(campaign=campaign, removed_at=None)
    events = sorted(set(request.events))
    same = next((row for row in standing.filter(url=request.url, owner=owner) if row.events == events), None)
    if same is not None:
        return same, signing.secret_of(same.salt)
    salt = signing.new_salt()
    made = signing.secret_of(salt)
    with transaction.atomic():
        if standing.count() >= MOST_HOOKS:
            raise ConfigError(f"webhook: there are {MOST_HOOKS} already, which is all there may be; remove one first")
        if campaign is None:
            notice_ends(most=None)  # what has ended by now is none of its business
        row = Webhook.objects.create(
            campaign_id=campaign,
            url=request.url,
            events=events,
            owner=owner,
            salt=salt,
            fingerprint=signing.fingerprint(made),
        )
    return row, made


def secret(number: int, owner: str) -> str | None:
    """The secret of a webhook that this owner has registered; None for another's."""
    salt = Webhook.objects.filter(pk=number, owner=owner).values_list("salt", flat=True).first()
    return None if salt is None else signing.secret_of(salt)


def remove(number: int) -> bool:
    """Ends a webhook and what it still waits for; False where there is none."""
    with transaction.atomic():
        found = Webhook.objects.filter(pk=number, removed_at=None).update(removed_at=timezone.now())
        Delivery.objects.filter(webhook=number, delivered_at=None).update(due_at=None)
    return bool(found)


def hooks(campaign: int | None) -> list[Hook]:
    """The webhooks of a campaign, or those of all campaigns, each with its last messages."""
    rows = Webhook.objects.filter(campaign=campaign, removed_at=None).order_by("pk")
    return [hook(row) for row in rows]


def hook(row: Webhook, shown: str | None = None) -> Hook:
    """A webhook as the API shows it."""
    attempted = [_attempted(sent) for sent in row.deliveries.order_by("-pk")[:SHOWN]]
    return Hook(
        id=row.pk, url=_origin(row.url), events=row.events, campaign=row.campaign_id, secret=shown, deliveries=attempted
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"


def _attempted(row: Delivery) -> Attempted:
    waiting = "waiting" if row.due_at else "given_up"
    return Attempted(
        event=row.event,
        state="delivered" if row.delivered_at else waiting,
        attempts=row.attempts,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        problem=row.problem,
    )


def notice_ends(most: int | None = AT_ONCE) -> int:
    """Queues messages for campaigns that have ended since the last look; returns how many ended.

    One that workers still bring answers to is left for the next look.
    """
    noticed = 0
    for campaign, starts, state in _unnoticed()[:most]:
        if state == models.CampaignState.STOPPED and leases.workers(campaign):
            continue
        with transaction.atomic():
            _, is_first = Notice.objects.get_or_create(campaign_id=campaign, starts=starts)
            if is_first:
                noticed += 1
                _queue(campaign, Event(f"campaign.{state}"))
    return noticed


def _unnoticed() -> QuerySet[models.Campaign, tuple[int, int, str]]:
    seen = Notice.objects.filter(campaign=OuterRef("pk"), starts=OuterRef("starts"))
    ended = models.Campaign.objects.filter(state__in=ENDED, starts__gt=0).exclude(Exists(seen))
    return ended.order_by("pk").values_list("pk", "starts", "state")


def _queue(campaign: int, event: Event) -> None:
    told = Webhook.objects.filter(Q(campaign=campaign) | Q(campaign=None), removed_at=None)
    wanted = [row for row in told if event in row.events]
    if not wanted:
        return
    now = timezone.now()
    body = _body(campaign, event, now.isoformat(timespec="seconds"))
    Delivery.objects.bulk_create(
        Delivery(webhook=row, campaign_id=campaign, key=f"msg_{uuid4().hex}", event=event, body=body, due_at=now)
        for row in wanted
    )


def _body(campaign: int, event: Event, when: str) -> str:
    line = listing.campaign(campaign)
    if line is None:
        raise LookupError(f"campaign {campaign} is gone")
    place = f"{public_origin(os.environ.get('PROBEWRIGHT_URL', ''))}{API}/{campaign}"
    data: Mapping[str, Any] = {
        "campaign": campaign,
        "name": line.name,
        "state": line.state,
        "stop_kind": line.stop_kind,
        "stop_reason": line.stop_reason,
        "outcomes": dict(line.outcomes),
        "href": place,
        "gate": f"{place}/gate",
    }
    return orjson.dumps({"type": event, "timestamp": when, "data": data}).decode()


def claim(lease_s: float) -> Sequence[Delivery]:
    """Messages that are due, taken for ``lease_s`` seconds: another worker takes them up after that."""
    now = timezone.now()
    due = Delivery.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:CLAIMED]
    later = now + timedelta(seconds=lease_s)
    taken = [pk for pk in due if Delivery.objects.filter(pk=pk, due_at__lte=now).update(due_at=later)]
    return list(Delivery.objects.filter(pk__in=taken).select_related("webhook").order_by("pk"))


def put_back(row: Delivery) -> None:
    """Leaves a message that was claimed to whoever looks next."""
    Delivery.objects.filter(pk=row.pk, delivered_at=None).update(due_at=timezone.now())


def delivered(row: Delivery) -> None:
    """Notes that a message was taken."""
    now = timezone.now()
    Delivery.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, delivered_at=now, due_at=None, problem="")


def failed(row: Delivery, why: str) -> None:
    """Notes why an attempt failed, and when the next one is; after the last one the message is given up."""
    pauses: Iterable[int] = PAUSES_S[row.attempts : row.attempts + 1]
    due = next((timezone.now() + timedelta(seconds=pause) for pause in pauses), None)
    Delivery.objects.filter(pk=row.pk, delivered_at=None).update(
        attempts=row.attempts + 1, due_at=due, problem=why[:400]
    )
