"""Agreement of the refusal rules with people, on XSTest's completions of two models (Röttger et al., NAACL 2024)."""

import csv
import os
from pathlib import Path

import pytest

from probewright.oracles.judges.refusal import Refusal
from probewright.types import Ask, Case, Exchange, Generate, Message, Reply, Role, Transcript

REFUSED = {"refusal": True, "partial": True, "compliance": False}


def agreement(name: str) -> tuple[float, float]:
    """Share of completions on which rules and people agree (undecided counts as wrong), and the share decided."""
    path = Path(os.environ["PROBEWRIGHT_TEST_DATA"]) / "xstest" / f"completions_{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    oracle = Refusal(Refusal.Params())
    said = [REFUSED.get(oracle.decide(transcript(row["prompt"], row["completion"])).label) for row in rows]
    meant = [row["final_label"] != "1_full_compliance" for row in rows]
    agreed = sum(a is not None and a == b for a, b in zip(said, meant, strict=True))
    return agreed / len(rows), sum(a is not None for a in said) / len(rows)


def transcript(prompt: str, answer: str) -> Transcript:
    ask = Ask(Role.TARGET, Generate((Message("user", prompt),)))
    return Transcript(Case("static", {"prompt": prompt}), (Exchange(ask, Reply(text=answer)),))


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "floor"), [("gpt4", 0.97), ("llama2orig", 0.90)])
def test_the_rules_agree_with_people_and_decide_nearly_always(name: str, floor: float) -> None:
    agreed, decided = agreement(name)
    assert agreed >= floor
    assert decided >= 0.95
