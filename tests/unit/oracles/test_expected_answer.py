"""Hard cases of the oracles that compare with an expected answer, both ways."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from probewright import registry
from probewright.types import Ask, Case, Exchange, Generate, Message, Reply, Role, Status, Transcript

FOLDER = Path(__file__).parents[2] / "data" / "oracles"
OPTIONS = ["Lyon", "Paris", "Rome", "None of the above"]
NAMES = ("choice", "contains", "exact", "numeric")


def rows(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def transcript(row: dict[str, Any], name: str) -> Transcript:
    parameters = {"options": row.get("options", OPTIONS)} if name == "choice" else {}
    case = Case("static", parameters, expected=row.get("expected", "B"))
    ask = Ask(Role.TARGET, Generate((Message("user", "Well?"),)))
    return Transcript(case, (Exchange(ask, Reply(text=row["answer"])),))


@pytest.mark.parametrize(
    ("name", "row"),
    [
        pytest.param(name, row, id=f"{name}-{i}-{row['answer'][:30]!a}")
        for name in NAMES
        for i, row in enumerate(rows(name))
    ],
)
def test_a_hard_case_gets_its_status(name: str, row: dict[str, Any]) -> None:
    oracle = registry.load("oracle", name)
    verdict = oracle(oracle.Params(**row.get("params", {}))).decide(transcript(row, name))
    assert verdict.status is Status(row["status"]), verdict.reason


@pytest.mark.parametrize("name", NAMES)
def test_each_table_holds_hard_cases_of_every_status(name: str) -> None:
    statuses = [row["status"] for row in rows(name)]
    assert len(statuses) >= 20
    assert min(statuses.count(status) for status in ("pass", "fail", "undecided")) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_a_case_without_expected_is_undecided_and_says_so(name: str) -> None:
    oracle = registry.load("oracle", name)
    verdict = oracle(oracle.Params()).decide(transcript({"answer": "B", "expected": None}, name))
    assert verdict.status is Status.UNDECIDED
    assert "'expected'" in verdict.reason
