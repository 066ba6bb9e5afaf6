"""What all tests of a session reported, in the process that ends it: rows of the summary, and gates over groups."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from probewright.campaigns.pytest_plugin.telling.record import GateTerms, Record, Trial
from probewright.types import ASSESSED, Outcome, Status

if TYPE_CHECKING:  # else the controller of xdist would load statistics before it needs them
    from probewright.campaigns.pytest_plugin.telling.ending import Judged


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
class Part:
    """Trials that a gate counts together. ``unrated`` ones of the planned are controls, or there is no case."""

    planned: int = 0
    unrated: int = 0
    trials: list[Trial] = field(default_factory=list)

    def add(self, record: Record, planned: int) -> None:
        """Counts one more test."""
        self.planned = max(self.planned, planned)
        self.unrated += record.holes + sum(not trial.is_rated for trial in record.trials)
        self.trials.extend(trial for trial in record.trials if trial.is_rated)

    @property
    def outcomes(self) -> list[tuple[Outcome, str]]:
        """All planned trials with their clusters; those that nobody reported are `not_run`."""
        missing = self.planned - self.unrated - len(self.trials)
        never = Outcome("", {}, Status.NOT_RUN, "its test did not run")
        return [(trial.outcome, trial.cluster) for trial in self.trials] + [(never, "")] * max(0, missing)


@dataclass(slots=True)
class Pool:
    """The tests of one gate by their ids, and their trials: those in quarantine apart, for they excuse no others."""

    terms: list[GateTerms] = field(default_factory=list)
    nodeids: list[str] = field(default_factory=list)
    counted: Part = field(default_factory=Part)
    quarantined: Part = field(default_factory=Part)
    quarantine: str = ""

    def add(self, record: Record, terms: GateTerms, nodeid: str) -> None:
        """Counts one more test."""
        if terms not in self.terms:
            self.terms.append(terms)
        self.nodeids.append(nodeid)
        self.counted.planned = max(self.counted.planned, record.plan.counted)
        if record.excused:
            self.quarantined.add(record, record.plan.excused)
            self.quarantine = record.excused
        else:
            self.counted.add(record, record.plan.counted)

    @property
    def judged(self) -> Part:
        """The trials that the gate is about: those in quarantine only where there are no others."""
        return self.counted if self.counted.planned else self.quarantined

    @property
    def excused(self) -> str:
        """Why a failure of the gate fails no run: all its tests are in quarantine."""
        return "" if self.counted.planned else self.quarantine

    @property
    def left_out(self) -> int:
        """Trials in quarantine that the gate does not count."""
        return len(self.quarantined.trials) if self.counted.planned else 0


class Gathering:
    """Rows by test function and pools by gate, in the order in which their first test reported."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.pools: dict[str, Pool] = {}
        self.judged: list[Judged] = []  # the gates, once the session ended
        self.report: Path | None = None  # the HTML report, once it was written

    def add(self, record: Record, nodeid: str) -> None:
        """Takes in one test."""
        self.rows.setdefault(record.group, Row(record.group)).add(record)
        if record.gate is not None:
            self.pools.setdefault(record.gate.name, Pool()).add(record, record.gate, nodeid)

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
