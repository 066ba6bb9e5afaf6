from probewright.campaigns.engine.breaker import FIRST, Breaker
from probewright.errors import AccessDenied, TimedOut

SLOW = TimedOut("too slow")


def test_a_refused_key_is_final_at_once() -> None:
    breaker = Breaker(concurrency=16)
    breaker.answered()
    assert breaker.failed(AccessDenied("HTTP 401")) == "HTTP 401"


def test_a_target_that_never_answered_is_given_up_after_eight_calls() -> None:
    breaker = Breaker(concurrency=64)
    assert [breaker.failed(SLOW) for _ in range(FIRST - 1)] == [None] * (FIRST - 1)
    assert breaker.failed(SLOW) == "8 calls in a row brought no answer; the last: too slow"


def test_a_target_that_did_answer_is_given_up_after_two_full_loads() -> None:
    breaker = Breaker(concurrency=4)
    breaker.answered()
    assert [breaker.failed(SLOW) for _ in range(2 * 4 + FIRST - 1)] == [None] * 15
    assert breaker.failed(SLOW) is not None


def test_one_answer_in_between_starts_the_count_again() -> None:
    breaker = Breaker(concurrency=1)
    for _ in range(50):
        assert [breaker.failed(SLOW) for _ in range(FIRST - 1)] == [None] * (FIRST - 1)
        breaker.answered()
