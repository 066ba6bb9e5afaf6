import asyncio
from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.targets.pace import Pace


class Clock:
    """A clock that runs only while somebody sleeps, and wakes sleepers a little early, as real timers do."""

    def __init__(self) -> None:
        self.now = 1000.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += max(seconds * 0.9, 1e-6)


async def sent_at(clock: Clock, pace: Pace, callers: int) -> list[float]:
    times: list[float] = []

    async def call() -> None:
        await pace.turn()
        times.append(clock.now)

    await asyncio.gather(*(call() for _ in range(callers)))
    return times


def most_in_a_minute(times: list[float]) -> int:
    return max(bisect_right(times, start + 60.0) - index for index, start in enumerate(times))


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 100), st.floats(0, 300))
def test_no_minute_sees_more_than_the_rate_and_its_burst(rpm: int, callers: int, idle_s: float) -> None:
    clock = Clock()

    async def scenario() -> list[float]:
        pace = Pace(rpm, clock.read, clock.sleep)
        first = await sent_at(clock, pace, callers)
        clock.now += idle_s
        return first + await sent_at(clock, pace, callers)

    assert most_in_a_minute(asyncio.run(scenario())) <= rpm + max(1, rpm // 60)


def test_callers_are_spread_evenly_after_the_burst() -> None:
    clock = Clock()
    times = asyncio.run(sent_at(clock, Pace(120, clock.read, clock.sleep), 10))
    assert [round(t - 1000.0, 3) for t in times] == pytest.approx([0, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], abs=0.01)


def test_a_cancelled_caller_uses_up_no_turn() -> None:
    clock = Clock()

    async def scenario() -> float:
        pace = Pace(60, clock.read, clock.sleep)
        await pace.turn()
        waiting = [asyncio.create_task(pace.turn()) for _ in range(50)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await pace.turn()
        return clock.now - 1000.0

    assert asyncio.run(scenario()) < 3
