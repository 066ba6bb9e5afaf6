"""The client against a real server that takes only so many requests at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.retry import Backoff
from probewright.types import Generate, Message
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import serving

T = TypeVar("T")


def hello(text: str) -> Generate:
    return Generate((Message("user", text),))


def using(base_url: str, script: Callable[[OpenAIChat], Awaitable[T]]) -> T:
    params = OpenAIChat.Params(base_url=base_url, model="mock", retries=20)

    async def run() -> T:
        async with OpenAIChat(params, Backoff(base_s=0.1, cap_s=0.5)) as target:
            return await script(target)

    return asyncio.run(run())


async def ask_all(target: OpenAIChat, prompts: int, at_once: int = 64) -> int | None:
    """Asks ``prompts`` questions; gives the limit that the client kept to in the end."""
    numbers = iter(range(prompts))

    async def work() -> None:
        for number in numbers:
            await target.ask(hello(f"prompt {number}"))

    await asyncio.gather(*(work() for _ in range(at_once)))
    return target.concurrency


def test_a_server_with_eight_places_gets_eight_at_once_and_answers_everything() -> None:
    with serving(capacity=((0, 8),), latency_s=0.02) as server:
        limit = using(server.base_url, lambda target: ask_all(target, 600))
        log = server.log
    assert limit in range(5, 11)
    assert len(log.answered) == 600
    assert 64 - 8 <= log.refused < 64 - 8 + 0.25 * 600  # the first burst, then few; the bench `adaptive` has the share
    assert log.requests == 600 + log.refused


def test_the_limit_goes_up_again_when_the_server_takes_more() -> None:
    with serving(capacity=((0, 4), (0.5, 1000)), latency_s=0.01) as server:
        assert using(server.base_url, lambda target: ask_all(target, 3000, at_once=32)) == 32


def test_a_server_that_refuses_nothing_is_never_limited() -> None:
    with serving(capacity=((0, 64),), latency_s=0.02) as server:
        assert using(server.base_url, lambda target: ask_all(target, 500)) is None
        assert server.log.max_in_flight > 8


def test_503_counts_as_too_many_and_500_does_not() -> None:
    def limit_after(status: int) -> int | None:
        plan = Plan(script=(Canned.json({"error": "no"}, status),) * 32)
        with serving(plan) as server:
            return using(server.base_url, lambda target: ask_all(target, 40, at_once=32))

    assert limit_after(503) is not None
    assert limit_after(500) is None


def test_a_refused_request_waits_as_long_as_it_was_told_and_others_go_on() -> None:
    async def script(target: OpenAIChat) -> tuple[float, float]:
        started = time.monotonic()
        refused = asyncio.create_task(target.ask(hello("first")))
        await asyncio.sleep(0.1)
        for number in range(20):
            await target.ask(hello(f"prompt {number}"))
        others_s = time.monotonic() - started
        await refused
        return others_s, time.monotonic() - started

    with serving(Plan(script=(Fault.RATE_LIMITED,)), retry_after="1") as server:
        others_s, refused_s = using(server.base_url, script)
    assert others_s < refused_s
    assert refused_s >= 1
