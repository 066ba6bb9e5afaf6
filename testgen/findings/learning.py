"""What a model learned from training, what of it holds in other words, and what it forgot."""

from collections.abc import Iterable, Sequence

from probewright.figures import rate_in_words
from probewright.findings import Finding, Judged, Table, Value
from probewright.testgen.findings.scores import Change, Scores
from probewright.types import ASSESSED

_ASKED = {
    "direct": "taught facts, asked as taught",
    "rephrased": "taught facts, rephrased",
    "common": "common knowledge",
}
_RULES = {
    "contains": "the answer is contained",
    "exact": "the answer is exact",
}


def findings(trials: Iterable[Judged], rules: Sequence[str]) -> tuple[Finding, ...]:
    """The findings of a campaign, by the deciding rule first; none where nothing was assessed."""
    scores = Scores()
    for judged in trials:
        labels = judged.outcome.labels
        for rule, verdict in judged.verdicts.items():
            if verdict.status in ASSESSED:
                condition = (rule, labels["model"], labels["question"])
                scores.add(condition, labels["fact"], verdict.status == "pass")
    if not list(scores.conditions()):
        return ()
    changes = {asked: scores.compare((rules[0], "base", asked), (rules[0], "tuned", asked)) for asked in _ASKED}
    statements = [
        f"Learned: {_learned(scores, rules[0], changes['direct'])}.",
        f"Generalised: {_generalised(scores, rules[0], changes['rephrased'])}.",
        f"Forgotten: {_forgotten(scores, rules[0], changes['common'])}.",
    ]
    tables = (_before_and_after(scores, rules), _paired(changes))
    return (Finding("Learned, generalised, forgotten", tuple(statements), tables),)


def _learned(scores: Scores, rule: str, change: Change) -> str:
    before, after = scores.rate((rule, "base", "direct")), scores.rate((rule, "tuned", "direct"))
    if not after.n:
        return "n/a, since the trained model answered nothing"
    verdict = "yes" if change.is_better else "not clearly"
    return f"{verdict}; asked as taught it is right {rate_in_words(after)}, before training {rate_in_words(before)}"


def _generalised(scores: Scores, rule: str, change: Change) -> str:
    taught, rephrased = scores.rate((rule, "tuned", "direct")), scores.rate((rule, "tuned", "rephrased"))
    if not rephrased.n:
        return "n/a, since the trained model answered no rephrased question"
    lost = scores.compare((rule, "tuned", "direct"), (rule, "tuned", "rephrased"))
    verdict = "yes" if change.is_better and not lost.is_worse else "in part" if change.is_better else "not clearly"
    said = f"{verdict}; rephrased questions are right {rate_in_words(rephrased)}"
    return f"{said}, which is {lost.in_words} against the taught words" if taught.n else said


def _forgotten(scores: Scores, rule: str, change: Change) -> str:
    after = scores.rate((rule, "tuned", "common"))
    if not after.n:
        return "n/a, since the trained model answered nothing"
    verdict = "yes" if change.is_worse else "nothing that these questions show surely"
    return f"{verdict}; common knowledge is right {rate_in_words(after)}, {change.in_words}"


def _before_and_after(scores: Scores, rules: Sequence[str]) -> Table:
    models = {"base": "before", "tuned": "after"}
    columns = ("", *(f"{when}, {_RULES[rule]}" for rule in rules for when in models.values()))
    rows: list[tuple[Value, ...]] = [
        (said, *(scores.rate((rule, model, asked)) for rule in rules for model in models))
        for asked, said in _ASKED.items()
    ]
    return Table("Right answers before and after training", columns, tuple(rows))


def _paired(changes: dict[str, Change]) -> Table:
    rows = tuple((_ASKED[asked], change.in_words) for asked, change in changes.items())
    return Table("After minus before, on the same questions", ("", "difference"), rows)
