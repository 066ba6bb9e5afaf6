import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from probewright.errors import EngineFailed
from probewright.pools.engine import Engine, EngineOptions
from probewright.pools.models import InstalledModel
from probewright.pools.supervisor import RestartPolicy, Supervisor

QUICK = RestartPolicy(first_wait_s=0.01, factor=1)


@asynccontextmanager
async def supervised(engine: Engine, model: InstalledModel, policy: RestartPolicy = QUICK) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(engine, model, EngineOptions(), policy)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_started_engine_is_healthy_and_stopping_ends_it(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> int:
        async with supervised(fake_engine, tiny) as supervisor:
            process = await supervisor.process()
            assert await process.is_healthy()
            assert exists(process.pid)
        return process.pid

    assert not exists(asyncio.run(run()))


def test_a_killed_engine_is_replaced_on_the_same_port(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            first = await supervisor.process()
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
            second = await supervisor.process()
            assert second.pid != first.pid
            assert second.port == first.port
            assert await second.is_healthy()

    asyncio.run(run())


def test_an_engine_that_cannot_start_fails_at_once_with_its_last_line(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.behaviour = "exit"

    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            with pytest.raises(EngineFailed, match=r"model tiny ended with exit code 3 \(no such tensor\); log: "):
                await supervisor.process()
            assert supervisor.has_failed

    asyncio.run(run())


def test_a_command_that_does_not_exist_is_an_engine_that_failed(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.command = lambda model, options, port: ["/no/such/program"]

    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            with pytest.raises(EngineFailed, match="could not be started"):
                await supervisor.process()

    asyncio.run(run())


def test_an_engine_that_does_not_become_healthy_is_ended(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.behaviour = "unhealthy"
    fake_engine.start_limit_s = 1.0

    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            with pytest.raises(EngineFailed, match=r"was not healthy after 1 s"):
                await supervisor.process()

    asyncio.run(run())


def test_an_engine_that_keeps_dying_fails_with_its_last_line(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            for _ in range(1 + QUICK.limit):
                process = await supervisor.process()
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
            with pytest.raises(
                EngineFailed, match=r"killed by signal 9 \(the fake engine serves\), after 3 restarts in 10 minutes"
            ):
                await supervisor.process()

    asyncio.run(run())


def test_restarts_that_fail_count_as_well(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            process = await supervisor.process()
            fake_engine.behaviour = "exit"
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            with pytest.raises(EngineFailed, match=r"exit code 3 \(no such tensor\), after 3 restarts"):
                await supervisor.process()

    asyncio.run(run())


def test_an_engine_that_answers_its_health_check_is_not_replaced(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with supervised(fake_engine, tiny) as supervisor:
            process = await supervisor.process()
            assert not await supervisor.replace(process)
            assert await supervisor.process() is process

    asyncio.run(run())


def test_the_engine_sees_no_secret_of_its_parent(
    fake_engine: Any, tiny: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-7f3a")

    async def run() -> bytes:
        async with supervised(fake_engine, tiny) as supervisor:
            pid = (await supervisor.process()).pid
            with open(f"/proc/{pid}/environ", "rb") as environ:
                return environ.read()

    environment = asyncio.run(run())
    assert b"PATH=" in environment
    assert b"canary-7f3a" not in environment
