"""Keeps one engine's process alive: starts it, watches it, starts it again a bounded number of times."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from probewright.errors import EngineFailed
from probewright.pools.engine import Engine, EngineOptions
from probewright.pools.engine_log import EngineLog
from probewright.pools.models import InstalledModel
from probewright.pools.process import EngineProcess, launch

NOTICE_S = 0.01


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """At most ``limit`` restarts within ``window_s`` seconds; before each of them a wait that grows by ``factor``."""

    limit: int = 3
    window_s: float = 600.0
    first_wait_s: float = 0.1
    factor: float = 5.0


class Restarts:
    """The restarts so far, held against a policy."""

    def __init__(self, policy: RestartPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._times: deque[float] = deque()

    def wait_s(self) -> float | None:
        """Counts one more restart: the seconds to wait before it, or None where the policy allows no more."""
        now = self._clock()
        while self._times and now - self._times[0] >= self._policy.window_s:
            self._times.popleft()
        if len(self._times) >= self._policy.limit:
            return None
        self._times.append(now)
        return self._policy.first_wait_s * self._policy.factor ** (len(self._times) - 1)


class Supervisor:
    """One model served by one engine.

    A process that cannot start the first time is an error at once; one that dies later is replaced, on the same port if
    that is still free. ``process`` always gives the living one.
    """

    def __init__(
        self, engine: Engine, model: InstalledModel, options: EngineOptions, policy: RestartPolicy | None = None
    ) -> None:
        self._engine = engine
        self._model = model
        self._options = options
        self._policy = policy or RestartPolicy()
        self._restarts = Restarts(self._policy)
        self._living: asyncio.Future[EngineProcess] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._supervise())

    @property
    def has_failed(self) -> bool:
        """Whether it has given up."""
        return self._task.done()

    async def process(self) -> EngineProcess:
        """The healthy process; waits while it starts or is started again.

        Raises:
            EngineFailed: it would not start, or kept dying.
        """
        while True:
            process = await asyncio.shield(self._living)
            if process.is_running:
                return process
            await asyncio.sleep(NOTICE_S)  # it has just ended; the supervisor is about to notice

    async def replace(self, process: EngineProcess) -> bool:
        """Says, where ``process`` brought no answer, whether another one is there or on its way.

        A process that does not answer its health check either is killed, so that a hung engine is replaced as well.
        """
        if self._is_living(process) and await process.is_healthy():
            return False
        if self._is_living(process):
            process.kill()
            await process.wait()
        return True

    async def stop(self) -> None:
        """Ends the process."""
        self._task.cancel()
        await asyncio.wait([self._task])

    def _is_living(self, process: EngineProcess) -> bool:
        return (
            process.is_running
            and self._living.done()
            and not self._living.exception()
            and self._living.result() is process
        )

    async def _supervise(self) -> None:
        try:
            await self._keep_log()
        except Exception as error:  # noqa: BLE001 (the edge of a task: whoever waits for the process gets the error)
            self._give_up(error)

    async def _keep_log(self) -> None:
        engine, model = self._engine.name, self._model.name
        with EngineLog(f"{engine}-{model}-{time.time_ns()}") as log:
            try:
                await self._keep_alive(log)
            except EngineFailed as error:
                raise EngineFailed(f"engine {engine} of model {model} {error}; log: {log.path}") from error

    async def _keep_alive(self, log: EngineLog) -> None:
        process = await self._launch(log, port=0)
        while True:
            self._living.set_result(process)
            try:
                end = await process.wait()
            finally:
                await process.stop()
            self._living = asyncio.get_running_loop().create_future()
            process = await self._restart(log, process.port, end)

    async def _restart(self, log: EngineLog, port: int, end: str) -> EngineProcess:
        while (wait_s := self._restarts.wait_s()) is not None:
            await asyncio.sleep(wait_s)
            try:
                return await self._launch(log, port)
            except EngineFailed as error:
                end = str(error)
        policy = self._policy
        raise EngineFailed(f"{end}, after {policy.limit} restarts in {policy.window_s / 60:g} minutes")

    async def _launch(self, log: EngineLog, port: int) -> EngineProcess:
        engine = self._engine
        command = engine.command(self._model, self._options, port)
        return await launch(command, engine.environment(), log, engine.health_path, engine.start_limit_s)

    def _give_up(self, error: Exception) -> None:
        if self._living.done():
            self._living = asyncio.get_running_loop().create_future()
        self._living.set_exception(error)
        self._living.exception()  # read here, so that asyncio does not report it where nobody waits for it
