"""Starts the loopback server: in this loop, in a thread for tests, or in a process of its own for benches."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from aiohttp import web

from tests.loopback.capacity import Schedule
from tests.loopback.faults import Plan
from tests.loopback.scoring import Quirk
from tests.loopback.server import Behaviour, Log, LoopbackApp

ROOT = Path(__file__).parents[2]


@dataclass
class Loopback:
    """A running server: its ``base_url`` (with /v1) and, where it runs in this process, its app."""

    base_url: str
    app: LoopbackApp

    @property
    def log(self) -> Log:
        """What the server saw so far."""
        return self.app.log


@asynccontextmanager
async def listening(behaviour: Behaviour, port: int = 0) -> AsyncIterator[Loopback]:
    """A server in the running event loop; port 0 takes a free one."""
    app = LoopbackApp(behaviour)
    runner = web.ServerRunner(web.Server(app.handle, access_log=None), shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        host, bound = runner.addresses[0][:2]
        yield Loopback(f"http://{host}:{bound}/v1", app)
    finally:
        app.stop_stalling()
        await runner.cleanup()


@contextmanager
def serving(plan: Plan | None = None, **behaviour: float | str | frozenset[Quirk] | Schedule) -> Iterator[Loopback]:
    """A server in a thread with its own loop, for tests; ``behaviour`` are fields of `Behaviour`."""
    settings = Behaviour(plan=plan or Plan(), **behaviour)  # type: ignore[arg-type]
    started: list[Loopback] = []
    is_up = threading.Event()
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        async with listening(settings) as server:
            started.append(server)
            stops.append((asyncio.get_running_loop(), stop))
            is_up.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: uvloop.run(serve()), daemon=True)
    thread.start()
    if not is_up.wait(10):
        raise RuntimeError("the loopback server did not start within 10 s")
    try:
        yield started[0]
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


@contextmanager
def spawned(*arguments: str) -> Iterator[str]:
    """A server in a process of its own, for benches; gives its base URL."""
    command = [sys.executable, "-m", "tests.loopback", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)
