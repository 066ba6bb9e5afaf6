"""What a gate can ask for beside a maximal fail rate: each criterion's rulings, and that nothing passes by accident."""

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from probewright.campaigns.comparison import compare
from probewright.campaigns.gates.evidence import Against, Evidence
from probewright.campaigns.gates.gatekeeper import CRITERIA, Gatekeeper
from probewright.campaigns.gates.ruling import PRECEDENCE, Gate, GateVerdict, Ruling, combined
from probewright.campaigns.specs.gate import GateSpec
from probewright.oracles.calibration.card import Reliability
from probewright.stats.intervals import wilson
from probewright.testgen.coverage import Coverage
from probewright.types import Outcome, Status

ASSESSED = Evidence([(0, 1)] * 100, 0, 100)
PASS, FAIL, UNDECIDED, ERROR = Status.PASS, Status.FAIL, Status.UNDECIDED, Status.ERROR


def outcomes(count: int, status: Status, label: str = "", **labels: str) -> list[Outcome]:
    """So many cases that ended alike; ``label`` is the oracle's word."""
    names = ",".join(f"{name}={value}" for name, value in labels.items())
    return [Outcome(f"{names} {status} {label} {n}", labels, status, label=label) for n in range(count)]


def gate(spec: Mapping[str, object], seen: Iterable[Outcome] = (), evidence: Evidence = ASSESSED) -> Gate:
    keeper = Gatekeeper(GateSpec.model_validate(spec))
    for outcome in seen:
        keeper.add(outcome, outcome.key, is_rated=True)
    return keeper.gate(evidence)


def said(found: Gate) -> tuple[str, str]:
    return found.verdict.value, found.reasons[0]


EACH = {"each": {"label": "category", "max_fail_rate": 0.1}}


def test_one_bad_category_fails_the_gate_though_the_whole_is_good() -> None:
    seen = [
        *outcomes(200, PASS, category="a"),
        *outcomes(200, PASS, category="b"),
        *outcomes(20, PASS, category="c"),
        *outcomes(15, FAIL, category="c"),
    ]
    verdict, reason = said(gate(EACH, seen))
    assert verdict == "fail"
    assert reason == "category: surely above 10.0% with 95% confidence (Holm): c 15 of 35"


def test_all_categories_within_their_limit_pass_and_a_thin_one_is_too_little_data() -> None:
    seen = [*outcomes(60, PASS, category="a"), *outcomes(60, PASS, category="b")]
    assert said(gate(EACH, seen))[0] == "pass"
    verdict, reason = said(gate(EACH, [*seen, *outcomes(3, PASS, category="c")]))
    assert (verdict, reason.rpartition(": ")[2]) == ("insufficient_data", "c 0 of 3")
    verdict, reason = said(gate(EACH, [*seen, *outcomes(3, ERROR, category="d")]))
    assert (verdict, reason.rpartition(": ")[2]) == ("insufficient_data", "d 0 of 0")


def test_what_was_not_tested_is_within_no_limit() -> None:
    seen = [*outcomes(60, PASS, category="a"), *outcomes(60, PASS, category="b")]
    axes = Evidence([(0, 1)] * 120, 0, 120, axes={"category": ("a", "b", "c"), "style": ("x",)})
    verdict, reason = said(gate(EACH, seen, axes))
    assert (verdict, reason.rpartition(": ")[2]) == ("insufficient_data", "c 0 of 0")
    assert said(gate(EACH, [*seen, *outcomes(2, PASS)], ASSESSED)) == (
        "insufficient_data",
        "category: 2 assessed answers of cases without this label, so under no limit",
    )
    assert said(gate(EACH, [*seen, *outcomes(2, ERROR)], ASSESSED))[0] == "pass"


def test_one_unlucky_category_of_many_is_no_alarm() -> None:
    """One of 20 has a p-value of .04 at the limit; by Holm it would have to be below .0025."""
    unlucky = [*outcomes(17, PASS, category="x"), *outcomes(5, FAIL, category="x")]  # p = .06
    seen = [one for n in range(19) for one in outcomes(22, PASS, category=f"c{n}")]
    assert said(gate(EACH, [*seen, *unlucky]))[0] == "insufficient_data"


def test_controls_enter_no_category_and_a_label_that_no_case_has_is_not_assessable() -> None:
    keeper = Gatekeeper(GateSpec.model_validate(EACH))
    for outcome in outcomes(50, FAIL, category="a"):
        keeper.add(outcome, outcome.key, is_rated=False)
    assert said(keeper.gate(ASSESSED)) == (
        "not_assessable",
        "no case of a rate has the label 'category', so none has a limit",
    )


MUST = {"must_pass": [{"id": "bug-1"}, {"severity": "high"}]}


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (PASS, "pass", "all 3 trials that must pass did"),
        (FAIL, "fail", "1 of 1 trials of id 'bug-1' failed, and all must pass"),
        (UNDECIDED, "insufficient_data", "1 trials of id 'bug-1' must pass; 1 undecided"),
        (ERROR, "insufficient_data", "1 trials of id 'bug-1' must pass; 1 error"),
        (Status.BLOCKED, "insufficient_data", "1 trials of id 'bug-1' must pass; 1 blocked"),
    ],
)
def test_anything_but_a_pass_of_a_case_that_must_pass_is_none(status: Status, verdict: str, reason: str) -> None:
    seen = [*outcomes(1, status, id="bug-1"), *outcomes(2, PASS, severity="high")]
    assert said(gate(MUST, seen)) == (verdict, reason)


def test_a_case_that_must_pass_and_is_not_there_did_not_pass() -> None:
    assert said(gate(MUST, outcomes(2, PASS, severity="high"))) == (
        "not_assessable",
        "must pass: no case has id 'bug-1', so none passed",
    )


OVER = {"over_refusal": {"where": {"kind": "safe"}, "max_rate": 0.1}}


def test_harmless_prompts_that_are_declined_are_counted_by_the_oracles_word() -> None:
    safe = outcomes(60, FAIL, "compliance", kind="safe")
    assert said(gate(OVER, [*safe, *outcomes(20, PASS, "refusal", kind="unsafe")]))[0] == "pass"
    many = [*safe, *outcomes(30, PASS, "refusal", kind="safe"), *outcomes(2, UNDECIDED, "partial", kind="safe")]
    verdict, reason = said(gate(OVER, many))
    assert verdict == "fail"
    assert reason.startswith("32 of 92 harmless prompts were declined")


def test_over_refusal_without_a_harmless_case_or_without_such_words_is_not_assessable() -> None:
    assert said(gate(OVER, outcomes(9, PASS, "refusal", kind="unsafe"))) == (
        "not_assessable",
        "over-refusal: no case with kind 'safe' was judged",
    )
    verdict, reason = said(gate(OVER, outcomes(90, PASS, "right", kind="safe")))
    assert verdict == "not_assessable"
    assert "called no answer a refusal" in reason


def coverage(covered: int) -> Evidence:
    return Evidence([(0, 1)], 0, 1, coverage=Coverage("2-way", covered, 100, ()))


def test_holes_are_too_little_data() -> None:
    assert said(gate({"min_coverage": 0.9}, evidence=coverage(90)))[0] == "pass"
    assert said(gate({"min_coverage": 0.9}, evidence=coverage(89))) == (
        "insufficient_data",
        "89 of 100 covered (2-way), 89.0%; the gate asks for 90.0%",
    )


def measured(right: int, n: int) -> Evidence:
    rate = wilson(right, n)
    return Evidence([(0, 1)], 0, 1, reliability=Reliability(2 * n, wilson(0, 2 * n), rate, rate))


def test_an_oracle_is_good_enough_by_the_lower_bound_of_its_card() -> None:
    floor = {"min_oracle": {"sensitivity": 0.8, "specificity": 0.8}}
    assert said(gate(floor, evidence=measured(95, 100)))[0] == "pass"
    verdict, reason = said(gate(floor, evidence=measured(9, 10)))  # .9, but surely only .6
    assert verdict == "not_assessable"
    assert "sensitivity at least 59.6% (asked: 80.0%; n 10)" in reason
    uncalibrated = Evidence([(0, 1)], 0, 1, why_uncalibrated="nobody measured it")
    assert said(gate(floor, evidence=uncalibrated)) == (
        "not_assessable",
        "the oracle must be measured to gate by it: nobody measured it",
    )


BASE = {"no_worse_than": {"baseline": "good", "margin": 0.05}}


def against(regressed: int, fixed: int, same: int) -> Evidence:
    here = {f"r{n}": 1.0 for n in range(regressed)} | {f"f{n}": 0.0 for n in range(fixed)}
    there = {f"r{n}": 0.0 for n in range(regressed)} | {f"f{n}": 1.0 for n in range(fixed)}
    both = {f"s{n}": 0.0 for n in range(same)}
    found = compare(here | both, there | both, 3, "before", "m", seed=1, confidence=0.9)
    return Evidence([(0, 1)], 0, 1, against=Against("good", found))


@pytest.mark.parametrize(
    ("evidence", "verdict", "part"),
    [
        (against(0, 0, 200), "pass", "0 regressed, 0 fixed; +0.0 points, at most"),
        (against(2, 6, 192), "pass", "2 regressed, 6 fixed; -2.0 points"),
        (against(40, 2, 158), "regression", "+19.0 points, at least +14"),
        (against(8, 0, 92), "insufficient_data", "the margin of 5.0 lies between"),
        (Evidence([(0, 1)], 0, 1, against=Against("good", None, "it is too old")), "not_assessable", "it is too old"),
        (ASSESSED, "not_assessable", "baseline 'good'"),
    ],
)
def test_no_worse_is_decided_by_the_bound_of_the_paired_difference(evidence: Evidence, verdict: str, part: str) -> None:
    found = gate(BASE, evidence=evidence)
    assert said(found)[0] == verdict
    assert part in found.reasons[0]


SAID = st.sampled_from([verdict for verdict in GateVerdict if verdict is not GateVerdict.BUDGET_STOPPED])
RULINGS = st.lists(st.builds(Ruling, SAID, st.just("why")), min_size=1, max_size=6)


@given(RULINGS, st.sampled_from(["", "limits.calls: used up"]))
def test_a_gate_is_never_better_than_its_worst_criterion(rulings: list[Ruling], limit: str) -> None:
    found = combined(rulings, limit)
    worst = min(PRECEDENCE.index(ruling.verdict) for ruling in rulings)
    assert PRECEDENCE.index(found.verdict) <= worst
    if limit:
        assert found.verdict is not GateVerdict.PASS
    assert len(found.reasons) == len(rulings) + (found.verdict is GateVerdict.BUDGET_STOPPED)


@given(st.lists(st.sampled_from(Status), min_size=1, max_size=60), st.integers(0, 59))
def test_making_one_trial_worse_never_makes_a_gate_pass(statuses: list[Status], place: int) -> None:
    """From pass to fail, to undecided or to an error: of cases that must pass, of each category, of the rate."""
    spec = {"must_pass": [{"category": "a"}], **EACH, "max_fail_rate": 0.9, "max_error_rate": 0.5}

    def verdict(found: list[Status]) -> GateVerdict:
        seen = [Outcome(str(n), {"category": "a"}, status) for n, status in enumerate(found)]
        trials = [(int(s is FAIL), 1) for s in found if s in {PASS, FAIL}]
        return gate(spec, seen, Evidence(trials, found.count(ERROR), len(found))).verdict

    before = verdict(statuses)
    for worse in (FAIL, UNDECIDED, ERROR):
        changed = [worse if n == place % len(statuses) else status for n, status in enumerate(statuses)]
        if statuses[place % len(statuses)] is PASS and before is not GateVerdict.PASS:
            assert verdict(changed) is not GateVerdict.PASS


def test_every_criterion_is_a_key_of_the_spec() -> None:
    keys = [criterion.key for criterion in CRITERIA]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(GateSpec.model_fields) - {"confidence", "sequential"}


@pytest.mark.parametrize(
    "spec",
    [
        {"confidence": 1},
        {"confidence": 0.5},
        {"max_fail_rate": 1.1},
        {"min_oracle": {}},
        {"each": {"label": "", "max_fail_rate": 0.1}},
        {"no_worse_than": {"baseline": "x", "margin": -0.1}},
        {"over_refusal": {"where": {}, "max_rate": 0.1}},
    ],
)
def test_what_no_gate_can_mean_is_refused(spec: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GateSpec.model_validate(spec)
