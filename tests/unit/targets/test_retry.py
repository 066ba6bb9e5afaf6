from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.targets.retry import Backoff, retry_after_s

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", 1e20),
    ],
)
def test_a_retry_after_header_is_read_as_seconds_from_now(header: str, seconds: float) -> None:
    assert retry_after_s(header, now=lambda: NOON) == seconds


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "nan", "inf", "1e3", "1.2.3", ".", "²", "Sun, 99 Foo"])
def test_a_header_that_is_neither_seconds_nor_a_date_is_ignored(header: str | None) -> None:
    assert retry_after_s(header) is None


@given(st.text())
def test_no_header_breaks_the_reader(header: str) -> None:
    seconds = retry_after_s(header, now=lambda: NOON)
    assert seconds is None or seconds >= 0


@given(st.integers(1, 5000), st.none() | st.floats(0, 1e9), st.integers())
def test_a_delay_keeps_to_its_bounds(attempt: int, asked_s: float | None, seed: int) -> None:
    backoff = Backoff(base_s=0.5, cap_s=20, asked_cap_s=120, random=Random(seed))
    floor = min(asked_s or 0.0, 120)
    assert floor <= backoff.delay_s(attempt, asked_s) <= floor + min(20, 0.5 * 2 ** min(attempt - 1, 10))


def test_callers_told_the_same_retry_after_do_not_come_back_together() -> None:
    backoff = Backoff(random=Random(3))
    delays = [backoff.delay_s(1, asked_s=10) for _ in range(64)]
    assert len({round(delay, 3) for delay in delays}) > 48
    assert max(delays) - min(delays) > 0.4
