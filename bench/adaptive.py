"""Adaptive concurrency: 64 callers at a server whose places go from 64 to 8 and back, against the ideal."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.request import urlopen

import orjson
import uvloop

from bench.figure import Figure, middle
from probewright.targets.openai_chat import OpenAIChat
from probewright.types import Generate, Message
from tests.loopback.running import spawned

CALLERS = 64
FEW = 8
LATENCY_MS = 50
DOWN_AT_S, UP_AT_S, END_S = 5, 10, 15
SOON_S = 3
BIN_S = 0.25
ENOUGH = 0.8  # of the answers that the places allow; what all 64 give is measured before they go


@dataclass(frozen=True, slots=True)
class Followed:
    """One run: what the server refused, and how soon and how well it was followed after each step."""

    refused_share: float
    down_s: float
    up_s: float
    busy_few: float
    busy_many: float


def bench(runs: int) -> list[Figure]:
    """The figures of adaptive concurrency."""
    found = [follow() for _ in range(runs)]
    steps = f"{CALLERS} -> {FEW} -> {CALLERS} places"
    return [
        Figure(f"answered 429, {steps}", middle([run.refused_share for run in found]), 0.02, "share"),
        Figure(f"time until {FEW} places are followed", middle([run.down_s for run in found]), 3, "s"),
        Figure(f"time until {CALLERS} places are followed", middle([run.up_s for run in found]), 3, "s"),
        _share_of_ideal(f"answers at {FEW} places / ideal", [run.busy_few for run in found]),
        _share_of_ideal(f"answers at {CALLERS} places again / before", [run.busy_many for run in found]),
    ]


def follow() -> Followed:
    """Asks a server in a process of its own for 15 seconds."""
    places = f"{CALLERS},{FEW}@{DOWN_AT_S},{CALLERS}@{UP_AT_S}"
    with spawned("--latency-ms", str(LATENCY_MS), "--capacity", places, "--retry-after", "") as url:
        answered = uvloop.run(_ask(url))
        with urlopen(f"{url.removesuffix('/v1')}/log") as answer:
            log = orjson.loads(answer.read())
    few, many = FEW / (LATENCY_MS / 1000), _rate(answered, 1, DOWN_AT_S)
    return Followed(
        refused_share=log["refused"] / log["requests"],
        down_s=_until(answered, DOWN_AT_S, lambda rate: rate < few / ENOUGH),
        up_s=_until(answered, UP_AT_S, lambda rate: rate > many * ENOUGH),
        busy_few=_rate(answered, DOWN_AT_S + SOON_S, UP_AT_S) / few,
        busy_many=_rate(answered, UP_AT_S + SOON_S, END_S) / many,
    )


async def _ask(base_url: str) -> list[float]:
    """When each answer came, in seconds since the first request."""
    params = OpenAIChat.Params(base_url=base_url, model="mock", retries=20)
    answered: list[float] = []
    async with OpenAIChat(params) as target:
        started = monotonic()

        async def call(caller: int) -> None:
            while monotonic() - started < END_S:
                await target.ask(Generate((Message("user", f"caller {caller}, question {len(answered)}"),)))
                answered.append(monotonic() - started)

        await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
    return answered


def _rate(answered: Sequence[float], start_s: float, end_s: float) -> float:
    """Answers a second within a part of the run."""
    return (bisect_left(answered, end_s) - bisect_left(answered, start_s)) / (end_s - start_s)


def _until(answered: Sequence[float], step_s: float, is_followed: Callable[[float], bool]) -> float:
    """Seconds from a step until the rate of answers is as it should be; as long as the run where it never is."""
    bins = int((END_S - step_s) / BIN_S)
    ends = (BIN_S * number for number in range(1, bins + 1))
    return next((end for end in ends if is_followed(_rate(answered, step_s + end - BIN_S, step_s + end))), float(END_S))


def _share_of_ideal(name: str, shares: Sequence[float]) -> Figure:
    return Figure(name, middle(shares), ENOUGH, "ratio", is_floor=True)
