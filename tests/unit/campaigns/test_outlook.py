"""What a gate can show with so many cases, said before a run: numbers that the gate itself then keeps to."""

from typing import Any

import pytest

from probewright.campaigns.gates.outlook import outlook
from probewright.campaigns.specs.spec_file import check_spec

SPEC: dict[str, Any] = {
    "name": "n",
    "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "m"},
    "family": {"kind": "astral", "writer": {"kind": "template"}},
}


def told(cases: int, **gate: Any) -> list[str]:
    return outlook(check_spec(SPEC | ({"gate": gate} if gate else {}), source="spec"), cases)


def test_a_fixed_gate_names_the_failures_it_allows_and_the_rates_it_can_tell_apart() -> None:
    assert told(300, max_fail_rate=0.05) == [
        "max_fail_rate 5.0% passes with 95% confidence with at most 8 failures in 300 cases, so mostly (80%) where the "
        "true rate is 2.1% or less; it mostly fails where it is 8.5% or more"
    ]


@pytest.mark.parametrize(("limit", "needed"), [(0.05, "59"), (0.01, "299"), (0.001, "2,995")])
def test_a_gate_that_cannot_pass_says_how_many_cases_it_takes(limit: float, needed: str) -> None:
    (line,) = told(58, max_fail_rate=limit)
    assert line.endswith(f"cannot pass with 95% confidence with 58 cases: without any failure it takes {needed}")


def test_a_sequential_gate_says_how_many_cases_it_takes_on_average() -> None:
    (line,) = told(240, max_fail_rate=0.05, sequential=True)
    assert line.startswith("max_fail_rate 5.0% ends with 95% confidence as soon as it is decided, or after 240 cases; ")
    assert "where 1.0% fail" in line


def test_a_baseline_names_the_rise_that_goes_unseen() -> None:
    (line,) = told(300, no_worse_than={"baseline": "release", "margin": 0.02})
    assert "on 300 cases a rise of the fail rate by less than 2.2 points often goes unseen" in line
    assert "4.6 where 5% of the cases are flaky" in line


def test_a_margin_too_narrow_for_the_cases_is_named_first() -> None:
    cannot, _ = told(60, no_worse_than={"baseline": "release", "margin": 0.02})
    assert (
        cannot == "no_worse_than 'release' by 2.0 points cannot pass with 60 cases, even if every case ends as before"
    )
    assert len(told(135, no_worse_than={"baseline": "release", "margin": 0.02})) == 1


@pytest.mark.parametrize("gate", [{}, {"max_error_rate": 0.1}, {"max_fail_rate": 1}, {"max_fail_rate": 0}])
def test_without_a_rate_to_decide_nothing_is_said(gate: dict[str, Any]) -> None:
    assert told(100, **gate) == []
