"""What a family makes of its results: sentences and tables that every form of a report shows.

A family reads `Judged` trials, one by one, and gives `Finding`s. It says what its conditions mean; how that is laid out
is the report's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from probewright.stats.intervals import Rate
from probewright.stats.paired import Difference
from probewright.types import Outcome, Verdict

Value: TypeAlias = str | int | Rate | Difference


@dataclass(frozen=True, slots=True)
class Judged:
    """One trial and all that oracles said of it; ``verdicts`` by the oracle's name, none where nothing was judged."""

    outcome: Outcome
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers side by side. The first value of a row names it; ``columns`` name all values, the first included."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the results say: ``statements`` are whole sentences, the answer first."""

    title: str
    statements: tuple[str, ...]
    tables: tuple[Table, ...] = ()
