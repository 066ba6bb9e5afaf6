"""What multiple-choice results are said to mean, from made-up verdicts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from probewright.findings import Finding, Judged
from probewright.stats.intervals import Rate, wilson
from probewright.testgen.findings.choices import against_chance, findings
from probewright.types import Outcome, Status, Verdict

RULES = ("summed_logprob", "mean_logprob", "letter_logprob")


def trials(about: str, condition: str, right: int, of: int, letters: str = "ABCD") -> Iterator[Judged]:
    """Items of which the first ``right`` are answered rightly by text; by letter the model always says A."""
    for number in range(of):
        key = letters[number % 4]
        chosen = key if number < right else letters[(number + 1) % 4]
        labels = {"about": about, "condition": condition, "question": f"{about} {number}", "key": key}
        verdicts = {rule: verdict(rule, key, letter) for rule, letter in zip(RULES, (chosen, chosen, "A"), strict=True)}
        yield Judged(Outcome(f"{condition} {number}", labels, verdicts[RULES[0]].status), verdicts)


def verdict(rule: str, key: str, chosen: str) -> Verdict:
    return Verdict(rule, "1", Status.PASS if chosen == key else Status.FAIL, chosen)


def statements(*made: Iterator[Judged]) -> str:
    return "\n".join(line for finding in found(*made) for line in finding.statements)


def found(*made: Iterator[Judged]) -> tuple[Finding, ...]:
    return findings((judged for part in made for judged in part), RULES)


def test_each_condition_is_set_against_chance() -> None:
    said = statements(
        trials("invented", "full", 15, 60), trials("invented", "options_only", 5, 60), trials("common", "full", 34, 40)
    )
    assert "Closed book, invented facts: right 25.0% (15 of 60;" in said
    assert "within chance" in said.split("\n")[0]
    assert "below chance" in said.split("\n")[1]
    assert "above chance" in said.split("\n")[2]


def test_a_model_that_uses_the_book_is_told_from_one_that_cannot() -> None:
    closed = lambda: trials("invented", "full", 15, 60)  # noqa: E731
    assert "The model uses the book: +50.0 points" in statements(closed(), trials("invented", "open_book", 45, 60))
    said = statements(closed(), trials("invented", "open_book", 17, 60))
    assert "This model cannot use the book, as far as 60 questions can tell: +3.3 points" in said
    assert "The page misleads this model: −21.7 points" in statements(closed(), trials("invented", "open_book", 2, 60))
    assert "the book" not in statements(closed())


def test_few_questions_never_show_that_a_model_uses_the_book() -> None:
    said = statements(trials("invented", "full", 1, 4), trials("invented", "open_book", 3, 4))
    assert "as far as 4 questions can tell" in said


def test_the_full_question_is_set_against_the_options_alone() -> None:
    said = statements(trials("common", "full", 34, 40), trials("common", "options_only", 10, 40))
    assert "Reading the question adds on common knowledge: +60.0 points" in said
    said = statements(trials("invented", "full", 15, 60), trials("invented", "options_only", 16, 60))
    assert "Reading the question adds nothing sure on invented facts: −1.7 points" in said


def test_the_table_names_every_rule_and_every_condition() -> None:
    knowledge, letters = found(trials("invented", "full", 15, 60), trials("invented", "open_book", 45, 60))
    table = knowledge.tables[0]
    assert [row[0] for row in table.rows] == ["invented facts: closed book", "invented facts: open book"]
    assert len(table.columns) == 4
    by_letter = table.rows[0][3]
    assert isinstance(by_letter, Rate)
    assert (by_letter.successes, by_letter.n) == (15, 60)
    assert letters.tables[0].rows[0][1:] == (30, 30, 30, 30)
    assert letters.tables[0].rows[3][1:] == (120, 0, 0, 0)


def test_a_liking_for_a_letter_is_named() -> None:
    said = statements(trials("invented", "full", 15, 60))
    assert "the model chose A most often, 100.0% (60 of 60; 95% interval 94.0% to 100.0%): it likes the letter" in said
    assert "likes" not in statements(trials("invented", "full", 1, 1))


def test_an_oracle_of_another_kind_is_named_as_it_is() -> None:
    made = [replace(t, verdicts={"numeric": replace(t.verdicts[RULES[0]])}) for t in trials("common", "full", 3, 4)]
    knowledge, _ = findings(made, ("numeric",))
    assert knowledge.tables[0].columns == ("", "numeric")


def test_undecided_and_missing_verdicts_enter_no_figure() -> None:
    labels = {"about": "invented", "condition": "full", "question": "q", "key": "A"}
    unclear = Verdict(RULES[0], "1", Status.UNDECIDED, "unclear")
    none = [
        Judged(Outcome("a", labels, Status.ERROR)),
        Judged(Outcome("b", labels, Status.UNDECIDED), {RULES[0]: unclear}),
    ]
    assert findings(none, RULES) == ()
    table = findings([*none, *trials("invented", "full", 1, 4)], RULES)[0].tables[0]
    assert isinstance(table.rows[0][1], Rate)
    assert table.rows[0][1].n == 4


@pytest.mark.parametrize(
    ("right", "said"), [(0, "below chance"), (10, "within chance"), (25, "above chance"), (40, "above chance")]
)
def test_chance_is_judged_by_the_interval_not_by_the_point(right: int, said: str) -> None:
    assert against_chance(wilson(right, 40)) == said
    assert against_chance(wilson(0, 0)) == "not assessed"
