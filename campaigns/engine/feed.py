"""Hands out tasks to the senders: claims chunk after chunk, ahead of need."""

import asyncio
from collections import deque

from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.planner import Planner
from probewright.store import Closed, Store, Task


class Feed:
    """Tasks of claimed chunks; the next is claimed when fewer than ``low`` are left, so nobody waits at its edge."""

    def __init__(self, store: Store, journal: Journal, planner: Planner, low: int) -> None:
        self._store = store
        self._journal = journal
        self._planner = planner
        self._low = low
        self._tasks: deque[tuple[int, Task]] = deque()
        self._open: dict[int, int] = {}  # chunk -> tasks without an outcome
        self._claiming = asyncio.Lock()
        self._prefetch: asyncio.Task[bool] | None = None
        self._dry_at = -1  # how many rounds had been planned when the last claim found nothing
        self._is_over = False

    async def next(self) -> tuple[int, Task] | None:
        """The next task and its chunk; waits while the planner may bring more; None when all are handed out."""
        while not self._tasks and not self._is_over:
            async with self._claiming:
                await self._refill()
        if self._is_over:
            return None
        item = self._tasks.popleft()
        if len(self._tasks) < self._low and self._dry_at != self._planner.rounds and not self._claiming.locked():
            self._prefetch = asyncio.create_task(self._claim_locked())
            self._prefetch.add_done_callback(_take_note)
        return item

    def stop(self) -> None:
        """Hands out nothing more; whoever waits for a task gets None."""
        self._is_over = True
        self._planner.planned.set()

    def finish(self, chunk: int) -> tuple[Closed, ...]:
        """Counts one task of ``chunk`` as done; the entry that closes the chunk when it was the last."""
        self._open[chunk] -= 1
        if self._open[chunk]:
            return ()
        del self._open[chunk]
        return (Closed(chunk),)

    async def close(self) -> None:
        """Waits for a claim that is under way."""
        if self._prefetch is not None:
            await asyncio.gather(self._prefetch, return_exceptions=True)

    async def _refill(self) -> None:
        """Claims a chunk; where there is none, waits for the planner, or ends the feed when the planner has ended."""
        if self._tasks or self._is_over:  # while this worker waited for its turn
            return
        self._planner.planned.clear()
        is_last = self._planner.is_done
        if not await self._claim():
            if is_last:
                self._is_over = True
            else:
                await self._planner.planned.wait()

    async def _claim_locked(self) -> bool:
        async with self._claiming:
            return len(self._tasks) < self._low and await self._claim()

    async def _claim(self) -> bool:
        rounds = self._planner.rounds
        chunk = await self._journal.call(self._store.claim)
        self._planner.wake()
        if chunk is None:
            self._dry_at = rounds
            return False
        self._journal.lost.discard(chunk.id)  # it may have been, and come back
        self._open[chunk.id] = len(chunk.tasks)
        self._tasks.extend((chunk.id, task) for task in chunk.tasks)
        return True


def _take_note(claiming: asyncio.Task[bool]) -> None:
    """A claim ahead of need that failed is not reported: it fails again for whoever needs a task."""
    if not claiming.cancelled():
        claiming.exception()
