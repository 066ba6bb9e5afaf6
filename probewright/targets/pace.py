"""Requests and tokens a minute, spread evenly over all concurrent callers."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

MINUTE_S = 60.0
TOKENS_BURST = 10  # the part of a minute's tokens that may come at once: enough for many worst cases in flight
LONGEST_SLEEP_S = 0.05  # while tokens are short: an answer may give some back at any time


@dataclass(frozen=True, slots=True)
class Flow:
    """One unit every ``interval_s`` seconds, and ``burst`` of them at once after a pause."""

    interval_s: float
    burst: int

    def wait_s(self, due: float, now: float, units: int) -> float:
        """Seconds until ``units`` may pass, 0 or less for now; more than a burst waits for all of it, then borrows."""
        return due - now - self.interval_s * (self.burst - min(units, self.burst))


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests and tokens a minute; None is no limit."""

    rpm: int | None = None
    tpm: int | None = None

    @property
    def requests(self) -> Flow | None:
        """Any 60 seconds see at most ``rpm`` requests and a burst of about one second's worth."""
        return Flow(MINUTE_S / self.rpm, max(1, self.rpm // 60)) if self.rpm else None

    @property
    def tokens(self) -> Flow | None:
        """Any 60 seconds see at most ``tpm`` tokens: the burst of a tenth and the even flow of the rest together.

        One request that takes more than the burst goes over that by the excess.
        """
        if self.tpm is None:
            return None
        burst = max(1, self.tpm // TOKENS_BURST)
        return Flow(MINUTE_S / max(1, self.tpm - burst), burst)


class Meter(Protocol):
    """Knows what passed already: in this process, or in all of them."""

    async def take(self, limits: RateLimits, tokens: int) -> float:
        """Takes one request and its tokens and gives 0; or takes nothing and gives the seconds until it may."""
        ...

    async def give_back(self, limits: RateLimits, requests: int, tokens: int) -> None:
        """Returns what was taken and not used; negative where more was used than taken."""
        ...


class LocalMeter:
    """What passed in this process: the generic cell rate algorithm (ITU-T I.371, annex A) for both units.

    A unit's due time is when its next one would pass if all were spread evenly; it may be early by its burst. Times,
    not counts, are kept, so that users with different limits can share a meter: each takes a share of its own limit.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()  # event loops in several threads may share a meter
        self._requests_due = self._tokens_due = clock()

    async def take(self, limits: RateLimits, tokens: int) -> float:
        """See `Meter`."""
        requests, token_flow = limits.requests, limits.tokens
        with self._guard:
            now = self._clock()
            waits = [requests.wait_s(self._requests_due, now, 1)] if requests else []
            waits += [token_flow.wait_s(self._tokens_due, now, tokens)] if token_flow and tokens else []
            if (wait_s := max(waits, default=0.0)) > 0:
                return wait_s
            if requests:
                self._requests_due = max(self._requests_due, now) + requests.interval_s
            if token_flow:
                self._tokens_due = max(self._tokens_due, now) + token_flow.interval_s * tokens
        return 0.0

    async def give_back(self, limits: RateLimits, requests: int, tokens: int) -> None:
        """See `Meter`."""
        with self._guard:
            if limits.requests:
                self._requests_due -= limits.requests.interval_s * requests
            if limits.tokens:
                self._tokens_due -= limits.tokens.interval_s * tokens


class Pace:
    """Lets callers through one by one, in the order in which they came; one that is cancelled uses up no turn.

    Belongs to one event loop.

    Args:
        limits: how much a minute.
        meter: what passed already; None counts this pace's own callers alone.
        queue: callers of other paces that share it wait in the same order.
        sleep: waits that many seconds of the meter's clock.
    """

    def __init__(
        self,
        limits: RateLimits,
        meter: Meter | None = None,
        queue: asyncio.Lock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits
        self._meter = meter or LocalMeter()
        self._queue = queue or asyncio.Lock()
        self._sleep = sleep

    async def turn(self, tokens: int = 0) -> None:
        """Returns when the caller may send one request that takes at most ``tokens``.

        Raises:
            LimiterLost: what passed already cannot be known.
        """
        async with self._queue:
            while (wait_s := await self._meter.take(self.limits, tokens)) > 0:  # a timer may fire a little early
                await self._sleep(min(wait_s, LONGEST_SLEEP_S) if self.limits.tpm else wait_s)

    async def used(self, reserved: int, tokens: int) -> None:
        """Replaces the ``reserved`` tokens of a turn by those that were really used."""
        if self.limits.tpm and reserved != tokens:
            await self._meter.give_back(self.limits, 0, reserved - tokens)
