"""Hands out tasks to the senders: claims chunk after chunk, ahead of need."""

import asyncio
from collections import deque

from probewright.campaigns.journal import Journal
from probewright.campaigns.planner import Planner
from probewright.protocols import Closed, Store, Task


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
        self._is_stopped = False

    async def next(self) -> tuple[int, Task] | None:
        """The next task and its chunk; waits while the planner may bring more; None when all are handed out."""
        while not self._tasks and not self._is_stopped:
            async with self._claiming:
                if self._is_stopped:  # while it waited for its turn: a claim now would wait for a planner that is idle
                    return None
                if not self._tasks and not await self._claim():
                    if self._planner.is_done and not await self._claim():
                        return None
                    if not self._tasks:
                        await self._planner.planned.wait()
        if self._is_stopped:
            return None
        item = self._tasks.popleft()
        if len(self._tasks) < self._low and not self._claiming.locked():
            self._prefetch = asyncio.create_task(self._claim_locked())
        return item

    def stop(self) -> None:
        """Hands out nothing more; whoever waits for a task gets None."""
        self._is_stopped = True
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

    async def _claim_locked(self) -> bool:
        async with self._claiming:
            return len(self._tasks) < self._low and await self._claim()

    async def _claim(self) -> bool:
        if not self._planner.is_done:
            self._planner.planned.clear()
            self._planner.wake()
        chunk = await self._journal.call(self._store.claim)
        if chunk is None:
            return False
        self._open[chunk.id] = len(chunk.tasks)
        self._tasks.extend((chunk.id, task) for task in chunk.tasks)
        return True
