"""What holds of the adaptive limit whatever a server does."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from probewright.targets.adaptive import AdaptiveLimit, Sent

Step = tuple[bool, float]


class Flight:
    """Callers that want a number of attempts in flight, and keep to the limit; answers come in any order."""

    def __init__(self, wanted: int, seed: int) -> None:
        self.wanted = wanted
        self.now = 0.0
        self.limit = AdaptiveLimit(lambda: self.now)
        self.sent = 0
        self.in_flight = list[Sent]()
        self.random = Random(seed)
        self.fill()

    def fill(self) -> None:
        allowed = self.wanted if self.limit.limit is None else min(self.limit.limit, self.wanted)
        while len(self.in_flight) < allowed:
            self.sent += 1
            self.in_flight.append(Sent(self.sent, len(self.in_flight) + 1))

    def end_one(self, is_refused: bool, seconds: float) -> None:
        self.now += seconds
        attempt = self.in_flight.pop(self.random.randrange(len(self.in_flight)))
        tell = self.limit.refused if is_refused else self.limit.answered
        tell(attempt, self.sent, self.wanted)
        self.fill()


steps = st.lists(st.tuples(st.booleans(), st.floats(0, 2)), max_size=300)


@given(st.integers(1, 100), steps, st.integers(0, 2**32))
def test_the_limit_stays_between_one_and_what_is_wanted(wanted: int, steps: list[Step], seed: int) -> None:
    flight = Flight(wanted, seed)
    for is_refused, seconds in steps:
        flight.end_one(is_refused, seconds)
        assert flight.limit.limit is None or 1 <= flight.limit.limit <= wanted
        assert flight.in_flight


@given(st.integers(1, 100), steps, st.integers(0, 2**32))
def test_it_recovers_whatever_came_before_once_nothing_is_refused(wanted: int, steps: list[Step], seed: int) -> None:
    flight = Flight(wanted, seed)
    for is_refused, seconds in steps:
        flight.end_one(is_refused, seconds)
    for _ in range(100 * wanted + 1000):
        flight.end_one(is_refused=False, seconds=0.05 / wanted)
    assert flight.limit.limit in (None, wanted)


@given(st.integers(1, 100), st.lists(st.floats(0, 2), max_size=300), st.integers(0, 2**32))
def test_nothing_is_limited_where_nothing_is_refused(wanted: int, seconds: list[float], seed: int) -> None:
    flight = Flight(wanted, seed)
    for pause in seconds:
        flight.end_one(is_refused=False, seconds=pause)
    assert flight.limit.limit is None
