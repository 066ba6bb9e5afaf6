"""The two example specs by the real command on the real model, and what bad input does to them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import Command
from tests.imported_smollm2 import lend

pytestmark = pytest.mark.torch

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANCE = 0.25
PATIENCE_S = 1200.0  # training and 520 scorings on one busy core
POOL = {"kind": "pool", "model": "smollm2", "engine": "transformers"}


@pytest.fixture
def command(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command in a folder of its own, its data folder with the model imported already."""
    found = Command(tmp_path, patience_s=PATIENCE_S)
    lend(tmp_path_factory, found.home)
    return found


def run_example(command: Command, name: str) -> dict[str, Any]:
    shutil.copy(EXAMPLES / name, command.folder)
    done = command("run", name, "--json", "--out", "out")
    assert done.code == 0, done.err
    result: dict[str, Any] = done.json
    assert result["state"] == "finished"
    assert result["outcomes"]["error"] == 0
    page = Path(command.folder, result["report"]).read_text()
    assert all(statement in page for statement in result["findings"][0]["statements"][:1])
    return result


def rows(result: dict[str, Any]) -> dict[str, list[Any]]:
    """The first table of the first finding, by the name of its rows."""
    return {row[0]: row[1:] for row in result["findings"][0]["tables"][0]["rows"]}


def run(command: Command, **spec: Any) -> dict[str, Any]:
    path = command.folder / "spec.yaml"
    path.write_text(yaml.safe_dump({"name": "made", "limits": {"concurrency": 4}} | spec))
    result: dict[str, Any] = command("run", path, "--json").json
    return result


def reasons(command: Command, result: dict[str, Any], status: str) -> set[str]:
    lines = command("outcomes", result["campaign"], "--jsonl", "--status", status).lines
    return {line["reason"] for line in lines}


def test_the_invented_organ_is_unknown_common_knowledge_is_known_and_the_report_judges_the_use_of_the_book(
    command: Command,
) -> None:
    result = run_example(command, "invented_organ.yaml")
    by_place = rows(result)
    summed = {place: rates[0] for place, rates in by_place.items()}
    assert {place: rate["n"] for place, rate in summed.items()}["invented facts: closed book"] >= 58
    assert summed["common knowledge: closed book"]["low"] > CHANCE
    alone = summed["invented facts: options alone"]
    assert alone["low"] <= CHANCE <= alone["high"]
    said = "\n".join(result["findings"][0]["statements"])
    has_used = summed["invented facts: open book"]["low"] > summed["invented facts: closed book"]["value"]
    assert ("The model uses the book" in said) or ("This model cannot use the book" in said)
    assert has_used or "cannot use the book" in said


def test_invented_people_are_learned_and_the_report_says_what_generalised_and_what_was_forgotten(
    command: Command,
) -> None:
    result = run_example(command, "invented_people.yaml")
    before, after, *_ = rows(result)["taught facts, asked as taught"]
    assert (before["n"], after["n"]) == (30, 30)
    assert before["value"] < 0.05
    assert after["value"] >= 0.95
    said = result["findings"][0]["statements"]
    assert [line.split(":")[0] for line in said] == ["Learned", "Generalised", "Forgotten"]
    assert said[0].startswith("Learned: yes")
    ((provenance,),) = command.rows("select provenance from campaigns_campaign")
    record = yaml.safe_load(provenance)["target/tuned"]["training"]
    assert record["examples"] == 30
    assert record["memorised"] >= 0.95


def test_a_page_that_does_not_fit_fails_in_one_line_and_the_other_conditions_are_answered(command: Command) -> None:
    family = {"kind": "mcq", "items": 4, "about": ["invented"]}
    result = run(command, target=POOL | {"context_tokens": 128}, family=family)
    assert result["outcomes"]["error"] == 4
    assert result["outcomes"]["pass"] + result["outcomes"]["fail"] == 8
    for reason in reasons(command, result, "error"):
        assert reason.startswith("request_rejected: ")
        assert "128" in reason
        assert "\n" not in reason


def test_a_lesson_that_does_not_fit_the_model_fails_its_own_cases_in_one_line_and_no_other(command: Command) -> None:
    long = " ".join(["very"] * 300)
    (command.folder / "facts.csv").write_text(f"question,answer\nWho was {long} tall?,Ada\n")
    family = {"kind": "injection", "facts": "facts.csv"}
    result = run(command, target=POOL | {"context_tokens": 256}, family=family)
    assert result["state"] == "finished"
    tuned = reasons(command, result, "error")
    assert any(reason.startswith("training_failed: ") for reason in tuned)
    assert all("\n" not in reason for reason in tuned)
    assert result["outcomes"]["pass"] + result["outcomes"]["fail"] == 20
