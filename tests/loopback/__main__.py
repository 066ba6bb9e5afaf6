"""``python -m tests.loopback --latency-ms 50 --fault rate_limited=0.1``: prints its base URL, ends with its stdin."""

import argparse
import asyncio
import sys
import threading

import uvloop

from tests.loopback.capacity import schedule
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import listening
from tests.loopback.scoring import Quirk
from tests.loopback.server import Behaviour


def rate(text: str) -> tuple[Fault, float]:
    """``fault=share`` of the command line."""
    name, _, share = text.partition("=")
    return Fault(name), float(share)


def parse() -> tuple[Behaviour, int]:
    """The command line as a behaviour and a port."""
    parser = argparse.ArgumentParser(prog="tests.loopback", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--refuse-share", type=float, default=0.5)
    parser.add_argument("--retry-after", default="1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", type=rate, action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--script", default="", metavar="NAME,NAME", help="what the first requests meet, in order")
    parser.add_argument("--quirk", type=Quirk, action="append", default=[], metavar="NAME", help="how it scores")
    parser.add_argument("--capacity", type=schedule, default=(), metavar="N,N@SECONDS", help="requests at once")
    given = parser.parse_args()
    script = tuple(Fault(name) for name in given.script.split(",") if name)
    plan = Plan(script=script, rates=dict(given.fault), seed=given.seed)
    behaviour = Behaviour(
        given.latency_ms / 1000, given.refuse_share, given.retry_after, plan, frozenset(given.quirk), given.capacity
    )
    return behaviour, given.port


async def main(behaviour: Behaviour, port: int) -> None:
    """Serves until stdin ends."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch_stdin() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch_stdin, daemon=True).start()
    async with listening(behaviour, port) as server:
        print(server.base_url, flush=True)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(main(*parse()))
