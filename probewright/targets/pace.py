"""Requests a minute, spread evenly over all concurrent callers."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets callers through one by one, at ``rpm`` a minute with a burst of about one second's worth.

    The generic cell rate algorithm (ITU-T I.371, annex A): ``_due`` is when the next request would be sent if all were
    spread evenly, and a request may be early by at most ``burst`` - 1 intervals. Any 60 seconds see at most ``rpm`` +
    ``burst`` requests. Callers wait in the order in which they came; one that is cancelled uses up no turn.

    Args:
        rpm: requests a minute, 1 or more.
        clock: monotonic seconds.
        sleep: waits that many seconds of the same clock.
    """

    def __init__(
        self,
        rpm: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.burst = max(1, rpm // 60)
        self._interval_s = 60.0 / rpm
        self._early_s = self._interval_s * (self.burst - 1)
        self._clock = clock
        self._sleep = sleep
        self._due = clock()
        self._queue = asyncio.Lock()

    async def turn(self) -> None:
        """Returns when the caller may send one request."""
        async with self._queue:
            while (wait_s := self._due - self._early_s - self._clock()) > 0:  # a timer may fire a little early
                await self._sleep(wait_s)
            self._due = max(self._due, self._clock()) + self._interval_s
