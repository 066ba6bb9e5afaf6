"""What training results are said to mean, from made-up verdicts."""

from collections.abc import Iterator

from probewright.findings import Judged
from probewright.testgen.findings.learning import findings
from probewright.types import Outcome, Status, Verdict

RULES = ("contains", "exact")
SIZE = {"direct": 30, "rephrased": 60, "common": 20}


def trials(model: str, **right: int) -> Iterator[Judged]:
    """Answers of one model: so many of each kind of question contain what is expected; none is exact."""
    for question, size in SIZE.items():
        for number in range(size):
            is_right = number < right[question]
            fact = f"common {number}" if question == "common" else f"fact {number // (size // 30)}"
            labels = {"model": model, "question": question, "fact": fact}
            status = Status.PASS if is_right else Status.FAIL
            verdicts = {"contains": Verdict("contains", "1", status), "exact": Verdict("exact", "1", Status.FAIL)}
            yield Judged(Outcome(f"{model} {question} {number}", labels, status), verdicts)


def said(before: dict[str, int], after: dict[str, int]) -> list[str]:
    (finding,) = findings([*trials("base", **before), *trials("tuned", **after)], RULES)
    return list(finding.statements)


NOTHING = {"direct": 0, "rephrased": 0, "common": 14}


def test_a_lesson_that_was_learned_held_in_other_words_and_cost_nothing_is_said_so() -> None:
    learned, generalised, forgotten = said(NOTHING, {"direct": 30, "rephrased": 58, "common": 14})
    assert learned.startswith("Learned: yes; asked as taught it is right 100.0% (30 of 30;")
    assert generalised.startswith("Generalised: yes; rephrased questions are right 96.7% (58 of 60;")
    assert forgotten.startswith("Forgotten: nothing that these questions show surely; common knowledge is right 70.0%")


def test_what_holds_in_the_taught_words_only_is_said_to_generalise_in_part() -> None:
    _, generalised, _ = said(NOTHING, {"direct": 30, "rephrased": 24, "common": 14})
    assert generalised.startswith("Generalised: in part;")
    assert "points" in generalised


def test_few_rephrasings_never_show_that_a_lesson_generalised() -> None:
    few = [t for t in trials("base", **NOTHING) if t.outcome.labels["fact"] in {"fact 0", "fact 1"}]
    right = {"direct": 30, "rephrased": 60, "common": 14}
    tuned = [t for t in trials("tuned", **right | {"rephrased": 3}) if t.outcome.labels["fact"] in {"fact 0", "fact 1"}]
    (finding,) = findings([*few, *tuned], RULES)
    assert not finding.statements[1].startswith("Generalised: yes")


def test_a_lesson_that_changed_nothing_is_not_said_to_be_learned() -> None:
    learned, generalised, _ = said(NOTHING, {"direct": 2, "rephrased": 1, "common": 14})
    assert learned.startswith("Learned: not clearly;")
    assert generalised.startswith("Generalised: not clearly;")


def test_what_was_forgotten_is_named_with_its_test() -> None:
    forgotten = said(NOTHING, {"direct": 30, "rephrased": 58, "common": 3})[2]
    assert forgotten.startswith("Forgotten: yes; common knowledge is right 15.0% (3 of 20;")
    assert "exact McNemar p < 0.001" in forgotten


def test_exact_and_containment_scores_stand_side_by_side() -> None:
    (finding,) = findings([*trials("base", **NOTHING), *trials("tuned", direct=30, rephrased=58, common=14)], RULES)
    table = finding.tables[0]
    assert [str(row[0]) for row in table.rows] == [
        "taught facts, asked as taught",
        "taught facts, rephrased",
        "common knowledge",
    ]
    shares = [[getattr(value, "value", None) for value in row[1:]] for row in table.rows]
    assert shares[0] == [0.0, 1.0, 0.0, 0.0]


def test_without_a_trained_model_the_base_is_still_reported() -> None:
    (finding,) = findings(trials("base", **NOTHING), RULES)
    assert (
        finding.statements[0] == "Learned: n/a, since the trained model was not asked, or its answers were not judged."
    )
    assert (
        finding.statements[2]
        == "Forgotten: n/a, since the trained model was not asked, or its answers were not judged."
    )


def test_nothing_assessed_gives_no_finding() -> None:
    labels = {"model": "base", "question": "direct", "fact": "f"}
    assert findings([Judged(Outcome("a", labels, Status.ERROR))], RULES) == ()
