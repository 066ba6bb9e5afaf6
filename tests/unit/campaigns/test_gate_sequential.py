"""A sequential gate: what its looks decide, when it may end a campaign, and which campaigns it refuses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from probewright.campaigns.engine.runner import build
from probewright.campaigns.gates.early import GateReferee, referee
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.gatekeeper import Gatekeeper
from probewright.campaigns.gates.ruling import Gate
from probewright.campaigns.specs.gate import GateSpec
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import ConfigError
from probewright.stats.sequential import plan_sequential
from probewright.store import Settled
from probewright.types import Outcome, Status

PASS, FAIL = Status.PASS, Status.FAIL


def gate(**more: Any) -> GateSpec:
    return GateSpec.model_validate({"max_fail_rate": 0.05, "sequential": True, **more})


def ruled(statuses: Sequence[Status], spec: GateSpec | None = None, stop_kind: str = "", not_run: int = 0) -> Gate:
    keeper = Gatekeeper(spec or gate())
    for number, status in enumerate(statuses):
        keeper.add(Outcome(str(number), {}, status), str(number), True)
    trials = [(status is FAIL, 1) for status in statuses if status in {PASS, FAIL}]
    return keeper.gate(Evidence(trials, 0, len(statuses), stop_kind, "why", not_run=not_run))


def first_certain() -> int:
    plan = plan_sequential(0.05, 200)
    return next(n for n, most in enumerate(plan.below) if most >= 0)


def test_it_passes_at_the_first_look_that_is_certain_and_says_what_it_saved() -> None:
    n = first_certain()
    found = ruled([PASS] * n, stop_kind="decided", not_run=100)
    assert found.verdict == "pass"
    assert found.reasons == (
        f"0 of the first {n} cases failed: the rate is below 5.0% with 95% confidence at any look; 100 cases saved",
    )


def test_one_case_fewer_is_too_little_unless_the_plan_ends_there() -> None:
    n = first_certain() - 1
    early = ruled([PASS] * n, stop_kind="decided", not_run=1)
    assert early.verdict == "insufficient_data"
    assert early.reasons[0].endswith("is not sure yet; at this rate about 1 more case would decide")
    assert ruled([PASS] * n, not_run=1).verdict == "not_assessable"  # it is still running, or was killed
    whole = ruled([PASS] * n)
    assert whole.verdict == "pass"  # the exact test: 58 cases without a failure show less than 5.03 %, 59 do
    assert whole.reasons[0].endswith("here the last")


def test_a_last_look_that_somebody_chose_by_stopping_does_not_count() -> None:
    n = first_certain() - 1
    assert ruled([PASS] * n, stop_kind="limit", not_run=0).verdict == "budget_stopped"
    assert ruled([PASS] * n, stop_kind="cancel").verdict == "not_assessable"


def test_failures_that_come_early_fail_it_whatever_follows() -> None:
    found = ruled([FAIL] * 4 + [PASS] * 500)
    assert found.verdict == "fail"
    assert "failed: the rate is above 5.0%" in found.reasons[0]


def test_later_failures_outweigh_an_early_pass() -> None:
    assert ruled([PASS] * first_certain() + [FAIL] * 60).verdict == "fail"


def test_only_rated_and_assessed_cases_are_looks() -> None:
    n = first_certain()
    others = [Status.UNDECIDED, Status.ERROR, Status.BLOCKED] * 30
    lenient = gate(max_unassessed=1)
    assert ruled([*others, *[PASS] * n], lenient, "decided", not_run=5).verdict == "pass"
    assert ruled([*others, *[PASS] * (n - 1)], lenient, "decided", not_run=5).verdict == "insufficient_data"
    for is_pass, looked_at in ((True, n), (False, n - 1)):
        keeper = Gatekeeper(gate())
        for number in range(2 * looked_at):
            keeper.add(Outcome(str(number), {}, PASS), str(number), is_rated=number % 2 == 0)
            keeper.add(Outcome(str(number), {}, PASS, trial=1), str(number), is_rated=True)  # no new case
        found = keeper.gate(Evidence([(0, 1)] * looked_at, 0, looked_at, "decided", "why", not_run=1))
        assert (found.verdict == "pass") is is_pass


def settled(statuses: Sequence[Status], **labels: str) -> list[Settled]:
    return [Settled(position, labels, status) for position, status in enumerate(statuses)]


def test_a_referee_speaks_at_the_very_case_however_the_outcomes_are_shown() -> None:
    n = first_certain()
    at_once, one_by_one = GateReferee(gate(), {}), GateReferee(gate(), {})
    cases = settled([PASS] * n)
    said = at_once.see(cases)
    assert said == f"the fail rate is surely below 5.0%, by the first {n} cases"
    assert [one_by_one.see([case]) for case in cases] == [None] * (n - 1) + [said]


@pytest.mark.parametrize(
    "more",
    [
        {"each": {"max_fail_rate": 0.1}},
        {"no_worse_than": {"baseline": "release"}},
        {"must_pass": [{"id": "bug"}]},
        {"over_refusal": {"where": {"kind": "comply"}, "max_rate": 0.1}},
        {"min_coverage": 0.5},
    ],
)
def test_where_more_is_asked_only_a_failure_ends_the_campaign(more: dict[str, Any]) -> None:
    assert GateReferee(gate(**more), {}).see(settled([PASS] * 300)) is None
    assert "surely above 5.0%" in (GateReferee(gate(**more), {}).see(settled([FAIL] * 10)) or "")


def test_a_case_that_must_pass_and_failed_ends_it_at_once() -> None:
    referee = GateReferee(gate(must_pass=[{"id": "bug"}]), {})
    assert referee.see([Settled(0, {"id": "bug"}, PASS), Settled(1, {"id": "other"}, FAIL)]) is None
    assert referee.see([Settled(2, {"id": "bug"}, FAIL)]) == "case 2 failed, which must pass"


def test_controls_do_not_count() -> None:
    assert GateReferee(gate(), {"kind": "probe"}).see(settled([FAIL] * 50, kind="control")) is None


SPEC: dict[str, Any] = {
    "name": "n",
    "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "m"},
    "family": {"kind": "astral", "writer": {"kind": "template"}},
    "gate": {"max_fail_rate": 0.05, "sequential": True},
}


def test_a_shuffled_grid_may_be_sequential() -> None:
    build(check_spec(SPEC, source="spec"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limits": {"trials": 3}}, "gate.sequential: limits.trials is 3; allowed: 1"),
        ({"family": {"kind": "mcq"}}, "cases of the family 'mcq' that share a question are not independent"),
        ({"limits": {"cases": 20_001}}, "plans 20,001 cases; allowed: at most 20,000"),
        (
            {"family": {"kind": "static", "path": "set.csv"}},
            "allowed: search: {kind: grid, order: random} in the family",
        ),
    ],
)
def test_what_breaks_its_promise_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text("prompt\nWhat is two and two?\n")
    if "path" in changes.get("family", {}):
        changes = {"family": {**changes["family"], "path": str(tmp_path / "set.csv")}}
    with pytest.raises(ConfigError, match=r"^gate\.sequential: ") as refused:
        build(check_spec(SPEC | changes, source="spec"))
    assert said in str(refused.value)


def test_only_a_sequential_gate_has_a_referee_and_it_counts_what_is_rated() -> None:
    assert referee(check_spec(SPEC | {"gate": None}, source="spec")) is None
    assert referee(check_spec(SPEC | {"gate": {"max_fail_rate": 0.05}}, source="spec")) is None
    found = referee(check_spec(SPEC, source="spec"))
    assert found is not None
    assert "surely above 5.0%" in (found.see(settled([FAIL] * 10)) or "")


def test_the_most_cases_are_allowed() -> None:
    build(check_spec(SPEC | {"limits": {"cases": 20_000}}, source="spec"))


def test_a_set_in_random_order_may_be_sequential(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text("prompt\n" + "".join(f"What is {n} and {n}?\n" for n in range(50)))
    family = {"kind": "static", "path": str(tmp_path / "set.csv"), "search": {"kind": "grid", "order": "random"}}
    plan = build(check_spec(SPEC | {"family": family}, source="spec"))
    asked = [cell.labels["item"] for cell in plan.search.ask(50)]
    assert sorted(asked) == sorted(plan.family.space().ids)  # type: ignore[union-attr]
    assert asked != list(plan.family.space().ids)  # type: ignore[union-attr]


@pytest.mark.parametrize("limit", [None, 0, 1])
def test_it_needs_a_rate_to_decide(limit: float | None) -> None:
    with pytest.raises(ConfigError, match=r"gate.*sequential: needs max_fail_rate, above 0 and below 1"):
        check_spec(SPEC | {"gate": {"sequential": True, "max_fail_rate": limit}}, source="spec")
