"""What a model learned from training, what of it holds in other words, and what it forgot."""

from collections.abc import Iterable, Sequence

from probewright.figures import rate_in_words
from probewright.findings import Finding, Judged, Table, Value
from probewright.testgen.findings.scores import Change, Scores
from probewright.types import ASSESSED, Status

MARGIN = 0.20  # what rephrasing may cost at worst for a lesson to count as generalised, as a share
UNKNOWN = "n/a, since the trained model was not asked, or its answers were not judged"

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
                scores.add(condition, labels["fact"], verdict.status is Status.PASS)
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
        return UNKNOWN
    verdict = "yes" if change.is_better else "not clearly"
    return f"{verdict}; asked as taught it is right {rate_in_words(after)}, before training {rate_in_words(before)}"


def _generalised(scores: Scores, rule: str, change: Change) -> str:
    taught, rephrased = scores.rate((rule, "tuned", "direct")), scores.rate((rule, "tuned", "rephrased"))
    if not rephrased.n:
        return UNKNOWN
    lost = scores.compare((rule, "tuned", "direct"), (rule, "tuned", "rephrased"))
    verdict = "not clearly" if not change.is_better else "yes" if _is_small(lost) else "in part"
    said = f"{verdict}; rephrased questions are right {rate_in_words(rephrased)}"
    return f"{said}, which is {lost.in_words} against the taught words" if taught.n else said


def _is_small(lost: Change) -> bool:
    """Whether other words surely cost no more than the margin; absence of a clear loss alone would prove nothing."""
    worst = lost.difference.value if lost.difference.low is None else lost.difference.low
    return worst is not None and worst > -MARGIN


def _forgotten(scores: Scores, rule: str, change: Change) -> str:
    after = scores.rate((rule, "tuned", "common"))
    if not after.n:
        return UNKNOWN
    verdict = "yes" if change.is_worse else "nothing that these questions show surely"
    return f"{verdict}; common knowledge is right {rate_in_words(after)}, {change.in_words}"


def _before_and_after(scores: Scores, rules: Sequence[str]) -> Table:
    models = {"base": "before", "tuned": "after"}
    columns = ("", *(f"{when}, {_RULES.get(rule, rule)}" for rule in rules for when in models.values()))
    rows: list[tuple[Value, ...]] = [
        (said, *(scores.rate((rule, model, asked)) for rule in rules for model in models))
        for asked, said in _ASKED.items()
    ]
    return Table("Right answers before and after training", columns, tuple(rows))


def _paired(changes: dict[str, Change]) -> Table:
    rows = tuple((_ASKED[asked], change.in_words) for asked, change in changes.items())
    return Table("After minus before, on the same questions", ("", "difference"), rows)
