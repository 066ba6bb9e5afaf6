import asyncio

import pytest

from probewright.targets.adaptive import REFUSED, AdaptiveLimit
from probewright.targets.gate import Gate


def limited_to_two() -> Gate:
    """A gate whose server refused everything beyond two; nothing is in flight any more."""
    gate = Gate(AdaptiveLimit(clock=lambda: 0.0))

    async def fill() -> None:
        attempts = [await gate.enter() for _ in range(3 + REFUSED)]
        for attempt in attempts[3:]:
            gate.learn(attempt, is_refused=True)
        for _ in attempts:
            gate.leave()

    asyncio.run(fill())
    assert gate.limit == 2
    return gate


def test_nobody_waits_as_long_as_nothing_was_refused() -> None:
    async def scenario() -> list[int]:
        gate = Gate()
        return [(await gate.enter()).in_flight for _ in range(1000)]

    assert asyncio.run(scenario()) == list(range(1, 1001))


def test_attempts_beyond_the_limit_wait_and_go_in_the_order_in_which_they_came() -> None:
    gate, order = limited_to_two(), list[int]()

    async def attempt(number: int) -> None:
        sent = await gate.enter()
        assert sent.in_flight <= 2
        order.append(number)
        await asyncio.sleep(0)
        gate.leave()

    async def scenario() -> None:
        await asyncio.gather(*(attempt(number) for number in range(20)))

    asyncio.run(scenario())
    assert order == list(range(20))


@pytest.mark.parametrize("is_let_in_first", [False, True])
def test_a_cancelled_attempt_takes_no_place(is_let_in_first: bool) -> None:
    gate = limited_to_two()

    async def scenario() -> None:
        for _ in range(2):
            await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        if is_let_in_first:
            gate.leave()  # its turn is given, but it does not run before it is cancelled
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        if not is_let_in_first:
            gate.leave()
        assert (await asyncio.wait_for(gate.enter(), 1)).in_flight == 2

    asyncio.run(scenario())
