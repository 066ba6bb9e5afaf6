"""Whose rate is shared with whom."""

import asyncio
import threading
from typing import Any

import pytest

from probewright.targets.endpoint import EndpointParams
from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.pace import Pace, RateLimits
from probewright.targets.rates import LocalRates, current, sharing
from probewright.targets.retry import Backoff
from probewright.types import Generate, Message
from tests.loopback.running import serving

KEY = "env:PROBEWRIGHT_TEST_KEY"


def account(model: str = "m", **given: Any) -> str:
    return EndpointParams.model_validate({"base_url": "https://example.org/v1"} | given).account(model)


def test_the_same_model_place_and_key_are_one_account() -> None:
    assert account() == account(base_url="https://EXAMPLE.org:443/v1/", rpm=60, timeout_s=3)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "n"},
        {"base_url": "http://example.org/v1"},
        {"base_url": "https://example.org:8443/v1"},
        {"base_url": "https://example.org/v2"},
        {"api_key": KEY},
        {"headers": {"api-key": KEY}},
    ],
)
def test_another_model_place_or_key_is_another_account(other: dict[str, Any]) -> None:
    assert account(**other) != account()


def test_an_account_is_known_without_reading_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBEWRIGHT_TEST_KEY", raising=False)
    unset = account(api_key=KEY)
    monkeypatch.setenv("PROBEWRIGHT_TEST_KEY", "a real key")
    assert account(api_key=KEY) == unset


async def turns_within(paces: list[Pace], seconds: float) -> int:
    """How many turns all callers of these paces together get at once."""
    taken = 0

    async def call(pace: Pace) -> None:
        nonlocal taken
        while True:
            await pace.turn()
            taken += 1

    tasks = [asyncio.create_task(call(pace)) for pace in paces]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return taken


def test_paces_of_one_account_share_their_rate_and_others_do_not() -> None:
    async def scenario() -> tuple[int, int]:
        rates, limits = LocalRates(), RateLimits(rpm=1)
        shared = await turns_within([rates.pace("one", limits) for _ in range(4)], 0.05)
        apart = await turns_within([rates.pace(name, limits) for name in "abcd"], 0.05)
        return shared, apart

    assert asyncio.run(scenario()) == (1, 4)


def test_event_loops_in_several_threads_share_a_rate() -> None:
    rates, taken = LocalRates(), list[int]()

    def work() -> None:
        async def scenario() -> None:
            taken.append(await turns_within([rates.pace("one", RateLimits(rpm=1))], 0.1))

        asyncio.run(scenario())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 1


def test_whoever_opens_endpoints_chooses_who_shares() -> None:
    outside, inside = current(), LocalRates()
    with sharing(inside):
        assert current() is inside
    assert current() is outside


def test_two_targets_of_one_account_send_no_more_than_one() -> None:
    async def ask(base_url: str) -> int:
        params = OpenAIChat.Params(base_url=base_url, model="mock", rpm=1)
        request = Generate((Message("user", "Hello"),))
        async with OpenAIChat(params) as first, OpenAIChat(params) as second:
            asked = [asyncio.create_task(target.ask(request)) for target in (first, second)]
            done, waiting = await asyncio.wait(asked, timeout=0.5)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return len(done)

    with serving() as server, sharing(LocalRates()):
        assert asyncio.run(ask(server.base_url)) == 1
        assert server.log.requests == 1


def test_a_limit_of_tokens_counts_what_answers_really_took() -> None:
    async def ask(base_url: str) -> int:
        params = OpenAIChat.Params.model_validate(
            {"base_url": base_url, "model": "mock", "tpm": 10_000, "params": {"max_tokens": 900}}
        )
        async with OpenAIChat(params, Backoff()) as target:
            asked = [asyncio.create_task(target.ask(Generate((Message("user", f"q {i}"),)))) for i in range(40)]
            done, waiting = await asyncio.wait(asked, timeout=0.6)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return len(done)

    with serving() as server, sharing(LocalRates()):
        answered = asyncio.run(ask(server.base_url))
    assert answered > 2  # worst cases alone would let one of them through
    assert answered < 40  # but the first answers leave too little for all worst cases in so short a time
