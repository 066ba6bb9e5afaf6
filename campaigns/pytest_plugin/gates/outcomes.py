"""The outcomes of a campaign in a test, and keeping them as the baseline of a later one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from probewright.errors import DataError
from probewright.protocols import Cost
from probewright.types import Outcome, Status

NOTHING = Cost(usd=0.0)
HEAD, VERSION = "probewright_outcomes", 1  # what the first line of a campaign's file begins with
TEXTS = ("cluster", "oracle", "stop_kind", "stop_reason")
OF_ALL = ("rated", *TEXTS)  # what is said once of all outcomes
ALLOWED = "one JSON object a line with key, status, labels and trial, as `probewright outcomes NAME --jsonl` writes it"


@dataclass(frozen=True, slots=True)
class Outcomes(Sequence[Outcome]):
    """Every planned trial of a campaign with how it ended; those that never ran are `not_run`.

    Attributes:
        items: The outcomes, in case order.
        spent: Live calls, tokens and dollars; a replay spends nothing.
        stop_kind: What ended the campaign early, as in `StopKind`; empty where nothing did.
        stop_reason: The same in words.
        rated: Labels of the cases that enter rates; all others are controls.
        cluster: The label whose value cases on the same thing share.
        oracle: What judged, with its version; empty where nobody knows.
    """

    items: tuple[Outcome, ...]
    spent: Cost = NOTHING
    stop_kind: str = ""
    stop_reason: str = ""
    rated: Mapping[str, str] = field(default_factory=dict)
    cluster: str = ""
    oracle: str = ""

    def __getitem__(self, place: Any) -> Any:
        return self.items[place]

    def __len__(self) -> int:
        return len(self.items)

    def is_rated(self, outcome: Outcome) -> bool:
        """Whether an outcome enters rates."""
        return self.rated.items() <= outcome.labels.items()

    def cluster_of(self, outcome: Outcome) -> str:
        """What an outcome's case shares with others, else its key."""
        return outcome.labels.get(self.cluster, "") or outcome.key

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {status.value}" for status in Status if (n := self._count(status)))
        return f"<{len(self.items)} outcomes: {counts or 'none'}>"

    def _count(self, status: Status) -> int:
        return sum(outcome.status is status for outcome in self.items)


def write_outcomes(outcomes: Iterable[Outcome], path: Path | str) -> None:
    """Keeps outcomes in a JSONL file, to be the baseline of a later run.

    The first line of a campaign's says which of them are controls, which belong together, and what judged them.
    """
    rows = [_row(outcome) for outcome in outcomes]
    if isinstance(outcomes, Outcomes):
        rows.insert(0, {HEAD: VERSION, **{name: getattr(outcomes, name) for name in OF_ALL}})
    Path(path).write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


def read_outcomes(path: Path | str) -> Outcomes:
    """The outcomes in a JSONL file. Without a first line as `write_outcomes` writes it, all of them enter rates.

    Raises:
        DataError: the file cannot be read, or a line is no outcome; names the line.
    """
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    of_all = _of_all(path, lines[0]) if lines else None
    start = 1 if of_all is None else 2
    found = enumerate(lines[start - 1 :], start)
    return Outcomes(tuple(_outcome(path, number, line) for number, line in found if line.strip()), **(of_all or {}))


def _of_all(path: Path | str, line: bytes) -> dict[str, Any] | None:
    """What the first line says of all outcomes; None where it is one of them."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None  # said where the outcome is read
    if not isinstance(row, dict) or HEAD not in row:
        return None
    told = {name: row.get(name) for name in OF_ALL}
    rated = told["rated"]
    is_well = row[HEAD] == VERSION and isinstance(rated, dict) and all(isinstance(told[name], str) for name in TEXTS)
    if not is_well:
        raise DataError(
            f"{path}: line 1 is {row!r:.120}; allowed: {{{HEAD!r}: {VERSION}, ...}} as write_outcomes wrote it"
        )
    return told


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": outcome.key,
        "labels": dict(outcome.labels),
        "status": outcome.status.value,
        "verdict": outcome.label,
        "score": outcome.score,
        "reason": outcome.reason,
        "trial": outcome.trial,
    }


def _outcome(path: Path | str, number: int, line: bytes) -> Outcome:
    try:
        row = orjson.loads(line)
        return Outcome(
            key=row["key"],
            labels=row.get("labels", {}),
            status=Status(row["status"]),
            reason=row.get("reason", ""),
            label=row.get("verdict", ""),
            score=row.get("score"),
            trial=row.get("trial", 0),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: line {number} is no outcome ({error}); allowed: {ALLOWED}") from None
