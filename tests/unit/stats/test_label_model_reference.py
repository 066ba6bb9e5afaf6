"""The label model against a slow one, written case by case from Dawid and Skene's formulas; and numbers at the edge."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest

from probewright.stats.label_model import LabelModel, Skill, fit_label_model

Votes = Mapping[str, Sequence[bool | None]]


def rounds_by_case(
    votes: Votes, known: Sequence[bool | None], rounds: int
) -> tuple[float, dict[str, tuple[float, float]]]:
    """Base rate and (sensitivity, specificity) by oracle after so many rounds, one case and one vote at a time."""
    n = len(known)
    cast = [{name: row[case] for name, row in votes.items() if row[case] is not None} for case in range(n)]
    risk = [(sum(said.values()) + 0.5) / (len(said) + 1) for said in cast]  # type: ignore[arg-type]
    for step in range(rounds + 1):
        risk = [was if label is None else float(label) for was, label in zip(risk, known, strict=True)]
        base = (sum(risk) + 1) / (n + 2)
        skills = {}
        for name in votes:
            fails = [risk[case] for case in range(n) if name in cast[case]]
            right_fails = sum(risk[case] for case in range(n) if cast[case].get(name) is True)
            right_passes = sum(1 - risk[case] for case in range(n) if cast[case].get(name) is False)
            passes = [1 - one for one in fails]
            skills[name] = ((right_fails + 4) / (sum(fails) + 5), (right_passes + 4) / (sum(passes) + 5))
        if step == rounds:
            break
        for case, said in enumerate(cast):
            failed, passed = base, 1 - base
            for name, vote in said.items():
                sensitivity, specificity = skills[name]
                failed *= sensitivity if vote else 1 - sensitivity
                passed *= 1 - specificity if vote else specificity
            risk[case] = failed / (failed + passed)
    return base, skills


def drawn(seed: int, base: float, cases: int = 120) -> tuple[Votes, list[bool | None]]:
    """Votes of four oracles of unlike skill with gaps, and labels of every eighth case."""
    random = Random(seed)
    truth = [random.random() < base for _ in range(cases)]
    skills = {"sharp": (0.95, 0.9), "lax": (0.6, 0.97), "strict": (0.9, 0.6), "coin": (0.5, 0.5)}

    def vote(failed: bool, sensitivity: float, specificity: float) -> bool | None:
        if random.random() < 0.2:
            return None
        return random.random() < (sensitivity if failed else 1 - specificity)

    votes = {name: [vote(failed, *skill) for failed in truth] for name, skill in skills.items()}
    return votes, [failed if case % 8 == 0 else None for case, failed in enumerate(truth)]


@pytest.mark.parametrize(("seed", "base"), [(1, 0.15), (2, 0.5), (3, 0.8)])
@pytest.mark.parametrize("is_labelled", [True, False])
def test_the_fit_is_that_of_the_slow_model_once_both_have_settled(seed: int, base: float, is_labelled: bool) -> None:
    votes, known = drawn(seed, base)
    labels = known if is_labelled else [None] * len(known)
    expected_base, expected = rounds_by_case(votes, labels, rounds=300)
    found = fit_label_model(votes, known if is_labelled else None)
    assert found.base_rate == pytest.approx(expected_base, abs=1e-5)
    for name, skill in found.skills.items():
        assert (skill.sensitivity, skill.specificity) == pytest.approx(expected[name], abs=1e-5)
        assert skill.votes == sum(vote is not None for vote in votes[name])


def test_the_first_rounds_are_those_of_the_slow_model(monkeypatch: pytest.MonkeyPatch) -> None:
    votes, known = drawn(4, 0.3, cases=40)
    for rounds in (0, 1, 2):
        monkeypatch.setattr("probewright.stats.label_model._ROUNDS", rounds)
        expected_base, expected = rounds_by_case(votes, known, rounds)
        found = fit_label_model(votes, known)
        assert found.base_rate == pytest.approx(expected_base)
        for name, skill in found.skills.items():
            assert (skill.sensitivity, skill.specificity) == pytest.approx(expected[name])


def test_many_sure_votes_overflow_nothing() -> None:
    sure = {str(number): Skill(1 - 1e-15, 1 - 1e-15, 9) for number in range(40)}
    model = LabelModel(0.5, sure)
    assert model.risk(dict.fromkeys(sure, True)) == 1.0
    assert model.risk(dict.fromkeys(sure, False)) == 0.0


@pytest.mark.parametrize(
    ("votes", "known", "message"),
    [
        ({}, None, "votes must hold at least one oracle, got none"),
        ({"a": [True], "b": []}, None, "votes and known must hold the same cases, at least one, got a: 1, b: 0"),
        ({"a": [True]}, [True, None], "votes and known must hold the same cases, at least one, got a: 1, known: 2"),
        ({"a": [], "b": []}, None, "votes and known must hold the same cases, at least one, got a: 0, b: 0"),
    ],
)
def test_votes_on_other_cases_are_refused(votes: Votes, known: Sequence[bool | None] | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        fit_label_model(votes, known)
