"""What a gate's criteria say, word for word and number for number, and that a number at the limit itself decides."""

from collections.abc import Mapping, Sequence

import pytest

from probewright.campaigns.comparison import Change, Comparison
from probewright.campaigns.gates.bounds import MOST_CASES, cases_needed, one_sided, within
from probewright.campaigns.gates.criteria.coverage import CoverageFloor
from probewright.campaigns.gates.criteria.each import EachValue
from probewright.campaigns.gates.criteria.errors import ErrorBudget
from probewright.campaigns.gates.criteria.must_pass import MustPass
from probewright.campaigns.gates.criteria.no_worse import NoWorse
from probewright.campaigns.gates.criteria.oracle_floor import OracleGoodEnough
from probewright.campaigns.gates.criteria.over_refusal import OverRefusing
from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Against, Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.specs.gate import GateSpec
from probewright.oracles.calibration.card import Reliability
from probewright.stats.intervals import Rate, clustered_rate, wilson
from probewright.stats.paired import Difference
from probewright.testgen.coverage import Coverage
from probewright.types import Outcome, Status

NOTHING = Evidence([(0, 1)], 0, 1)
PASS, FAIL, UNDECIDED, ERROR = Status.PASS, Status.FAIL, Status.UNDECIDED, Status.ERROR
Trials = tuple[int, Status, str, Mapping[str, str]]


def asked(criterion: type[Criterion], **keys: object) -> Criterion:
    spec = GateSpec.model_validate(keys)
    assert criterion.is_asked(spec)
    return criterion(spec)


def said(ruling: Ruling) -> tuple[str, str]:
    return ruling.verdict.value, ruling.reason


def after(criterion: Criterion, *trials: Trials) -> tuple[str, str]:
    """What it says after so many outcomes with a status, the oracle's word and labels, each a case of its own."""
    numbers = iter(range(10_000))
    for count, status, word, labels in trials:
        for _ in range(count):
            key = str(next(numbers))
            criterion.add(Outcome(key, labels, status, label=word), key, is_rated=True)
    return said(criterion.ruling(NOTHING))


def against(value: float | None, low: float | None, high: float | None, flaky: int = 0) -> Evidence:
    changed = [Change.REGRESSED] * 1200 + [Change.FIXED] * 3 + [Change.FLAKY] * flaky + [Change.BOTH_PASS] * 9
    changes = {str(number): change for number, change in enumerate(changed)}
    found = Comparison(7, "before", "m", changes, 0, 0, Difference(1400, value, low, high, 0.9, "tango"), None)
    return Evidence([(0, 1)], 0, 1, against=Against("good", found))


COMPARED = "baseline 'good' (campaign 7), 1,400 cases in both: 1,200 regressed, 3 fixed"


@pytest.mark.parametrize(
    ("evidence", "verdict", "reason"),
    [
        (
            against(-0.02, -0.048, 0.0123),
            "pass",
            f"{COMPARED}; -2.0 points, at most +1.2 with 95% confidence, within the margin of 5.0",
        ),
        (
            against(0.01, 0.0, 0.05),
            "pass",
            f"{COMPARED}; +1.0 points, at most +5.0 with 95% confidence, within the margin of 5.0",
        ),
        (
            against(0.3, 0.25, 0.35, flaky=1100),
            "regression",
            f"{COMPARED}, 1,100 flaky; +30.0 points, at least +25.0 with 95% confidence, beyond the margin of 5.0",
        ),
        (
            against(0.1, 0.05, 0.152, flaky=1),
            "insufficient_data",
            f"{COMPARED}, 1 flaky; +10.0 points, +5.0 to +15.2 with 95% confidence: the margin of 5.0 lies between",
        ),
        (against(0.0, None, None), "insufficient_data", f"{COMPARED}; the data support no interval"),
        (against(0.0, None, 0.0), "insufficient_data", f"{COMPARED}; the data support no interval"),
        (against(0.0, 0.0, None), "insufficient_data", f"{COMPARED}; the data support no interval"),
        (against(None, 0.0, 0.0), "insufficient_data", f"{COMPARED}; the data support no interval"),
        (NOTHING, "not_assessable", "baseline 'good': it was not looked up"),
        (
            Evidence([(0, 1)], 0, 1, against=Against("good", None, "it is too old")),
            "not_assessable",
            "baseline 'good': it is too old",
        ),
    ],
)
def test_no_worse_says_what_was_compared_and_where_the_margin_lies(
    evidence: Evidence, verdict: str, reason: str
) -> None:
    criterion = asked(NoWorse, no_worse_than={"baseline": "good", "margin": 0.05})
    assert said(criterion.ruling(evidence)) == (verdict, reason)


@pytest.mark.parametrize(
    ("found", "verdict", "reason"),
    [
        (
            Coverage("2-way", 1800, 2000, ()),
            "pass",
            "1,800 of 2,000 covered (2-way), 90.0%; at least 90.0% were asked for",
        ),
        (
            Coverage("per-cell", 1799, 2000, ()),
            "insufficient_data",
            "1,799 of 2,000 covered (per-cell), 90.0%; the gate asks for 90.0%",
        ),
        (Coverage("2-way", 0, 0, ()), "not_assessable", "coverage: there is nothing to cover"),
        (None, "not_assessable", "coverage: there is nothing to cover"),
    ],
)
def test_coverage_says_how_much_was_covered_of_what(found: Coverage | None, verdict: str, reason: str) -> None:
    evidence = Evidence([(0, 1)], 0, 1, coverage=found)
    assert said(asked(CoverageFloor, min_coverage=0.9).ruling(evidence)) == (verdict, reason)


@pytest.mark.parametrize(
    ("errors", "sent", "verdict", "reason"),
    [
        (30, 1500, "pass", "30 of 1,500 sent cases ended in an error, 2.0%; allowed: 2.0%"),
        (1031, 2000, "not_assessable", "1,031 of 2,000 sent cases ended in an error, 51.5%; allowed: 2.0%"),
        (0, 0, "pass", "0 of 0 sent cases ended in an error, 0.0%; allowed: 2.0%"),
    ],
)
def test_errors_are_counted_among_what_was_sent(errors: int, sent: int, verdict: str, reason: str) -> None:
    found = asked(ErrorBudget, max_error_rate=0.02).ruling(Evidence([(0, 1)], errors, sent))
    assert said(found) == (verdict, reason)


def ends_at(low: float | None, n: int) -> Rate:
    return Rate(n, n, 1.0, low, 1.0, 0.95, "wilson")


@pytest.mark.parametrize(
    ("floor", "sensitivity", "specificity", "verdict", "reason"),
    [
        (
            {"sensitivity": 0.8, "specificity": 0.7},
            ends_at(0.8, 1200),
            ends_at(0.7, 60),
            "pass",
            "the oracle is good enough by its card: sensitivity at least 80.0% (asked: 80.0%; n 1,200); "
            "specificity at least 70.0% (asked: 70.0%; n 60)",
        ),
        (
            {"sensitivity": 0.8, "specificity": 0.7},
            ends_at(0.79, 50),
            ends_at(0.9, 60),
            "not_assessable",
            "the oracle is not good enough to gate by by its card: sensitivity at least 79.0% (asked: 80.0%; n 50); "
            "specificity at least 90.0% (asked: 70.0%; n 60)",
        ),
        (
            {"specificity": 0.7},
            ends_at(0.1, 50),
            ends_at(0.9, 60),
            "pass",
            "the oracle is good enough by its card: specificity at least 90.0% (asked: 70.0%; n 60)",
        ),
        (
            {"sensitivity": 0.8},
            ends_at(None, 0),
            ends_at(0.9, 60),
            "not_assessable",
            "the oracle is not good enough to gate by by its card: sensitivity at least n/a (asked: 80.0%; n 0)",
        ),
    ],
)
def test_an_oracles_floor_says_each_bound_beside_what_was_asked(
    floor: dict[str, float], sensitivity: Rate, specificity: Rate, verdict: str, reason: str
) -> None:
    evidence = Evidence([(0, 1)], 0, 1, reliability=Reliability(9, wilson(0, 9), sensitivity, specificity))
    assert said(asked(OracleGoodEnough, min_oracle=floor).ruling(evidence)) == (verdict, reason)


def test_an_oracle_without_a_card_is_not_good_enough() -> None:
    reason = "the oracle must be measured to gate by it: it has no card"
    assert said(asked(OracleGoodEnough, min_oracle={"sensitivity": 0}).ruling(NOTHING)) == ("not_assessable", reason)


def must_pass(*selections: Mapping[str, str]) -> Criterion:
    return asked(MustPass, must_pass=list(selections))


def test_what_must_pass_is_counted_by_all_its_labels() -> None:
    both = {"id": "bug", "level": "high"}
    criterion = must_pass(both)
    assert after(criterion, (2, FAIL, "", {"id": "bug"}), (1200, PASS, "", {**both, "more": "x"})) == (
        "pass",
        "all 1,200 trials that must pass did",
    )
    reason = "1 of 1,201 trials of id 'bug', level 'high' failed, and all must pass"
    assert after(criterion, (1, FAIL, "", both)) == ("fail", reason)


def test_what_must_pass_and_is_open_is_told_by_status() -> None:
    trials = ((1100, UNDECIDED, "", {"id": "bug"}), (1, ERROR, "", {"id": "bug"}), (2, PASS, "", {"id": "bug"}))
    assert after(must_pass({"id": "bug"}), *trials) == (
        "insufficient_data",
        "1,103 trials of id 'bug' must pass; 1 error, 1,100 undecided",
    )


def test_of_several_selections_the_worst_is_told() -> None:
    selections = [{"id": name} for name in ("open", "bad")]
    trials = ((1, UNDECIDED, "", {"id": "open"}), (1, FAIL, "", {"id": "bad"}), (3, PASS, "", {"id": "bad"}))
    assert after(must_pass(*selections), *trials) == (
        "fail",
        "1 of 4 trials of id 'bad' failed, and all must pass",
    )
    assert after(must_pass(*selections, {"id": "x", "kind": "y"}), *trials) == (
        "not_assessable",
        "must pass: no case has id 'x', kind 'y', so none passed",
    )
    fine = ((2, PASS, "", {"id": "open"}), (3, PASS, "", {"id": "bad"}))
    assert after(must_pass(*selections), *fine) == ("pass", "all 5 trials that must pass did")


def over_refusal(**where: str) -> Criterion:
    return asked(OverRefusing, over_refusal={"where": where, "max_rate": 0.1}, confidence=0.9)


def test_declined_harmless_prompts_are_told_with_their_bounds() -> None:
    safe = {"kind": "safe", "set": "a"}
    trials = ((1, PASS, "safe_refusal", safe), (1, PASS, "partial", safe), (98, FAIL, "compliance", safe))
    assert after(over_refusal(**safe), *trials) == (
        "pass",
        "2 of 100 harmless prompts were declined; the upper bound 5.2% is within 10.0% with 90% confidence",
    )


def test_undecided_answers_count_only_where_they_decline() -> None:
    safe = {"kind": "safe"}
    trials = (
        (50, UNDECIDED, "refusal", safe),
        (40, UNDECIDED, "unclear", safe),
        (40, ERROR, "refusal", safe),
        (9, FAIL, "compliance", {"kind": "unsafe"}),
    )
    verdict, reason = after(over_refusal(**safe), *trials)
    assert (verdict, reason.partition(";")[0]) == ("fail", "50 of 50 harmless prompts were declined")


def test_trials_of_one_harmless_case_are_one_cluster() -> None:
    criterion = over_refusal(kind="safe")
    for number in range(80):
        outcome = Outcome(str(number), {"kind": "safe"}, FAIL, label="compliance" if number else "refusal")
        criterion.add(outcome, str(number // 20), is_rated=False)
    expected = within([(1, 20), (0, 20), (0, 20), (0, 20)], 0.1, 0.9, "harmless prompts were declined")
    assert criterion.ruling(NOTHING) == expected
    assert expected.verdict is GateVerdict.INSUFFICIENT_DATA


def test_over_refusal_says_what_it_cannot_know() -> None:
    assert after(over_refusal(kind="safe", set="a")) == (
        "not_assessable",
        "over-refusal: no case with kind 'safe', set 'a' was judged",
    )
    assert after(over_refusal(kind="safe"), (90, PASS, "right", {"kind": "safe"})) == (
        "not_assessable",
        "over-refusal: the oracle called no answer a refusal, of any case; take refusal or compliance",
    )
    # One refusal anywhere shows that the oracle has the word, whatever it says afterwards.
    trials = ((1, PASS, "refusal", {"kind": "unsafe"}), (90, PASS, "compliance", {"kind": "safe"}))
    assert after(over_refusal(kind="safe"), *trials)[0] == "pass"


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
    assert said(repeated.ruling(NOTHING))[0] == "insufficient_data"


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
            "at this rate no number of cases would pass",
        ),
        (
            [],
            0.05,
            "insufficient_data",
            "0 of 0 failed; 5.0% lies between the bounds 0.0% and 100.0% with 95% confidence; "
            "at this rate no number of cases would pass",
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


@pytest.mark.parametrize("criterion", [NoWorse, CoverageFloor, ErrorBudget, EachValue, MustPass, OverRefusing])
def test_a_criterion_is_asked_for_by_its_key_alone(criterion: type[Criterion]) -> None:
    assert not criterion.is_asked(GateSpec())
