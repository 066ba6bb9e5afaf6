"""What the oracles beside the deciding one say: their fail rates, and how often they agree with it."""

from collections.abc import Iterable

from probewright.campaigns.results import Facts
from probewright.findings import Finding, Judged, Table, Value
from probewright.testgen.findings.scores import Scores
from probewright.types import ASSESSED, Status


def second_opinions(facts: Facts, trials: Iterable[Judged]) -> tuple[Finding, ...]:
    """One finding over the cases that enter the rates; none where only one oracle judged."""
    if len(facts.rules) < 2:
        return ()
    scores = Scores()
    for judged in trials:
        if not facts.is_rated(judged.outcome.labels):
            continue
        cluster = facts.cluster_of(judged.outcome)
        for rule in facts.rules:
            verdict = judged.verdicts.get(rule)
            if verdict is not None and verdict.status in ASSESSED:
                scores.add((rule, "failed"), cluster, verdict.status is Status.FAIL)
                if judged.outcome.status in ASSESSED:
                    scores.add((rule, "agrees"), cluster, verdict.status is judged.outcome.status)
    rows: list[tuple[Value, ...]] = [
        (rule, scores.rate((rule, "failed")), scores.rate((rule, "agrees"))) for rule in facts.rules
    ]
    table = Table(
        "Each oracle on the cases that enter the rates", ("", "failed", f"agrees with {facts.rules[0]}"), tuple(rows)
    )
    said = f"The outcomes are those of {facts.rules[0]}; the other oracles decide nothing."
    return (Finding("What each oracle says", (said,), (table,)),)
