"""What all tests of a session reported, in the process that ends it: rows of the summary, and gates over groups."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probewright.campaigns.pytest_plugin.record import GateTerms, Record, Trial
from probewright.types import ASSESSED, Outcome, Status

if TYPE_CHECKING:  # else the controller of xdist would load statistics before it needs them
    from probewright.campaigns.pytest_plugin.ending import Judged


@dataclass(slots=True)
class Row:
    """One test function with all its cases. ``shown`` are the trials that did not pass, for the HTML report."""

    group: str
    keys: set[str] = field(default_factory=set)
    counts: dict[Status, int] = field(default_factory=dict)
    trials: dict[str, tuple[int, int]] = field(default_factory=dict)  # cluster -> failed, assessed
    calls: int = 0
    replayed: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    excused: str = ""
    shown: list[Trial] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """Different cases."""
        return len(self.keys)

    def add(self, record: Record) -> None:
        """Counts one more test."""
        self.calls += record.calls
        self.replayed += record.replayed
        self.tokens += record.tokens
        self.usd = None if self.usd is None or record.usd is None else self.usd + record.usd
        self.excused = record.excused or self.excused
        for trial in record.trials:
            status = trial.outcome.status
            self.counts[status] = self.counts.get(status, 0) + 1
            self.keys.add(trial.outcome.key)
            if status is not Status.PASS:
                self.shown.append(trial)
            if trial.is_rated and status in ASSESSED:
                failed, n = self.trials.get(trial.cluster, (0, 0))
                self.trials[trial.cluster] = (failed + (status is Status.FAIL), n + 1)


@dataclass(slots=True)
class Pool:
    """The trials that count for one gate. ``planned`` sums what each of its test functions planned."""

    terms: list[GateTerms] = field(default_factory=list)
    planned: dict[str, int] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    controls: int = 0
    excused: str = ""

    def add(self, record: Record, terms: GateTerms) -> None:
        """Counts one more test."""
        if terms not in self.terms:
            self.terms.append(terms)
        holes = record.planned if record.is_hole else 0
        self.planned[record.planner] = record.of_gate
        self.controls += holes + sum(not trial.is_rated for trial in record.trials)
        self.trials.extend(trial for trial in record.trials if trial.is_rated)
        self.excused = record.excused or self.excused

    @property
    def outcomes(self) -> list[tuple[Outcome, str]]:
        """All planned trials with their clusters; those that nobody reported are `not_run`."""
        missing = sum(self.planned.values()) - self.controls - len(self.trials)
        never = Outcome("", {}, Status.NOT_RUN, "its test did not run")
        return [(trial.outcome, trial.cluster) for trial in self.trials] + [(never, "")] * max(0, missing)


class Gathering:
    """Rows by test function and pools by gate, in the order in which their first test reported."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.pools: dict[str, Pool] = {}
        self.judged: list[Judged] = []  # the gates, once the session ended

    def add(self, record: Record) -> None:
        """Takes in one test."""
        self.rows.setdefault(record.group, Row(record.group)).add(record)
        if record.gate is not None:
            self.pools.setdefault(record.gate.name, Pool()).add(record, record.gate)

    @property
    def total(self) -> Row:
        """All rows together; the clusters of different functions stay apart."""
        total = Row("all")
        for row in self.rows.values():
            _merge(total, row)
        return total


def _merge(total: Row, row: Row) -> None:
    total.keys |= row.keys
    total.calls += row.calls
    total.replayed += row.replayed
    total.tokens += row.tokens
    total.usd = None if total.usd is None or row.usd is None else total.usd + row.usd
    for status, number in row.counts.items():
        total.counts[status] = total.counts.get(status, 0) + number
    total.trials.update({f"{row.group} {cluster}": pair for cluster, pair in row.trials.items()})


def statuses(rows: Iterable[Row]) -> list[Status]:
    """The statuses that occur, in their order."""
    present = list(rows)
    return [status for status in Status if any(row.counts.get(status) for row in present)]
