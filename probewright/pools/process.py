"""One engine's process: started, healthy, ended."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

import aiohttp

from probewright.errors import EngineFailed
from probewright.pools.child import ANNOUNCEMENT, HOST
from probewright.pools.engine_log import EngineLog, copy_lines

# All that an engine's process sees of its parent's environment: never the keys of other endpoints.
INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
    "CUDA_VISIBLE_DEVICES",  # a process that trains and one that serves see the same GPUs
)
HEALTH_TIMEOUT_S = 5.0
HEALTH_POLL_S = 0.02
TERMINATE_S = 3.0


class EngineProcess:
    """A running process and its port. Made by `launch`, ended by `stop`."""

    def __init__(self, process: asyncio.subprocess.Process, log: EngineLog, health_path: str) -> None:
        self.port = 0
        self._process = process
        self._log = log
        self._health_path = health_path
        self._copies: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def address(self) -> str:
        """Where it listens, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet, as far as this process was told."""
        return self._process.returncode is None

    async def wait(self) -> str:
        """Waits for its end; says how it ended, with its last line."""
        code = await self._process.wait()
        await asyncio.gather(*self._copies)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"{how} ({self._log.last_line or 'it said nothing'})"

    async def is_healthy(self) -> bool:
        """Whether it answers its health check with HTTP 200."""
        timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self.address + self._health_path) as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill(self) -> None:
        """Ends it at once; the supervisor then starts another."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        """Sends a signal without asking for the exit status.

        asyncio's own `kill` and `terminate` ask first, by waitpid, and so take the status of a process that has just
        ended away from asyncio's watcher, which then reports 255 (CPython issue 87744).
        """
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def stop(self) -> None:
        """Ends it: asks first, kills after three seconds."""
        try:
            if self.is_running:
                self._signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    async with asyncio.timeout(TERMINATE_S):
                        await self._process.wait()
        finally:
            if self.is_running:
                self.kill()
            await self._process.wait()
            await asyncio.gather(*self._copies)

    async def become_healthy(self) -> None:
        """Waits for the announced port and the first good health check.

        Raises:
            EngineFailed: it ended before that.
        """
        out, err = self._process.stdout, self._process.stderr
        assert out  # `launch` asked for both pipes
        assert err
        self._copies.append(asyncio.create_task(copy_lines(err, self._log)))
        while not self.port:
            line = await out.readline()
            if not line:
                raise EngineFailed(await self.wait())
            text = line.decode(errors="replace").strip()
            if text.startswith(ANNOUNCEMENT):
                self.port = int(text.removeprefix(ANNOUNCEMENT))
            else:
                self._log.write(line)
        self._copies.append(asyncio.create_task(copy_lines(out, self._log)))
        while not await self.is_healthy():
            if not self.is_running:
                raise EngineFailed(await self.wait())
            await asyncio.sleep(HEALTH_POLL_S)


async def launch(
    command: Sequence[str], environment: Mapping[str, str], log: EngineLog, health_path: str, limit_s: float
) -> EngineProcess:
    """Starts ``command`` and waits until it is healthy.

    Raises:
        EngineFailed: it did not start, it ended, or it was not healthy after ``limit_s`` seconds; with its last line.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,  # never written to: its end tells the child that this process is gone
            stdout=pipe,
            stderr=pipe,
            env={**inherited, **environment},
            start_new_session=True,  # Ctrl-C is for the campaign, which still wants answers that are on their way
        )
    except OSError as error:
        raise EngineFailed(f"could not be started: {error}") from error
    engine = EngineProcess(process, log, health_path)
    try:
        async with asyncio.timeout(limit_s):
            await engine.become_healthy()
    except TimeoutError:
        await engine.stop()
        last = log.last_line or "it said nothing"
        raise EngineFailed(f"was not healthy after {limit_s:g} s ({last})") from None
    except BaseException:
        await engine.stop()
        raise
    return engine
