"""What processes that test the same endpoints share through Redis: a campaign's limits, and the rates of targets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from probewright.campaigns.engine.process import process_name
from probewright.campaigns.engine.runner import Plan, budget
from probewright.protocols import Limiter
from probewright.store import Standing
from probewright.targets import rates


def has_shared_limits(plan: Plan) -> bool:
    """Whether several processes at the campaign would have to agree on what is spent."""
    limits = plan.spec.limits
    return any(limit is not None for limit in (limits.calls, limits.tokens, limits.usd))


@asynccontextmanager
async def shared_rates(redis_url: str) -> AsyncIterator[None]:
    """Targets that are opened inside share their rates with all processes at ``redis_url``; without one, with this."""
    if not redis_url:
        yield
        return
    # The client of Redis is an extra: who shares nothing does not need it.
    from probewright.targets.redis_rates import RedisRates  # noqa: PLC0415

    shared = RedisRates(redis_url)
    try:
        with rates.sharing(shared):
            yield
    finally:
        await shared.close()


@asynccontextmanager
async def shared_limiter(plan: Plan, run: str, standing: Standing, redis_url: str) -> AsyncIterator[Limiter]:
    """The plan's limits, shared with all processes that take part in ``run``; without Redis, for this process alone.

    Raises:
        LimiterLost: Redis does not answer.
    """
    if not redis_url:
        yield budget(plan, standing)
        return
    from probewright.campaigns.engine.redis_limits import RedisLimiter  # noqa: PLC0415 (an extra, as above)

    limits = plan.spec.limits
    limiter = await RedisLimiter.open(
        redis_url,
        run,
        calls=limits.calls,
        tokens=limits.tokens,
        usd=limits.usd,
        spent=standing.spent,
        worker=process_name(),
    )
    try:
        yield limiter
    finally:
        await limiter.close()
