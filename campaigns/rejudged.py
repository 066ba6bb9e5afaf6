"""What a report says of a campaign that another oracle judged again: who judged, and what that changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from probewright.figures import counted
from probewright.findings import Finding, Table, Value
from probewright.types import ASSESSED, Status

COLUMNS = (Status.PASS, Status.FAIL, Status.UNDECIDED)  # shown in any case; error only where it occurs


@dataclass(frozen=True, slots=True)
class Rejudged:
    """Whose verdicts a report uses, and what they make of the trials that were judged. Oracles come with their version.

    ``changes`` counts trials by the outcome that ``first`` gave them and the one that ``by`` gives them; a trial whose
    judge gave no verdict is an error.
    """

    by: str
    first: str  # the spec's oracle, as it judged while the campaign ran
    decided_by: str  # whose verdicts the campaign's own outcomes follow from
    failures: tuple[str, str]  # what an answer did that failed: by `first`, and by `by`
    changes: Mapping[tuple[Status, Status], int]

    @property
    def total(self) -> int:
        """Trials that both judged."""
        return sum(self.changes.values())

    @property
    def changed(self) -> int:
        """Of them, those that end otherwise."""
        return sum(count for (was, now), count in self.changes.items() if was is not now)

    @property
    def assessed(self) -> int:
        """Of them, those that pass or fail now."""
        return sum(count for (_, now), count in self.changes.items() if now in ASSESSED)

    def finding(self, campaign: int) -> Finding:
        """The same in sentences and a table."""
        if self.by == self.first != self.decided_by:
            return Finding("Judged again", (self._who(),))
        statements = [self._who(), *self._meanings(), self._what_changed()]
        if self.total and not self.assessed:
            statements.append(f"{self.by} could tell of no trial whether it passed: it does not fit these answers.")
        if self.by == self.decided_by != self.first:
            kind = self.first.split(" ", maxsplit=1)[0]
            statements.append(f"To decide by {kind} again: probewright rejudge {campaign} --oracle {kind}")
        return Finding("Judged again", tuple(statements), (self._table(),))

    def _who(self) -> str:
        if self.by == self.decided_by:
            return f"The outcomes are those of {self.by}, which judged again; {self.first} judged first."
        first = ", which judged first" if self.by == self.first else ""
        return (
            f"This report reads the verdicts of {self.by}{first}; the campaign itself is decided by {self.decided_by}."
        )

    def _meanings(self) -> list[str]:
        """That a pass is no longer what it was, where the two look for different things."""
        first, now = self.failures
        return [] if first == now else [f"An answer now fails where it {now}; by {self.first}, where it {first}."]

    def _what_changed(self) -> str:
        if not self.changed:
            return f"None of the {counted(self.total, 'judged trial')} ends otherwise than by {self.first}."
        moves = sorted(((count, move) for move, count in self.changes.items() if move[0] is not move[1]), reverse=True)
        told = ", ".join(f"{count:,} from {was} to {now}" for count, (was, now) in moves)
        end = "ends" if self.changed == 1 else "end"
        return (
            f"{self.changed:,} of {counted(self.total, 'judged trial')} {end} otherwise than by {self.first}: {told}."
        )

    def _table(self) -> Table:
        seen = {status for move in self.changes for status in move}
        statuses = [*COLUMNS, *([Status.ERROR] if Status.ERROR in seen else [])]
        rows: list[tuple[Value, ...]] = [
            (f"first {was}", *(self.changes.get((was, now), 0) for now in statuses)) for was in statuses
        ]
        caption = f"Judged trials: first by {self.first}, now by {self.by}"
        return Table(caption, ("", *(f"now {now}" for now in statuses)), tuple(rows))
