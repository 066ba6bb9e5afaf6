from hypothesis import given
from hypothesis import strategies as st

from probewright.pools.supervisor import RestartPolicy, Restarts


@given(st.lists(st.floats(0, 50), max_size=60), st.integers(0, 4), st.floats(1, 100))
def test_no_window_holds_more_restarts_than_the_policy_allows(steps: list[float], limit: int, window_s: float) -> None:
    now = 0.0
    restarts = Restarts(RestartPolicy(limit, window_s), clock=lambda: now)
    granted: list[float] = []
    for step in steps:
        now += step
        if restarts.wait_s() is not None:
            granted.append(now)
    for first in granted:
        assert sum(first <= time < first + window_s for time in granted) <= limit


def test_the_wait_grows_with_each_restart_and_starts_again_after_the_window() -> None:
    now = 0.0
    policy = RestartPolicy(limit=3, window_s=600, first_wait_s=0.1, factor=5)
    restarts = Restarts(policy, clock=lambda: now)
    assert [restarts.wait_s() for _ in range(4)] == [0.1, 0.5, 2.5, None]
    now = 600.0
    assert restarts.wait_s() == 0.1
