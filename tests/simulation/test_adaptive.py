"""How the adaptive limit follows servers, in virtual time: whole minutes of traffic in a fraction of a second."""

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import pytest

from probewright.targets.adaptive import AdaptiveLimit, Sent

WANTED = 64
Capacity = Callable[[float], int]


def steps(at_s: float, back_s: float) -> Capacity:
    """64 places, 8 from ``at_s`` on, 64 again from ``back_s`` on."""
    return lambda now: 8 if at_s <= now < back_s else WANTED


@dataclass
class World:
    """A server that takes ``capacity`` requests at once and refuses more without delay, and 64 callers that ask on.

    A refused request waits for ``retry_after_s`` and a backoff of up to half a second that doubles, and asks again.

    Attributes:
        capacity: places by second.
        latency_s: mean time of an answer; it varies by a fifth either way.
        chance: share of requests that is refused whatever there is room for.
        way_s: mean time on the way to the server, and back.
    """

    capacity: Capacity
    latency_s: float = 0.05
    retry_after_s: float = 0.0
    chance: float = 0.0
    way_s: float = 0.0005
    seed: int = 0

    now: float = 0.0
    sent: int = 0
    refused: int = 0
    in_flight: int = 0
    served: int = 0
    answered: Counter[int] = field(default_factory=Counter)  # by second

    def run(self, seconds: float) -> "World":
        self.random = Random(self.seed)
        self.limit = AdaptiveLimit(lambda: self.now)
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.numbers = count()
        self.waiting = deque([0] * WANTED)  # how often each was refused already
        self.admit()
        while self.events and self.events[0][0] < seconds:
            self.now, _, happen = heapq.heappop(self.events)
            happen()
        return self

    @property
    def refused_share(self) -> float:
        return self.refused / self.sent

    def busy(self, start_s: int, end_s: int) -> float:
        """How many requests were being answered at once, on average."""
        answers = sum(self.answered[second] for second in range(start_s, end_s))
        return answers * self.latency_s / (end_s - start_s)

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.numbers), happen))

    def on_the_way(self) -> float:
        return self.way_s * self.random.uniform(0.5, 1.5)

    def admit(self) -> None:
        while self.waiting and (self.limit.limit is None or self.in_flight < self.limit.limit):
            refusals = self.waiting.popleft()
            self.sent += 1
            self.in_flight += 1
            attempt = Sent(self.sent, self.in_flight)
            self.later(self.on_the_way(), lambda a=attempt, r=refusals: self.arrive(a, r))

    def arrive(self, attempt: Sent, refusals: int) -> None:
        if self.served >= self.capacity(self.now) or self.random.random() < self.chance:
            self.later(self.on_the_way(), lambda: self.hear_refusal(attempt, refusals))
            return
        self.served += 1
        self.later(self.latency_s * self.random.uniform(0.8, 1.2), lambda: self.finish(attempt))

    def finish(self, attempt: Sent) -> None:
        self.served -= 1
        self.later(self.on_the_way(), lambda: self.hear_answer(attempt))

    def hear_answer(self, attempt: Sent) -> None:
        self.answered[int(self.now)] += 1
        self.limit.answered(attempt, self.sent, self.in_flight + len(self.waiting))
        self.in_flight -= 1
        self.waiting.append(0)
        self.admit()

    def hear_refusal(self, attempt: Sent, refusals: int) -> None:
        self.refused += 1
        self.limit.refused(attempt, self.sent, self.in_flight + len(self.waiting))
        self.in_flight -= 1
        backoff_s = self.random.uniform(0, min(20.0, 0.5 * 2**refusals))
        self.later(self.retry_after_s + backoff_s, lambda: self.come_back(refusals + 1))
        self.admit()

    def come_back(self, refusals: int) -> None:
        self.waiting.append(refusals)
        self.admit()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("at_s", [5.0, 5.7, 6.3])
@pytest.mark.parametrize("retry_after_s", [0.0, 1.0])
def test_it_follows_a_server_from_64_to_8_and_back_within_three_seconds_and_is_hardly_refused(
    seed: int, at_s: float, retry_after_s: float
) -> None:
    world = World(steps(at_s, at_s + 5), retry_after_s=retry_after_s, seed=seed).run(at_s + 12)
    down, up = round(at_s), round(at_s + 5)
    assert world.refused_share < 0.02
    assert 7 < world.busy(down + 1, up - 1) < 8.5
    assert world.busy(up + 3, up + 6) > 60


@pytest.mark.parametrize("seed", range(5))
def test_it_follows_a_slow_server_too(seed: int) -> None:
    world = World(steps(20, 40), latency_s=0.5, seed=seed).run(70)
    assert world.refused_share < 0.02
    assert 7 < world.busy(23, 39) < 8.5
    assert world.busy(55, 70) > 60


@pytest.mark.parametrize("places", [1, 3, 8, 30, 60])
def test_a_server_with_few_places_is_kept_busy_and_hardly_refuses_once_it_is_known(places: int) -> None:
    first, all_of_it = (World(lambda _: places).run(seconds) for seconds in (10, 30))
    assert all_of_it.busy(10, 30) > 0.85 * places
    assert (all_of_it.refused - first.refused) / (all_of_it.sent - first.sent) < 0.04


def test_one_refusal_in_twenty_at_random_does_not_stop_the_traffic() -> None:
    world = World(lambda _: 1000, chance=0.05).run(20)
    assert world.busy(10, 20) > 30


def test_a_server_that_refuses_nothing_is_never_limited() -> None:
    world = World(lambda _: WANTED).run(10)
    assert world.limit.limit is None
    assert world.refused == 0
