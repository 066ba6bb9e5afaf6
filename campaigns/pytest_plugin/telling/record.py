"""What one test did with models: its outcomes and what its calls cost. Travels with pytest's report as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from probewright.types import Outcome, Status

MOST_WORDS = 4_000  # characters kept of a prompt or an answer, for the report


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial of a case. ``cluster`` is what the case shares with others on the same thing, else its key.

    A trial that is not ``is_rated`` is a control: it enters no rate. The words are kept of trials that did not pass.
    """

    outcome: Outcome
    cluster: str
    is_rated: bool = True
    prompt: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class GateTerms:
    """The gate that a test's trials count for: its name, and the terms that all its tests must agree on."""

    name: str
    at_most: float
    confidence: float
    unassessed_at_most: float


@dataclass(frozen=True, slots=True)
class GatePlan:
    """How many trials the collected tests of a gate plan together: those that count, and those in quarantine."""

    counted: int = 0
    excused: int = 0


@dataclass(slots=True)
class Record:
    """One test, while it runs and after it.

    ``group`` names the test function, which all its cases share. ``planned`` counts the trials that belong to the test,
    ``holes`` those of them for which there is no case. ``usd`` is None where a price is unknown. ``excused`` says why a
    failure does not fail the run: its quarantine. ``plan`` is that of all tests of the gate.
    """

    group: str
    planned: int = 1
    trials: list[Trial] = field(default_factory=list)
    calls: int = 0
    replayed: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    gate: GateTerms | None = None
    plan: GatePlan = GatePlan()
    holes: int = 0
    excused: str = ""
    is_hard: bool = False  # whether it fails whatever its gate says: see `Ended.is_hard`
    is_used: bool = False  # whether the test had to do with models at all

    def spend(self, calls: int, tokens: int, usd: float | None) -> None:
        """Counts a live call."""
        self.calls += calls
        self.tokens += tokens
        self.usd = None if self.usd is None or usd is None else self.usd + usd

    def keep(self, outcome: Outcome, *, cluster: str = "", is_rated: bool = True, words: Sequence[str] = ()) -> None:
        """Adds one trial; ``words`` are its prompt and its answer."""
        prompt, answer = words if words and outcome.status is not Status.PASS else ("", "")
        self.trials.append(Trial(outcome, cluster or outcome.key, is_rated, prompt[:MOST_WORDS], answer[:MOST_WORDS]))


def dump(record: Record) -> dict[str, Any]:
    """The record as plain values, which pytest can send from one process to another."""
    values = asdict(record)
    for trial, kept in zip(values["trials"], record.trials, strict=True):
        trial["outcome"] = {**asdict(kept.outcome), "status": kept.outcome.status.value}
        trial["outcome"]["labels"] = dict(kept.outcome.labels)
    return values


def load(values: Mapping[str, Any]) -> Record:
    """The record that `dump` gave."""
    trials = [
        Trial(**{**trial, "outcome": Outcome(**{**trial["outcome"], "status": Status(trial["outcome"]["status"])})})
        for trial in values["trials"]
    ]
    gate = GateTerms(**values["gate"]) if values["gate"] else None
    return Record(**{**values, "trials": trials, "gate": gate, "plan": GatePlan(**values["plan"])})
