import asyncio
from bisect import bisect_right
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.targets.pace import LocalMeter, Pace, RateLimits


class Clock:
    """A clock that runs only while somebody sleeps, and wakes sleepers a little early, as real timers do."""

    def __init__(self) -> None:
        self.now = 1000.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += max(seconds * 0.9, 1e-6)

    def pace(self, rpm: int | None = None, tpm: int | None = None, meter: LocalMeter | None = None) -> Pace:
        return Pace(RateLimits(rpm, tpm), meter or LocalMeter(self.read), sleep=self.sleep)


async def sent_at(clock: Clock, pace: Pace, callers: int) -> list[float]:
    times: list[float] = []

    async def call() -> None:
        await pace.turn()
        times.append(clock.now)

    await asyncio.gather(*(call() for _ in range(callers)))
    return times


def most_in_a_minute(times: list[float], units: list[int] | None = None) -> int:
    sums = [0, *accumulate(units or [1] * len(times))]
    return max(sums[bisect_right(times, start + 60.0)] - sums[index] for index, start in enumerate(times))


@given(st.integers(1, 200), st.integers(1, 100), st.floats(0, 300))
def test_no_minute_sees_more_than_the_rate_and_its_burst(rpm: int, callers: int, idle_s: float) -> None:
    clock = Clock()

    async def scenario() -> list[float]:
        pace = clock.pace(rpm)
        first = await sent_at(clock, pace, callers)
        clock.now += idle_s
        return first + await sent_at(clock, pace, callers)

    assert most_in_a_minute(asyncio.run(scenario())) <= rpm + max(1, rpm // 60)


def test_callers_are_spread_evenly_after_the_burst() -> None:
    clock = Clock()
    times = asyncio.run(sent_at(clock, clock.pace(120), 10))
    assert [round(t - 1000.0, 3) for t in times] == pytest.approx([0, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], abs=0.01)


def test_a_cancelled_caller_uses_up_no_turn() -> None:
    clock = Clock()

    async def scenario() -> float:
        pace = clock.pace(60)
        await pace.turn()
        waiting = [asyncio.create_task(pace.turn()) for _ in range(50)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await pace.turn()
        return clock.now - 1000.0

    assert asyncio.run(scenario()) < 3


def test_callers_go_in_the_order_in_which_they_came() -> None:
    clock, order = Clock(), list[int]()

    async def call(pace: Pace, number: int) -> None:
        await pace.turn()
        order.append(number)

    async def scenario() -> None:
        pace = clock.pace(60)
        await asyncio.gather(*(call(pace, number) for number in range(20)))

    asyncio.run(scenario())
    assert order == list(range(20))


@given(st.integers(100, 100_000), st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0, 200))
def test_no_minute_sees_more_than_its_tokens_when_all_of_them_are_used(
    tpm: int, shares: list[float], idle_s: float
) -> None:
    clock = Clock()
    sizes = [max(1, int(share * tpm / 10)) for share in shares]  # none is larger than the burst

    async def scenario() -> list[float]:
        pace, times = clock.pace(tpm=tpm), list[float]()
        for number, tokens in enumerate(sizes):
            if number == len(sizes) // 2:
                clock.now += idle_s
            await pace.turn(tokens)
            times.append(clock.now)
        return times

    assert most_in_a_minute(asyncio.run(scenario()), sizes) <= tpm + 1


def test_tokens_that_were_not_used_are_given_back() -> None:
    async def seconds_for_100(real: int) -> float:
        clock = Clock()
        pace = clock.pace(tpm=60_000)
        for _ in range(100):
            await pace.turn(5000)
            await pace.used(5000, real)
        return clock.now - 1000.0

    assert asyncio.run(seconds_for_100(real=50)) < 6  # 100 times 50 tokens at 900 a second
    assert asyncio.run(seconds_for_100(real=5000)) > 500


def test_an_answer_that_took_more_than_its_worst_case_is_counted_in_full() -> None:
    async def scenario() -> float:
        clock = Clock()
        pace = clock.pace(tpm=60_000)
        await pace.turn(100)
        await pace.used(100, 60_000)
        await pace.turn(100)
        return clock.now - 1000.0

    assert asyncio.run(scenario()) > 50


def test_a_request_larger_than_the_burst_is_sent_alone_and_paid_off_later() -> None:
    async def scenario() -> list[float]:
        clock, times = Clock(), list[float]()
        pace = clock.pace(tpm=6000)
        for tokens in (6000, 6000, 1):
            await pace.turn(tokens)
            times.append(clock.now - 1000.0)
        return times

    first, second, third = asyncio.run(scenario())
    assert first == 0
    assert second == pytest.approx(6000 / 90, rel=0.01)  # nine tenths of 100 tokens a second flow evenly
    assert third > second + 50


def test_users_with_different_limits_each_take_a_share_of_their_own() -> None:
    async def scenario() -> float:
        clock = Clock()
        meter = LocalMeter(clock.read)
        slow, fast = clock.pace(60, meter=meter), clock.pace(120, meter=meter)
        for _ in range(30):
            await slow.turn()
            await fast.turn()
        return clock.now - 1000.0

    assert asyncio.run(scenario()) == pytest.approx(30 * 1.5, abs=2)
