import pytest

from probewright.campaigns.limiter import BudgetLimiter, add
from probewright.errors import LimitReached
from probewright.protocols import Cost

NOTHING = Cost(usd=0.0)


def test_what_is_spent_and_reserved_together_never_exceeds_a_limit() -> None:
    limiter = BudgetLimiter(tokens=100)
    limiter.reserve(Cost(1, 60, 0.0))
    with pytest.raises(LimitReached, match=r"limits\.tokens: 0 of 100 spent; the next call could exceed it") as caught:
        limiter.reserve(Cost(1, 41, 0.0))
    assert (caught.value.limit, caught.value.exit_code) == ("tokens", 4)
    limiter.reserve(Cost(1, 40, 0.0))


def test_a_settled_call_gives_back_what_it_did_not_cost() -> None:
    limiter = BudgetLimiter(tokens=100)
    limiter.reserve(Cost(1, 90, 0.5))
    limiter.settle(Cost(1, 90, 0.5), Cost(1, 10, 0.1))
    assert limiter.spent == Cost(1, 10, 0.1)
    limiter.reserve(Cost(1, 90, 0.5))
    with pytest.raises(LimitReached):
        limiter.reserve(Cost(1, 1, 0.0))


def test_a_refused_reservation_sets_nothing_aside() -> None:
    limiter = BudgetLimiter(calls=2, tokens=10)
    with pytest.raises(LimitReached):
        limiter.reserve(Cost(1, 11, 0.0))
    limiter.reserve(Cost(1, 5, 0.0))
    limiter.reserve(Cost(1, 5, 0.0))


def test_a_call_without_an_answer_costs_nothing() -> None:
    limiter = BudgetLimiter(calls=1)
    for _ in range(3):
        limiter.reserve(Cost(1, 5, 0.1))
        limiter.settle(Cost(1, 5, 0.1), NOTHING)
    assert (limiter.spent.calls, limiter.spent.tokens) == (0, 0)


def test_earlier_runs_count_against_the_limit() -> None:
    limiter = BudgetLimiter(usd=1.0, spent=Cost(10, 100, 0.95))
    limiter.reserve(Cost(1, 1, 0.05))
    with pytest.raises(LimitReached, match=r"limits\.usd: 0\.95 of 1 spent"):
        limiter.reserve(Cost(1, 1, 0.01))


@pytest.mark.parametrize(
    "limiter", [BudgetLimiter(usd=5.0), BudgetLimiter(usd=5.0, spent=Cost(3, 30, None))], ids=["call", "earlier run"]
)
def test_limited_dollars_cannot_be_held_where_a_price_is_unknown(limiter: BudgetLimiter) -> None:
    with pytest.raises(LimitReached, match=r"limits\.usd: 5 cannot be held: the price of a call is unknown"):
        limiter.reserve(Cost(1, 1, None))


def test_an_unknown_price_is_no_obstacle_where_dollars_are_not_limited() -> None:
    limiter = BudgetLimiter(calls=1)
    limiter.reserve(Cost(1, 1, None))
    limiter.settle(Cost(1, 1, None), Cost(1, 1, None))
    assert limiter.spent == Cost(1, 1, None)


def test_an_unknown_cost_stays_unknown_in_a_sum() -> None:
    assert add(Cost(1, 2, 0.5), Cost(3, 4, None)) == Cost(4, 6, None)
    assert add(Cost(1, 2, 0.5), Cost(3, 4, 0.25)) == Cost(4, 6, 0.75)
