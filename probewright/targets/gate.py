"""Lets as many attempts through at once as an `AdaptiveLimit` allows."""

import asyncio
from collections import deque

from probewright.targets.adaptive import AdaptiveLimit, Sent


class Gate:
    """Counts the attempts in flight and keeps the others waiting, in the order in which they came.

    Belongs to one event loop.

    Args:
        limit: decides how many may pass; told here how they fared.
    """

    def __init__(self, limit: AdaptiveLimit | None = None) -> None:
        self._limit = limit or AdaptiveLimit()
        self._sent = 0
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[Sent]] = deque()

    @property
    def limit(self) -> int | None:
        """How many may be in flight now; None as long as the server refused none."""
        return self._limit.limit

    async def enter(self) -> Sent:
        """Waits until an attempt may be sent; whoever enters must `leave`."""
        limit = self._limit.limit
        if limit is None or (self._in_flight < limit and not self._waiting):
            return self._admit()
        turn: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was let in at the same moment
            raise

    def learn(self, attempt: Sent, *, is_refused: bool) -> None:
        """Tells the limit how an attempt that entered fared."""
        tell = self._limit.refused if is_refused else self._limit.answered
        tell(attempt, self._sent, self._in_flight + len(self._waiting))

    def leave(self) -> None:
        """An attempt is over, however it ended."""
        self._in_flight -= 1
        while self._waiting and (self._limit.limit is None or self._in_flight < self._limit.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self._admit())

    def _admit(self) -> Sent:
        self._sent += 1
        self._in_flight += 1
        return Sent(self._sent, self._in_flight)
