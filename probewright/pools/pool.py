"""Leases of local models: who asks first starts the engine, who leaves last stops it.

A campaign leases through the target `pool`. Whoever runs several campaigns in one event loop opens the loop's pool
around them, and the engines stay up in between::

    async with shared_pool():
        await run(first_campaign)
        await run(second_campaign)
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

from probewright import registry
from probewright.pools import models
from probewright.pools.engine import Engine, EngineOptions, check_installed
from probewright.pools.models import InstalledModel
from probewright.pools.process import EngineProcess
from probewright.pools.supervisor import RestartPolicy, Supervisor
from probewright.types import Endpoint


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint and the process behind it at this moment."""

    endpoint: Endpoint
    process: EngineProcess


class Lease:
    """The right to ask one engine. All leases of an engine share its slots.

    A request waits here for a slot, not in the server, so that waiting does not count as a slow answer.
    """

    def __init__(self, model: InstalledModel, supervisor: Supervisor, slots: int) -> None:
        self.model = model
        self.load = 0
        self.holders = 0
        self.supervisor = supervisor
        self._slots = asyncio.Semaphore(slots)

    async def served(self) -> Served:
        """Where the model answers; waits while its engine starts, or is started again.

        Raises:
            EngineFailed: it would not start, or kept dying.
        """
        process = await self.supervisor.process()
        return Served(Endpoint(f"{process.address}/v1", self.model.name), process)

    async def replaced(self, served: Served) -> bool:
        """Whether the process that brought no answer is gone, so that asking again can help."""
        return await self.supervisor.replace(served.process)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a slot and holds it. ``load`` counts those who hold one or wait."""
        self.load += 1
        try:
            async with self._slots:
                yield
        finally:
            self.load -= 1


def registered(name: str) -> Engine:
    """The engine that the registry knows under ``name``.

    Raises:
        UnknownName: there is none.
    """
    engine: Engine = registry.load("engine", name)()
    return engine


EngineTable = Callable[[str], Engine]
Key = tuple[str, str, EngineOptions]


class Pool:
    """The engines of one event loop. While it is open, engines that nobody leases stay up; closing stops them.

    Args:
        policy: how often a dead engine is started again.
        engines: gives the engine of a name; tests give their own.
    """

    def __init__(self, policy: RestartPolicy | None = None, engines: EngineTable = registered) -> None:
        self._policy = policy
        self._engines = engines
        self._leases: dict[Key, Lease] = {}
        self._openings = 0

    async def __aenter__(self) -> Self:
        self._openings += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._openings -= 1
        await asyncio.gather(*(self._stop_unused(key) for key in list(self._leases)))

    @asynccontextmanager
    async def lease(
        self, model: str, engine: str = "llama_cpp", options: EngineOptions | None = None
    ) -> AsyncIterator[Lease]:
        """Leases ``model``; the engine is healthy when this gives the lease.

        Raises:
            ModelMissing: it is not installed.
            UnknownName: there is no such engine.
            PoolError: the engine's package is missing, the model's file is damaged, or the engine would not start.
        """
        options = options or EngineOptions()
        key = (model, engine, options)
        served_by = self._engines(engine)
        check_installed(served_by)
        # Hashing a large file for the first time takes seconds, in which the event loop has other things to do.
        installed = await asyncio.to_thread(models.find, model)
        lease = self._leases.get(key)
        if lease is None or lease.supervisor.has_failed:
            lease = Lease(installed, Supervisor(served_by, installed, options, self._policy), options.slots)
            self._leases[key] = lease
        lease.holders += 1
        try:
            await lease.served()
            yield lease
        finally:
            lease.holders -= 1
            await self._stop_unused(key)

    async def _stop_unused(self, key: Key) -> None:
        lease = self._leases.get(key)
        if lease and lease.holders == 0 and (self._openings == 0 or lease.supervisor.has_failed):
            del self._leases[key]
            await lease.supervisor.stop()


_POOLS: WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = WeakKeyDictionary()


def shared_pool() -> Pool:
    """The pool that everything in the running event loop shares."""
    return _POOLS.setdefault(asyncio.get_running_loop(), Pool())
