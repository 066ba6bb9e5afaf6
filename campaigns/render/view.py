"""What the HTML report lays out: the report's numbers with their anchors, colours and embedded transcripts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import yaml

from probewright import __version__
from probewright.campaigns.comparison import Change
from probewright.campaigns.render import wording
from probewright.campaigns.render.selection import Selection, shortened
from probewright.campaigns.render.text import anchor
from probewright.campaigns.report import Breakdown, Report, Tally
from probewright.campaigns.results import Result
from probewright.types import Hole, HoleKind, Outcome, Status

MOST_NOTABLE = 12
MOST_CHANGED = 200  # changed cases shown side by side
MOST_HOLES = 60
MOST_WRITER_HOLES = 20  # of each kind

HEAT = (0.0, 0.1, 0.25, 0.5, 0.75)  # upper ends of the colour steps, shares; above the last is the hottest

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """One embedded trial."""

    anchor: str
    result: Result
    change: Change | None


@dataclass(frozen=True, slots=True)
class Group:
    """The embedded trials of one cell of the grid; without a grid all are in one group without a ``pair``."""

    anchor: str
    pair: Pair | None
    tally: Tally
    trials: tuple[Trial, ...]

    @property
    def left_out(self) -> int:
        """Trials that have an outcome here but are not embedded."""
        return self.tally.total - self.tally.counts[Status.NOT_RUN] - len(self.trials)


@dataclass(frozen=True, slots=True)
class Changed:
    """A case that fares differently, with what the baseline's model said to it."""

    trial: Trial
    there: Result | None


class View:
    """All that the templates ask for, built from a report and one pass over its results."""

    def __init__(self, report: Report, results: Iterable[Result], other: Mapping[str, Result] | None) -> None:
        self.report = report
        self.facts = report.facts
        self.tally = report.tally
        self.headline = wording.headline(report)
        self.version = __version__
        self._changes = report.comparison.changes if report.comparison else {}
        self._other = other or {}
        selection = Selection(self._changes, self._pair)
        for result in results:
            selection.add(result)
        self.seen = selection.seen
        self._kept = [self._trial(result) for result in selection.kept()]

    @property
    def embedded(self) -> int:
        """How many trials are shown word for word."""
        return len(self._kept)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The transcripts, by cell in the grid's order."""
        by_pair: dict[Pair | None, list[Trial]] = defaultdict(list)
        for trial in self._kept:
            by_pair[self._pair(trial.result.outcome)].append(trial)
        pairs = [pair for pair in self._grid_order() if pair in self._cells]
        found = [Group(self.cell_anchor(pair), pair, self._cells[pair], tuple(by_pair[pair])) for pair in pairs]
        if None in by_pair:
            tally = _count(by_pair[None]) if self.report.grid else self.tally
            found.append(Group("cell-none", None, tally, tuple(by_pair[None])))
        return tuple(found)

    @property
    def repeated_labels(self) -> tuple[str, ...]:
        """Labels that say again what others say: the id, where a family asks each item under several conditions."""
        return ("item",) if self.facts.rated else ()

    @cached_property
    def notable(self) -> list[tuple[Pair, Tally]]:
        """Cells with a failure that hold enough cases to be read, surest first."""
        return wording.ranked_cells(self.report)

    @cached_property
    def thin_failures(self) -> int:
        """Cells with a failure that hold too few cases to be read."""
        grid = self.report.grid
        return len(grid.notable()) - len(self.notable) if grid else 0

    @cached_property
    def changed(self) -> list[Changed]:
        """Embedded trials of regressed cases, then those of fixed ones, with the baseline's answer."""
        found: list[Changed] = []
        for change in (Change.REGRESSED, Change.FIXED):
            trials = [trial for trial in self._kept if trial.change is change]
            found += [Changed(trial, self._there(trial)) for trial in trials[: MOST_CHANGED - len(found)]]
        return found

    @property
    def breakdowns(self) -> list[Breakdown]:
        """The breakdowns with their rows sorted: the highest fail rate first, values without a rate last."""
        return [
            Breakdown(breakdown.label, tuple(sorted(breakdown.rows, key=_by_rate, reverse=True)))
            for breakdown in self.report.breakdowns
        ]

    @cached_property
    def writer_holes(self) -> Mapping[HoleKind, list[Hole]]:
        """Cells without a case, by why there is none."""
        return {kind: found for kind in HoleKind if (found := [h for h in self.facts.holes if h.kind is kind])}

    @property
    def spec(self) -> str:
        """The spec as YAML; it names secrets by reference only."""
        return yaml.safe_dump(_plain(self.facts.spec), sort_keys=False, allow_unicode=True, width=100)

    @property
    def system_prompt(self) -> str:
        """The target's system prompt, or the empty string."""
        return str(self.facts.spec.get("target", {}).get("system") or "")

    def cell_anchor(self, pair: Pair) -> str:
        """The id of a cell's section."""
        grid = self.report.grid
        return anchor("cell", grid.rows.index(pair[0]), grid.columns.index(pair[1])) if grid else "cell-none"

    @property
    def _cells(self) -> Mapping[Pair, Tally]:
        return self.report.grid.cells if self.report.grid else {}

    def _grid_order(self) -> list[Pair]:
        grid = self.report.grid
        return [(row, column) for row in grid.rows for column in grid.columns] if grid else []

    def _pair(self, outcome: Outcome) -> Pair | None:
        """The cell of an outcome; None where there is no grid, or the outcome lies outside it."""
        grid = self.report.grid
        if grid is None:
            return None
        pair = (outcome.labels.get(grid.row_label, ""), outcome.labels.get(grid.column_label, ""))
        is_inside = pair in grid.cells and pair[0] in grid.rows and pair[1] in grid.columns
        return pair if is_inside else None

    def _trial(self, result: Result) -> Trial:
        outcome = result.outcome
        return Trial(anchor("trial", outcome.key, outcome.trial), result, self._changes.get(outcome.key))

    def _there(self, trial: Trial) -> Result | None:
        found = self._other.get(trial.result.outcome.key)
        return None if found is None else shortened(found)


def heat(tally: Tally) -> int:
    """The colour step of a cell's rate, 0 to 5; only for cells with an assessed answer."""
    value = tally.fail_rate.value or 0.0
    return sum(value > end for end in HEAT)


def _by_rate(row: tuple[str, Tally]) -> tuple[bool, float, int]:
    rate = row[1].fail_rate
    return rate.value is not None, rate.value or 0.0, rate.n


def _count(trials: Iterable[Trial]) -> Tally:
    tally = Tally()
    for trial in trials:
        tally.add(trial.result.outcome)
    return tally


def _plain(value: object) -> object:
    """Mappings and sequences of any kind as the dicts and lists that YAML knows; what it does not know as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | None) else str(value)
