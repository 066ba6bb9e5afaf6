"""The engine's way to its store: one thread, one connection, answers committed together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from probewright.errors import StoreError
from probewright.store import Entry, Store

BATCH = 16  # answers committed together ...
WAIT_S = 0.02  # ... or whatever came within this time

P = ParamSpec("P")
R = TypeVar("R")


class Journal:
    """Commits entries at 16 answers or 20 ms, whichever is first, so a kill loses at most 16 answers.

    A writer that finds 16 answers uncommitted waits. A store that fails fails the next `put`: nothing is lost silently.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probewright-store")
        self._room = asyncio.Semaphore(BATCH)
        self._pending: list[Sequence[Entry]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._commits: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self.lost: set[int] = set()  # chunks that another process took over, since this one was asleep for too long

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a store's method in the store's thread, after everything handed over before."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        except StoreError:
            raise
        except (
            Exception
        ) as error:  # a trial in whose play it broke would take it for its own, so the next put fails too
            self._failure = self._failure or error
            raise

    async def put(self, entries: Sequence[Entry]) -> None:
        """Hands over the entries of one answer; they are committed in this order, in one transaction.

        Raises:
            StoreError: an earlier commit failed.
        """
        if not entries:
            return
        try:
            await self._room.acquire()
        except asyncio.CancelledError:
            self._pending.append(entries)  # paid for: committed by the flush that follows every cancellation
            raise
        if self._failure is not None:
            raise self._failure
        self._pending.append(entries)
        if len(self._pending) >= BATCH:
            self._commit()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WAIT_S, self._commit)

    async def flush(self) -> None:
        """Returns when everything handed over is committed."""
        self._commit()
        while self._commits:
            await asyncio.wait(self._commits)  # unlike gather, it cancels no commit when its caller is cancelled
        if self._failure is not None:
            raise self._failure

    async def close(self, last: Callable[[], None] | None = None) -> None:
        """Commits the rest, runs ``last`` in the store's thread, and ends the thread."""
        try:
            await self.flush()
        finally:
            try:
                if last is not None:
                    await self.call(last)
            finally:
                self._thread.shutdown(wait=True)

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending:
            batch, self._pending = self._pending, []
            task = asyncio.get_running_loop().create_task(self._save(batch))
            self._commits.add(task)
            task.add_done_callback(self._commits.discard)

    async def _save(self, batch: list[Sequence[Entry]]) -> None:
        try:
            self.lost.update(await self.call(self._store.save, [entry for entries in batch for entry in entries]))
        except Exception as error:  # noqa: BLE001 (the edge of the store's thread: kept, and raised by the next put)
            self._failure = self._failure or error
        finally:
            for _ in batch:
                self._room.release()
