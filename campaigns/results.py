"""What came of a campaign, read back as core types: facts about it, and one `Result` a trial."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probewright.protocols import Cost
from probewright.types import Axes, Hole, Json, Message, Outcome, Space


@dataclass(frozen=True, slots=True)
class Facts:
    """A campaign as a whole: what was asked of whom, how far it came, what it cost."""

    id: int
    name: str
    state: str
    stop_kind: str
    stop_reason: str
    started: str  # ISO 8601, UTC
    spec: Mapping[str, Any]
    target: str
    oracle: str
    oracle_version: str
    failure: str  # what an answer did that failed, in the oracle's words
    family: str
    source: str
    space: Space
    criterion: str
    wanted: int  # cases to plan
    planned: int  # cases planned so far, holes left out
    trials: int
    cut_off: int  # answers that ended at max_tokens
    holes: tuple[Hole, ...]
    spent: Cost
    retries: int
    seconds: float
    rated: Mapping[str, str] = field(default_factory=dict)  # labels of the cases that enter the rates; see `Family`
    cluster: str = ""  # the label whose value cases on the same thing share
    rules: tuple[str, ...] = ()  # the oracles that judge, the deciding one first
    read_by: str = ""  # the oracle by whose verdicts these facts are read, where it is not the one that decides
    provenance: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # by endpoint

    @property
    def judged_by(self) -> str:
        """The deciding oracle and its version."""
        return f"{self.oracle} {self.oracle_version}".strip()

    def cluster_of(self, outcome: Outcome) -> str:
        """What the outcome's case shares with others on the same thing; where it shares nothing, the case's key."""
        return outcome.labels.get(self.cluster, "") or outcome.key

    def is_rated(self, labels: Mapping[str, str]) -> bool:
        """Whether a case with these labels enters the model's rate; where not, it is a control."""
        return self.rated.items() <= labels.items()

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """The axes of the space by name; none where it is a set of items."""
        return self.space.values if isinstance(self.space, Axes) else {}

    @property
    def grid_labels(self) -> tuple[str, str] | None:
        """The two axes that span the report's grid, rows first."""
        names = list(self.axes)
        return (names[0], names[1]) if len(names) > 1 else None

    @property
    def expected_trials(self) -> int:
        """Trials that should have an outcome: of the planned cases once all were asked, else of the wanted ones."""
        return (self.planned if self.state == "finished" and not self.stop_kind else self.wanted) * self.trials


@dataclass(frozen=True, slots=True)
class Live:
    """Where a campaign stands now, from counters: cheap to ask however large it is."""

    id: int
    name: str
    state: str
    stop_kind: str
    stop_reason: str
    total: int  # trials that it is to end with
    counts: Mapping[str, int]  # outcomes by status, those that occur
    spent: Cost
    retries: int
    seconds: float  # of the wall clock, all runs together
    holes: int
    workers: tuple[str, ...]  # the processes that work on it: host, pid, start

    @property
    def done(self) -> int:
        """Trials with an outcome."""
        return sum(self.counts.values())

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes unless somebody resumes it."""
        return self.state in {"stopped", "finished"}


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one trial: the messages of the last request, system prompt apart, and what came back."""

    messages: tuple[Message, ...]
    reply: str
    reasoning: str = ""
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One trial with its outcome, at its position in the campaign's order. ``said`` is None where nothing came back."""

    position: int
    outcome: Outcome
    said: Said | None = None
