import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from probewright.errors import EngineFailed, PoolError, UnknownName
from probewright.pools.engine import Engine, EngineOptions
from probewright.pools.models import InstalledModel
from probewright.pools.pool import Pool, shared_pool
from probewright.pools.supervisor import RestartPolicy

QUICK = RestartPolicy(first_wait_s=0.01, factor=1)
PARENT = """
import asyncio, sys
sys.path[:0] = [{here!r}]
from conftest import FakeEngine
from probewright.pools.pool import Pool

async def main():
    async with Pool(engines=lambda name: FakeEngine()).lease("tiny") as lease:
        print((await lease.served()).process.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def pool_of(engine: Engine) -> Pool:
    return Pool(QUICK, engines=lambda name: engine)


def is_running(pid: int) -> bool:
    """Whether the process lives; one that ended and that nobody waited for does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_two_leases_share_one_process_and_the_last_release_stops_it(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        pool = pool_of(fake_engine)
        async with pool.lease("tiny") as first:
            async with pool.lease("tiny") as second:
                pid = (await first.served()).process.pid
                assert (await second.served()).process.pid == pid
            assert is_running(pid)
        assert not is_running(pid)

    asyncio.run(run())


def test_other_options_get_a_process_of_their_own(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        pool = pool_of(fake_engine)
        options = EngineOptions(process=1)
        async with pool.lease("tiny") as first, pool.lease("tiny", options=options) as second:
            assert (await first.served()).process.pid != (await second.served()).process.pid

    asyncio.run(run())


def test_an_open_pool_keeps_its_engine_between_two_leases(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with pool_of(fake_engine) as pool:
            async with pool.lease("tiny") as lease:
                pid = (await lease.served()).process.pid
            assert is_running(pid)
            async with pool.lease("tiny") as lease:
                assert (await lease.served()).process.pid == pid
        assert not is_running(pid)

    asyncio.run(run())


def test_an_error_releases_the_lease(fake_engine: Any, tiny: InstalledModel) -> None:
    pids: list[int] = []

    async def run() -> None:
        async with pool_of(fake_engine).lease("tiny") as lease:
            pids.append((await lease.served()).process.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    assert not is_running(pids[0])


def test_a_cancelled_lease_stops_the_engine_that_is_starting(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.behaviour = "unhealthy"

    async def hold(pool: Pool) -> None:
        async with pool.lease("tiny"):
            pytest.fail("an engine that is not healthy was leased")

    async def run() -> None:
        task = asyncio.create_task(hold(pool_of(fake_engine)))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_after_a_failure_the_next_lease_tries_again(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with pool_of(fake_engine) as pool:
            fake_engine.behaviour = "exit"
            with pytest.raises(EngineFailed):
                async with pool.lease("tiny"):
                    pytest.fail("an engine that ended was leased")
            fake_engine.behaviour = "good"
            async with pool.lease("tiny") as lease:
                assert await (await lease.served()).process.is_healthy()

    asyncio.run(run())


def test_no_more_requests_than_slots_are_let_through(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        inside, most = 0, 0
        async with pool_of(fake_engine).lease("tiny", options=EngineOptions(slots=3)) as lease:

            async def visit() -> None:
                nonlocal inside, most
                async with lease.slot():
                    inside += 1
                    most = max(most, inside)
                    await asyncio.sleep(0)
                    inside -= 1

            await asyncio.gather(*(visit() for _ in range(20)))
        assert most == 3
        assert lease.load == 0

    asyncio.run(run())


def test_kill_9_of_the_parent_ends_the_engine(home: Path, tiny: InstalledModel) -> None:
    code = PARENT.format(here=str(Path(__file__).parent))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not is_running(pid)


def test_a_missing_package_is_answered_with_the_command_that_installs_it(
    fake_engine: Any, tiny: InstalledModel
) -> None:
    fake_engine.requires = "a_package_nobody_installed"

    async def run() -> None:
        with pytest.raises(PoolError, match=r"pip install 'probewright\[local\]'$"):
            async with pool_of(fake_engine).lease("tiny"):
                pytest.fail("leased without the engine's package")

    asyncio.run(run())


def test_an_unknown_engine_is_refused(tiny: InstalledModel) -> None:
    async def run() -> None:
        with pytest.raises(UnknownName, match="unknown engine"):
            async with Pool().lease("tiny", engine="llama"):
                pytest.fail("leased an engine that nobody registered")

    asyncio.run(run())


def test_everything_in_one_event_loop_shares_a_pool() -> None:
    async def run() -> Pool:
        assert shared_pool() is shared_pool()
        return shared_pool()

    assert asyncio.run(run()) is not asyncio.run(run())
