"""Rates against their limits, value by value or as a whole, and how rulings become one verdict, word for word."""

from collections.abc import Sequence

import pytest

from probewright.campaigns.gates.bounds import MOST_CASES, cases_needed, one_sided, within
from probewright.campaigns.gates.criteria.each import EachValue
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.specs.gate import GateSpec
from probewright.stats.intervals import clustered_rate, lower_bound, upper_bound
from probewright.types import Outcome
from tests.gate_parts import FAIL, NOTHING, PASS, Trials, after, asked, said


def each(limit: float = 0.1, confidence: float = 0.95) -> Criterion:
    return asked(EachValue, each={"label": "category", "max_fail_rate": limit}, confidence=confidence)


def of(category: str, failed: int, passed: int) -> list[Trials]:
    labels = {"category": category}
    return [(count, status, "", labels) for count, status in ((failed, FAIL), (passed, PASS))]


def test_each_value_within_its_limit_is_counted_and_others_are_told() -> None:
    few, many = of("few", 0, 4), of("many", 0, 1500)
    assert after(each(0.2), *many) == ("pass", "category: all 1 values are within 20.0% with 95% confidence")
    assert after(each(0.2), *many, *few) == (
        "insufficient_data",
        "category: not surely within 20.0% with 95% confidence: few 0 of 4",
    )
    # 1 - .05 ** (1 / 14) is below 20 %, 1 - .05 ** (1 / 13) above it.
    assert after(each(0.2), *of("a", 0, 14))[0] == "pass"
    assert after(each(0.2), *of("a", 0, 13))[0] == "insufficient_data"


def test_a_value_whose_bound_is_the_limit_itself_is_within_it() -> None:
    assert after(each(one_sided([(0, 1)] * 14, 0.95)[1]), *of("a", 0, 14))[0] == "pass"


def test_the_worst_values_are_named_first_and_those_beyond_five_are_counted() -> None:
    bad = [one for name in "gfedcba" for one in of(name, 40, 60)]
    assert after(each(), *of("bad", 700, 500), *bad, *of("good", 0, 90)) == (
        "fail",
        "category: surely above 10.0% with 95% confidence (Holm): "
        "bad 700 of 1,200; a 40 of 100; b 40 of 100; c 40 of 100; d 40 of 100; and 3 more",
    )
    five = [one for name in "edcba" for one in of(name, 40, 60)]
    assert after(each(), *five)[1].endswith("d 40 of 100; e 40 of 100")


def test_a_value_fails_by_the_exact_binomial_tail_at_the_limit() -> None:
    # P(2 or more of 4 at 10 %) is .0523, of 3 it is .028: the first is no failure with 95 % confidence.
    assert after(each(), *of("a", 2, 2))[0] == "insufficient_data"
    assert after(each(), *of("a", 2, 1))[0] == "fail"
    assert after(each(confidence=0.94), *of("a", 2, 2)) == (
        "fail",
        "category: surely above 10.0% with 94% confidence (Holm): a 2 of 4",
    )


def test_values_share_the_error_by_holms_procedure() -> None:
    # .028 alone rejects; beside another value it would have to be at most .025.
    assert after(each(), *of("a", 2, 1), *of("b", 0, 90))[0] == "insufficient_data"


def test_repeated_trials_of_a_value_count_for_less() -> None:
    once, repeated = each(), each()
    for number in range(12):
        outcome = Outcome(str(number), {"category": "a"}, FAIL if number < 4 else PASS)
        once.add(outcome, str(number), is_rated=True)
        repeated.add(outcome, str(number // 4), is_rated=True)
    assert said(once.ruling(NOTHING))[0] == "fail"  # P(4 or more of 12 at 10 %) is .026
    # All trials of a case agree: 4 of 12 tell as much as 1 of 3, of which the chance is .27.
    assert said(repeated.ruling(NOTHING)) == (
        "insufficient_data",
        "category: not surely within 10.0% with 95% confidence: a 4 of 12",
    )


def test_repeated_trials_that_tell_enough_fail_a_value() -> None:
    # 20 of 40 in cases that agree tell as much as 5 of 10, of which the chance at 10 % is .0016.
    criterion = each()
    for number in range(40):
        status = FAIL if number < 20 else PASS
        criterion.add(Outcome(str(number), {"category": "a"}, status), str(number // 4), is_rated=True)
    reason = "category: surely above 10.0% with 95% confidence (Holm): a 20 of 40"
    assert said(criterion.ruling(NOTHING)) == ("fail", reason)


def test_the_worst_value_is_the_one_that_surely_fails_most() -> None:
    # 3 of 3 may be all, but surely only 37 %; 90 of 100 are surely 83 %.
    assert after(each(), *of("few", 3, 0), *of("many", 90, 10))[1].endswith(": many 90 of 100; few 3 of 3")


def test_a_label_that_no_case_has_is_named() -> None:
    reason = "no case of a rate has the label 'category', so none has a limit"
    assert after(each(), (3, FAIL, "", {"other": "x"})) == ("not_assessable", reason)


@pytest.mark.parametrize(
    ("trials", "limit", "verdict", "reason"),
    [
        ([(0, 1)] * 1500, 0.05, "pass", "0 of 1,500 failed; the upper bound 0.2% is within 5.0% with 95% confidence"),
        (
            [(1, 1)] * 1200 + [(0, 1)] * 800,
            0.05,
            "fail",
            "1,200 of 2,000 failed; the lower bound 58.2% exceeds 5.0% with 95% confidence",
        ),
        (
            [(0, 1)] * 30,
            0.05,
            "insufficient_data",
            "0 of 30 failed; 5.0% lies between the bounds 0.0% and 9.5% with 95% confidence; "
            "at this rate 29 more cases would decide",
        ),
        (
            [(0, 1)] * 30,
            0.001,
            "insufficient_data",
            "0 of 30 failed; 0.1% lies between the bounds 0.0% and 9.5% with 95% confidence; "
            "at this rate 2,965 more cases would decide",
        ),
        (
            [(1, 1)] * 5 + [(0, 1)] * 95,
            0.05,
            "insufficient_data",
            "5 of 100 failed; 5.0% lies between the bounds 2.0% and 10.2% with 95% confidence; "
            "at this rate no number of cases would decide",
        ),
        (
            [],
            0.05,
            "insufficient_data",
            "0 of 0 failed; 5.0% lies between the bounds 0.0% and 100.0% with 95% confidence; "
            "at this rate no number of cases would decide",
        ),
    ],
)
def test_a_rate_is_told_beside_its_bound_its_limit_and_what_would_decide(
    trials: Sequence[tuple[int, int]], limit: float, verdict: str, reason: str
) -> None:
    assert said(within(trials, limit, 0.95)) == (verdict, reason)


def test_a_bound_at_the_limit_itself_is_within_it() -> None:
    high = one_sided([(0, 1)] * 50, 0.95)[1]
    low = one_sided([(1, 1)] * 50, 0.95)[0]
    assert within([(0, 1)] * 50, high, 0.95).verdict is GateVerdict.PASS
    assert within([(1, 1)] * 50, low, 0.95).verdict is GateVerdict.INSUFFICIENT_DATA


def test_bounds_of_repeated_trials_are_those_of_the_clustered_rate_at_twice_the_error() -> None:
    trials = [(1, 2), (0, 2), (0, 1), (2, 2)]
    found = clustered_rate(trials, 0.9)
    assert one_sided(trials, 0.95) == pytest.approx((found.low, found.high))
    assert one_sided([(1, 1), (0, 1), (0, 1)], 0.8) == (lower_bound(1, 3, 0.8), upper_bound(1, 3, 0.8))
    assert one_sided([], 0.95) == (0.0, 1.0)
    assert one_sided([(0, 0)], 0.95) == (0.0, 1.0)


def test_the_number_of_cases_that_would_decide_is_given_up_where_none_is_in_reach() -> None:
    # Without a failure ln .05 / ln(1 - limit) cases are needed: 2,995 at 0.1 %, 30 million at one in ten million.
    assert cases_needed(0, 1, 0.001, 0.95) == 2994
    assert cases_needed(0, 1, 1e-7, 0.95) == 0
    assert cases_needed(0, 30, 0.05, 0.9) == 45 - 30  # ln .1 / ln .95 is 44.9
    assert cases_needed(49, 1000, 0.05, 0.95) > 100_000
    assert MOST_CASES == 10_000_000


def test_the_reasons_that_decide_come_first_and_a_limit_before_them() -> None:
    passed, thin, thinner = (
        Ruling(GateVerdict.PASS, "fine", "a"),
        Ruling(GateVerdict.INSUFFICIENT_DATA, "thin", "b"),
        Ruling(GateVerdict.INSUFFICIENT_DATA, "thinner", "c"),
    )
    rulings = (passed, thin, thinner)
    assert combined(rulings) == Gate(GateVerdict.INSUFFICIENT_DATA, ("thin", "thinner", "fine"), rulings)
    stopped = combined(rulings, "limits.calls: used up")
    assert stopped == Gate(GateVerdict.BUDGET_STOPPED, ("limits.calls: used up", "thin", "thinner", "fine"), rulings)
    regressed = (*rulings, Ruling(GateVerdict.REGRESSION, "worse"))
    assert combined(regressed, "limits.calls: used up").reasons == ("worse", "fine", "thin", "thinner")
    already = (Ruling(GateVerdict.BUDGET_STOPPED, "used up"), passed)
    assert combined(already, "limits.usd: used up") == Gate(GateVerdict.BUDGET_STOPPED, ("used up", "fine"), already)


def test_a_gate_without_a_maximum_says_so_and_every_ruling_names_its_criterion() -> None:
    counted = Evidence([(1, 1)] * 100 + [(0, 1)] * 1000, 0, 1100)
    found = Gatekeeper(GateSpec(max_error_rate=0.1)).gate(counted)
    assert found.reasons == (
        "0 of 1,100 sent cases ended in an error, 0.0%; allowed: 10.0%",
        "100 of 1,100 failed; the gate sets no maximum",
    )
    assert [ruling.criterion for ruling in found.rulings] == ["max_error_rate", ""]
    assert Gatekeeper(GateSpec(min_coverage=0.5)).gate(counted).rulings[0].criterion == "min_coverage"


def test_a_run_that_did_not_finish_or_judged_nothing_says_which() -> None:
    found = Gatekeeper(GateSpec()).gate(Evidence([], 0, 0, stop_kind="target", stop_reason="the endpoint is gone"))
    reasons = (
        "no answer was judged pass or fail, so there is no rate",
        "the run did not finish: the endpoint is gone",
    )
    assert found == Gate(
        GateVerdict.NOT_ASSESSABLE, reasons, tuple(Ruling(GateVerdict.NOT_ASSESSABLE, one) for one in reasons)
    )


def test_only_a_limit_leaves_a_pass_undecided() -> None:
    fine = [(0, 1)] * 9
    other = Evidence(fine, 0, 9, stop_reason="all were asked")
    assert Gatekeeper(GateSpec()).gate(other).verdict is GateVerdict.PASS
    limited = Evidence(fine, 0, 9, stop_kind="limit", stop_reason="limits.calls: used up")
    found = Gatekeeper(GateSpec()).gate(limited)
    assert (found.verdict, found.reasons[0]) == (GateVerdict.BUDGET_STOPPED, "limits.calls: used up")
