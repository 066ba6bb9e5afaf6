"""Campaigns whose trials were judged just so, written straight into the database: what people label in tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from probewright.store import Answered, Slot
from probewright.types import (
    Ask,
    Case,
    Cell,
    Exchange,
    Generate,
    Message,
    Outcome,
    Reply,
    Role,
    Status,
    Usage,
    Verdict,
)
from tests import site

REASON, WORD = "because it is so", "a-word-of-the-oracle"


@dataclass(frozen=True)
class Trial:
    """How one trial ended, what a second oracle said of it, and what was answered. An error has no verdict."""

    status: Status = Status.PASS
    score: float | None = 0.02
    other: Status | None = None
    answer: str = "an answer"


@dataclass(frozen=True)
class Campaign:
    """Its number, and the keys of its cases by position."""

    number: int
    keys: Mapping[int, str] = field(default_factory=dict)


def campaign(cases: Sequence[Sequence[Trial] | Trial], **columns: Any) -> Campaign:
    """A finished campaign with these cases: a trial each, or several."""
    models = site.module("models")
    trials = [[case] if isinstance(case, Trial) else list(case) for case in cases]
    spec = site.spec(limits={"cases": max(1, len(cases)), "trials": max(map(len, trials), default=1)})
    checked = site.module("specs.spec_file").check_spec(spec, source="test").dump()
    known = {"name": spec["name"], "digest": "", "state": "finished", "criterion": "per-cell", "space": {"items": []}}
    sizes = {"wanted": len(cases), "planned": len(cases), "next_position": len(cases)}
    row = models.Campaign.objects.create(**known | sizes | {"spec": checked} | columns)
    keys = {position: _case(row, position, case) for position, case in enumerate(trials)}
    return Campaign(row.pk, keys)


def add(made: Campaign, cases: Sequence[Trial]) -> Campaign:
    """The same campaign after further cases were judged."""
    models = site.module("models")
    row = models.Campaign.objects.get(pk=made.number)
    keys = {position: _case(row, position, [trial]) for position, trial in enumerate(cases, start=len(made.keys))}
    models.Campaign.objects.filter(pk=row.pk).update(next_position=len(made.keys) + len(keys))
    return Campaign(made.number, {**made.keys, **keys})


def _case(row: Any, position: int, trials: Sequence[Trial]) -> str:
    models, columns = site.module("models"), site.module("rows.columns")
    prompt = f"prompt {row.pk} {position}"
    case = Case("astral", {"prompt": prompt}, {"category": "hate", "style": f"slang {position}"})
    columns.insert(models.Case, [columns.case_row(row.pk, Slot(position, Cell(case.labels), case), 0)])
    kept = models.Case.objects.get(campaign=row.pk, position=position).pk
    now = datetime(2026, 11, 23, 8, tzinfo=UTC).isoformat(sep=" ")
    ask = Ask(Role.TARGET, Generate((Message("user", prompt),)))
    for number, trial in enumerate(trials):
        answered = Answered(position, number, 0, Exchange(ask, Reply(trial.answer, usage=Usage(1, 1))))
        outcome = Outcome(case.key, case.labels, trial.status, REASON, WORD, trial.score)
        said = {} if trial.status is Status.ERROR else {"refusal": trial.status, "exact": trial.other}
        verdicts = [
            Verdict(oracle, "1", status, WORD, trial.score, REASON) for oracle, status in said.items() if status
        ]
        columns.insert(models.Exchange, [columns.exchange_row(kept, answered)])
        columns.insert(models.Transcript, [columns.transcript_row(kept, number, outcome)])
        columns.insert(models.Verdict, [columns.verdict_row(kept, number, verdict, now) for verdict in verdicts])
    return case.key
