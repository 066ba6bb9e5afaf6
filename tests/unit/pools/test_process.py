"""The process of an engine: how it ended is told as it was, also when it is killed at the moment it dies."""

import asyncio
import os
import signal

from probewright.pools.engine_log import EngineLog
from probewright.pools.process import EngineProcess

IDLE = ("sleep", "60")


def test_killing_a_process_that_has_just_died_does_not_hide_how_it_ended() -> None:
    async def run() -> list[str]:
        ends = []
        for _ in range(20):
            with EngineLog("idle") as log:
                started = await asyncio.create_subprocess_exec(*IDLE)
                process = EngineProcess(started, log, "/health")
                os.kill(process.pid, signal.SIGKILL)
                for _ in range(50):  # one of them comes while it is dead and asyncio has not noticed
                    process.kill()
                ends.append(await process.wait())
        return ends

    assert {end.split(" (")[0] for end in asyncio.run(run())} == {"was killed by signal 9"}
