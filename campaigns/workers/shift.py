"""One worker's shift at one campaign: joins, works until nothing is left to do there, and notes how it ended."""

import asyncio
import logging
from collections.abc import Callable

from django.db import connection

from probewright.campaigns import models
from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.process import process_name
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan, build, require_secrets, run
from probewright.campaigns.engine.sharing import has_shared_limits, shared_limiter, shared_rates
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.rows import archive, leases
from probewright.campaigns.rows.store import DjangoStore
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import ProbewrightError, StoreError
from probewright.store import Standing

ENDING = frozenset({StopKind.LIMIT, StopKind.TARGET, StopKind.SETUP})  # these end the campaign, others only the shift

log = logging.getLogger("probewright.worker")


def work(campaign: int, loop: asyncio.AbstractEventLoop, redis_url: str, started: Callable[[Engine], None]) -> bool:
    """Takes part in a campaign, its engine on ``loop``; blocks until nothing is left to do there.

    Args:
        campaign: The campaign's primary key.
        loop: A loop that another thread runs.
        redis_url: Where limits and rates are shared with other workers; empty where there is no such place.
        started: Told the engine before it starts.

    Returns:
        Whether it took part: not where the campaign is held, stopped, or cannot be built.

    Raises:
        StoreError: the store, or what the limits are kept in, failed: the campaign waits for the next shift.
    """
    plan = _plan(campaign)
    if plan is None:
        return False
    row = archive.join(campaign, is_alone=has_shared_limits(plan) and not redis_url)
    if row is None:
        return False
    log.info("campaign %s (%s): joined", campaign, row.name)
    progress = Progress()
    stop: Stop | None = None
    try:
        stop = asyncio.run_coroutine_threadsafe(_run(plan, row, redis_url, progress, started), loop).result()
    except StoreError:
        raise
    except ProbewrightError as error:
        stop = Stop(StopKind.SETUP, str(error))
    finally:
        leases.release(campaign, process_name())
    archive.keep(row, progress.provenance)
    if stop is None:
        archive.finish(row)
    elif stop.kind is StopKind.DECIDED:
        archive.decide(row, stop)
    elif stop.kind in ENDING:
        archive.stop(row, stop)
    log.info("campaign %s (%s): left, %s", campaign, row.name, stop.reason if stop else "nothing left to do here")
    return True


def _plan(campaign: int) -> Plan | None:
    """What the campaign's spec asks for; None, and the campaign stopped with the reason, where it cannot be built."""
    row = models.Campaign.objects.get(pk=campaign)
    try:
        plan = build(check_spec(row.spec, source=f"campaign {campaign}"))
        archive.require_same(row, plan)
        require_secrets(plan)
    except ProbewrightError as error:
        archive.stop(row, Stop(StopKind.SETUP, str(error)))
        return None
    return plan


async def _run(
    plan: Plan, row: models.Campaign, redis_url: str, progress: Progress, started: Callable[[Engine], None]
) -> Stop | None:
    limits = plan.spec.limits
    store = DjangoStore(row.pk, limits.trials, limits.concurrency)
    standing = await asyncio.to_thread(_standing, store)
    run_name = f"{row.pk}:{row.starts}"
    async with shared_rates(redis_url), shared_limiter(plan, run_name, standing, redis_url) as limiter:
        return await run(plan, store, standing, limiter, progress, started)


def _standing(store: DjangoStore) -> Standing:
    """Where the campaign stands, asked in a thread whose connection nobody else will use."""
    try:
        return store.standing()
    finally:
        connection.close()
