"""Who shares a rate: every target that asks the same model at the same place with the same key.

Whoever opens endpoints chooses how far that reaches: `sharing(RedisRates(...))` for all processes, else this process.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol
from weakref import WeakKeyDictionary

from probewright.targets.pace import LocalMeter, Meter, Pace, RateLimits


class Rates(Protocol):
    """Gives out paces; those of one account share their rate."""

    def pace(self, account: str, limits: RateLimits) -> Pace:
        """The pace for the running event loop. ``account`` says whose rate it is; see `EndpointParams.account`."""
        ...


class Queues:
    """A queue an account for each event loop: an asyncio lock cannot be shared by two loops."""

    def __init__(self) -> None:
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()
        self._guard = threading.Lock()

    def of(self, account: str) -> asyncio.Lock:
        """The queue of ``account`` in the running loop."""
        with self._guard:
            return self._of_loop.setdefault(asyncio.get_running_loop(), {}).setdefault(account, asyncio.Lock())


class LocalRates:
    """Rates shared by all targets of this process."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}
        self._queues = Queues()

    def pace(self, account: str, limits: RateLimits) -> Pace:
        """See `Rates`."""
        return Pace(limits, self._meters.setdefault(account, LocalMeter()), self._queues.of(account))


_RATES: ContextVar[Rates] = ContextVar("probewright_rates", default=LocalRates())  # noqa: B039 (shared on purpose)


def current() -> Rates:
    """The rates that targets opened here share."""
    return _RATES.get()


@contextmanager
def sharing(rates: Rates) -> Iterator[None]:
    """Targets that are opened inside share ``rates``."""
    token = _RATES.set(rates)
    try:
        yield
    finally:
        _RATES.reset(token)
