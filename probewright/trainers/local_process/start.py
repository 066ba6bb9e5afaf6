"""The trainer's side of its process: starts it, keeps its log, says in one line how it failed."""

import asyncio
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from probewright import home
from probewright.errors import ConfigError, TrainingFailed
from probewright.pools.child import ONE_THREAD
from probewright.pools.engine_log import EngineLog, copy_lines
from probewright.pools.process import INHERITED
from probewright.trainers.local_process.job import FAILED, REFUSED, Job

MODULE = "probewright.trainers.local_process"
SETTINGS = {
    **ONE_THREAD,
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",  # everything lies in the data folder; nothing is looked up anywhere
    "PYTHONWARNINGS": "ignore",  # a log's last line is the reason, not a library's deprecation
}


async def run(job: Job, folder: Path) -> None:
    """Runs ``job`` in a process of its own until adapter and record lie in ``folder``, which is made.

    Cancelling this kills the process.

    Raises:
        ConfigError: the examples or the model cannot be trained on.
        TrainingFailed: the process broke off.
    """
    with EngineLog(f"train-{job.key()}-{time.time_ns()}") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # keeps files of the working folder from being imported
            "-m",
            MODULE,
            str(folder),
            stdin=asyncio.subprocess.PIPE,  # takes the job; its end tells the process that this one is gone
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the campaign, which cancels this
        )
        try:
            code = await _follow(process, job, log)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    _check(code, log)


async def _follow(process: asyncio.subprocess.Process, job: Job, log: EngineLog) -> int:
    assert process.stdin  # asked for above
    assert process.stdout
    with suppress(ConnectionError):  # it has ended already; its log says why
        process.stdin.write(job.model_dump_json().encode() + b"\n")
        await process.stdin.drain()
    await copy_lines(process.stdout, log)
    return await process.wait()


def _check(code: int, log: EngineLog) -> None:
    if code == 0:
        return
    if code == REFUSED:
        raise ConfigError(log.last_line)
    if code == FAILED:
        raise TrainingFailed(f"{log.last_line}; log: {log.path}")
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    raise TrainingFailed(f"the training process {how} ({log.last_line or 'it said nothing'}); log: {log.path}")


def _environment() -> dict[str, str]:
    """All that the process sees of this one's environment: never the keys of endpoints."""
    names = (*INHERITED, home.VARIABLE)
    return {name: os.environ[name] for name in names if name in os.environ} | SETTINGS
