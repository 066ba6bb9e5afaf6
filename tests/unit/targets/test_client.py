import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from yarl import URL

from probewright.errors import AccessDenied, Garbled, RateLimited, RequestRejected, ServerFault, TimedOut
from probewright.secrets import Redactor
from probewright.targets.client import Call, HttpClient, Timeouts
from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.pace import LocalMeter, Pace, RateLimits
from probewright.targets.retry import Backoff
from probewright.types import Generate, Message, Reply
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import serving

SHORT = Backoff(base_s=0.001, cap_s=0.002, asked_cap_s=0.05)
T = TypeVar("T")


def hello(text: str = "Hello") -> Generate:
    return Generate((Message("user", text),))


def using(base_url: str, script: Callable[[OpenAIChat], Awaitable[T]], **given: Any) -> T:
    """Runs ``script`` with an open target; no task and no warning may be left behind."""
    params = OpenAIChat.Params.model_validate({"base_url": base_url, "model": "mock"} | given)

    async def run() -> T:
        async with OpenAIChat(params, SHORT) as target:
            result = await script(target)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    return asyncio.run(run())


def test_a_request_is_sent_again_until_it_is_answered_and_each_time_counts() -> None:
    async def script(target: OpenAIChat) -> tuple[Reply, int]:
        return await target.ask(hello()), target.retries

    plan = Plan(script=(Fault.SERVER_FAULT, Fault.DROP, Fault.HTML))
    with serving(plan) as server:
        reply, retries = using(server.base_url, script)
        assert server.log.prompts == {"Hello": 4}
        assert server.log.answered == {"Hello": 1}
    assert (reply.attempts, retries) == (4, 3)
    assert 0 < reply.latency_s < 10


def test_retries_are_bounded_and_the_error_says_how_many_there_were() -> None:
    with serving(Plan(always=Fault.SERVER_FAULT)) as server:
        with pytest.raises(ServerFault, match=r"\(3 attempts\)"):
            using(server.base_url, lambda target: target.ask(hello()), retries=2)
        assert server.log.requests == 3


def test_an_error_that_cannot_pass_is_not_retried() -> None:
    with serving(Plan(always=Fault.UNAUTHORIZED)) as server:
        with pytest.raises(AccessDenied, match=r"\(1 attempt\)"):
            using(server.base_url, lambda target: target.ask(hello()))
        assert server.log.requests == 1


def test_a_retry_after_is_waited_for_up_to_its_cap() -> None:
    with serving(Plan(script=(Fault.RATE_LIMITED,)), retry_after="3600") as server:
        started = time.monotonic()
        reply = using(server.base_url, lambda target: target.ask(hello()))
        assert time.monotonic() - started >= SHORT.asked_cap_s
    assert reply.attempts == 2


def test_a_rate_limit_that_stays_reports_what_the_server_asked_for() -> None:
    with serving(Plan(always=Fault.RATE_LIMITED), retry_after="7") as server, pytest.raises(RateLimited) as caught:
        using(server.base_url, lambda target: target.ask(hello()), retries=0)
    assert caught.value.retry_after_s == 7


def test_many_callers_with_faults_all_end_and_nobody_is_answered_twice() -> None:
    async def script(target: OpenAIChat) -> tuple[int, int]:
        replies = await asyncio.gather(*(target.ask(hello(f"prompt {i}")) for i in range(200)))
        return sum(reply.attempts for reply in replies), target.retries

    rates = {Fault.RATE_LIMITED_BARE: 0.1, Fault.SERVER_FAULT: 0.1, Fault.DROP: 0.05, Fault.HALF: 0.05}
    with serving(Plan(rates=rates, seed=5)) as server:
        attempts, retries = using(server.base_url, script, retries=20)
        assert server.log.requests == attempts == 200 + retries
        assert set(server.log.answered.values()) == {1}
        assert len(server.log.answered) == 200
    assert retries > 20


def test_cancelled_calls_leave_nothing_behind_and_the_target_stays_usable() -> None:
    async def script(target: OpenAIChat) -> Reply:
        calls = [asyncio.create_task(target.ask(hello(f"stall {i}"))) for i in range(8)]
        await asyncio.sleep(0.1)
        for call in calls:
            call.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        return await target.ask(hello())

    with serving(Plan(script=(Fault.STALL,) * 8)) as server:
        assert using(server.base_url, script).text


def test_a_call_cancelled_while_it_waits_to_retry_ends_at_once() -> None:
    async def script(target: OpenAIChat) -> None:
        call = asyncio.create_task(target.ask(hello()))
        await asyncio.sleep(0.02)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    with serving(Plan(always=Fault.SERVER_FAULT)) as server:
        using(server.base_url, script, retries=20)


def test_a_long_prompt_and_a_long_answer_pass_whole() -> None:
    answer = "y" * 5_000_000
    with serving(Plan(always=Canned.message({"content": answer}))) as server:
        reply = using(server.base_url, lambda target: target.ask(hello("x" * 2_000_000)))
        assert server.log.prompts == {"x" * 2_000_000: 1}
    assert reply.text == answer


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_that_is_too_long_is_refused_even_when_it_is_small_on_the_wire(is_packed: bool) -> None:
    body = b" " * (33 * 2**20)
    canned = Canned(200, gzip.compress(body, 1), {"Content-Encoding": "gzip"}) if is_packed else Canned(200, body)
    with serving(Plan(always=canned)) as server, pytest.raises(Garbled, match="longer than 32 MB"):
        using(server.base_url, lambda target: target.ask(hello()), retries=0)


def test_a_prompt_that_is_not_unicode_is_rejected_before_it_is_sent() -> None:
    with serving() as server:
        with pytest.raises(RequestRejected, match="not JSON"):
            using(server.base_url, lambda target: target.ask(hello("half \ud800 a pair")))
        assert server.log.requests == 0


def test_silence_longer_than_the_read_timeout_is_named_as_such() -> None:
    with serving(Plan(always=Fault.STALL)) as server, pytest.raises(TimedOut, match="read_timeout_s"):
        using(server.base_url, lambda target: target.ask(hello()), retries=0, read_timeout_s=0.1)


def test_every_attempt_passes_the_rate_limit() -> None:
    waits: list[float] = []
    now = [0.0]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    async def run(base_url: str) -> int:
        client = HttpClient(
            {},
            timeouts=Timeouts(total_s=5, connect_s=5),
            retries=5,
            backoff=SHORT,
            pace=Pace(RateLimits(rpm=60), LocalMeter(lambda: now[0]), sleep=sleep),
            redactor=Redactor(),
            on_retry=lambda: None,
        )
        body = {"model": "mock", "messages": [{"role": "user", "content": "Hello"}]}
        try:
            answer = await client.send(Call(URL(f"{base_url}/chat/completions"), body, read=lambda parsed: parsed))
        finally:
            await client.close()
        return answer.attempts

    with serving(Plan(script=(Fault.SERVER_FAULT, Fault.SERVER_FAULT))) as server:
        assert asyncio.run(run(server.base_url)) == 3
    assert waits == pytest.approx([1.0, 1.0])


def test_a_target_that_is_not_open_says_so() -> None:
    target = OpenAIChat(OpenAIChat.Params(base_url="http://127.0.0.1:9/v1", model="mock"))
    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(target.ask(hello()))
