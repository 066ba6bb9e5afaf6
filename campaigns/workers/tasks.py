"""The Celery task of a worker, and how it is rung. It takes a campaign's number only, and may run twice without harm.

A task is one worker's shift: the worker joins the campaign and claims chunk after chunk until none is left. So nobody
waits at the edge of a chunk, connections stay open, and a lost message loses nothing: workers also look by themselves.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from probewright.campaigns.workers.crew import Crew

RETRY = {"max_retries": 1, "interval_start": 0.1}

log = logging.getLogger("probewright.worker")
_crew: "Crew | None" = None


def employ(crew: "Crew") -> None:
    """Tasks that come to this process are for ``crew``."""
    global _crew  # a worker is one process with one crew
    _crew = crew


@shared_task(name="probewright.work", ignore_result=True)
def work(campaign: int) -> bool:
    """One shift at a campaign; True where this worker took part."""
    if _crew is None:
        raise RuntimeError("this process is no worker: start one with probewright worker")
    return _crew.work(campaign)


def ring(campaign: int) -> None:
    """Wakes a worker for a campaign that was queued. A broker that is down is no failure: workers also look."""
    import_module(settings.CELERY_APP)
    try:
        work.apply_async((campaign,), retry=True, retry_policy=RETRY)
    except OperationalError as error:
        log.warning("the broker cannot be reached (%s); a worker will find campaign %s by itself", error, campaign)
