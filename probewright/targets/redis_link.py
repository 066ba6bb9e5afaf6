"""Talking to a Redis that may be away for a while: bounded patience, then one clear error."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from probewright.errors import LimiterLost

PATIENCE_S = 15.0  # how long Redis may be away before what waits for it fails
RETRY_S = 0.1
ANSWER_S = 2.0  # limit of one command
LEAVE_S = 2.0  # how long whoever ends waits for Redis: what is left there ends by itself
AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError)

T = TypeVar("T")


def connect(url: str) -> Redis:
    """A client of the running event loop; it connects when first used, and again after each break."""
    never = Retry(NoBackoff(), 0)  # `patiently` is the one that tries again
    return Redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=never)


async def patiently(command: Callable[[], Awaitable[T]], patience_s: float = PATIENCE_S) -> T:
    """What ``command`` gives; it is sent again while Redis is away, so a break may let it run twice.

    Raises:
        LimiterLost: Redis stayed away, or refuses the command.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return await command()
        except AWAY as error:
            if time.monotonic() >= deadline:
                raise LimiterLost(
                    f"Redis did not answer for {patience_s:g} s ({type(error).__name__}), and nothing is sent without "
                    "knowing the shared limits; check PROBEWRIGHT_REDIS_URL"
                ) from None
        except RedisError as error:
            raise LimiterLost(f"Redis refuses to keep the shared limits: {error}") from None
        await asyncio.sleep(RETRY_S)
