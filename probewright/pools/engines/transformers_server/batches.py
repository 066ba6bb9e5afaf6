"""One thread for the model, and the queue before it: answers are generated in batches of requests that wait together.

On a CPU, batches that run to their end serve three to four times as many requests as batches that rows join and leave.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from probewright.pools.engines.transformers_server.generation import Generated, Row

GATHER_S = 0.01  # requests are one batch when they arrive with no longer pause between them
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """A row to answer in a batch, or other work that runs alone; and who waits for it."""

    work: Row | Callable[[], Any]
    done: asyncio.Future[Any]


class Batches:
    """Runs all that the model has to do, one thing after the other, oldest first.

    Args:
        generate: answers a batch of rows; runs in the model's thread.
        slots: the most rows of a batch.
    """

    def __init__(self, generate: Callable[[Sequence[Row]], Sequence[Generated]], slots: int) -> None:
        self._generate = generate
        self._slots = slots
        self._waiting: deque[Job] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def generate(self, rows: Sequence[Row]) -> list[Generated]:
        """The answers to ``rows``, which may share batches with those of other requests."""
        answers: list[Generated] = await asyncio.gather(*(self._put(row) for row in rows))
        return answers

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` gives; it has the model for itself."""
        result: T = await self._put(work)
        return result

    async def serve(self) -> None:
        """Works until it is cancelled."""
        while True:
            jobs = await self._next()
            try:
                results = await asyncio.get_running_loop().run_in_executor(self._thread, self._work, jobs)
            except Exception as error:  # noqa: BLE001 (the edge of the model's thread: whoever waits gets the error)
                _fail(jobs, error)
            else:
                for job, result in zip(jobs, results, strict=True):
                    if not job.done.done():  # its client may be gone
                        job.done.set_result(result)

    def _put(self, work: Row | Callable[[], Any]) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(work, done))
        self._arrived.set()
        return done

    def _work(self, jobs: Sequence[Job]) -> Sequence[Any]:
        rows = [job.work for job in jobs if isinstance(job.work, Row)]
        return self._generate(rows) if rows else [job.work() for job in jobs if callable(job.work)]

    async def _next(self) -> list[Job]:
        """The oldest job, with all that can share a batch with it."""
        while not self._drop_abandoned():
            await self._arrival()
        if not isinstance(self._waiting[0].work, Row):
            return [self._waiting.popleft()]
        while len(self._rows()) < self._slots:
            try:
                async with asyncio.timeout(GATHER_S):
                    await self._arrival()
            except TimeoutError:
                break
        batch = self._rows()[: self._slots]
        self._waiting = deque(job for job in self._waiting if job not in batch)
        return batch

    async def _arrival(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    def _rows(self) -> list[Job]:
        return [job for job in self._waiting if isinstance(job.work, Row)]

    def _drop_abandoned(self) -> int:
        """Forgets jobs that nobody waits for any more; how many are left."""
        self._waiting = deque(job for job in self._waiting if not job.done.done())
        return len(self._waiting)


def _fail(jobs: Sequence[Job], error: Exception) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_exception(error)
