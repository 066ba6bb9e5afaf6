"""What pages show of campaigns and trials: lines of lists, places, conversations. Pure; `listing` reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from probewright.campaigns.results import Result
from probewright.errors import ConfigError
from probewright.protocols import Cost
from probewright.stats.intervals import Rate, wilson
from probewright.testgen.described import described
from probewright.types import Exchange, Message, Role, Status, Verdict

T = TypeVar("T")
K = TypeVar("K")

LIVE = frozenset({"queued", "running"})  # states in which a campaign waits for workers or is worked on
FINISHED = "finished"


class Place(NamedTuple):
    """Where a trial stands in its campaign: the position of its case, and which trial of it, both from 0."""

    position: int
    trial: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T, K]):
    """Some items, and the key after which the next ones come; None where there are no more."""

    items: tuple[T, ...]
    after: K | None


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign as a list shows it. What it brought and cost comes from its counters; no trial is read."""

    id: int
    name: str
    state: str
    stop_kind: str
    stop_reason: str
    created_at: datetime
    created_by: str
    decided_by: str  # the oracle that decides since it judged again; empty: the spec's
    target: str  # in a few words
    spec: Mapping[str, Any]
    wanted: int
    planned: int
    spent: Cost
    retries: int
    seconds: float  # of the wall clock, all runs together
    outcomes: Mapping[str, int]  # by status, those that occur

    @property
    def is_live(self) -> bool:
        """Whether it waits for a worker or is worked on."""
        return self.state in LIVE

    @property
    def model(self) -> str:
        """The target's model, or its kind where it names none."""
        target = self.spec["target"]
        while "base" in target:
            target = target["base"]
        return str(target.get("model") or target["kind"])

    @property
    def family(self) -> str:
        """The family's name."""
        return str(self.spec["family"]["kind"])

    @property
    def expected(self) -> int:
        """Trials that should have an outcome: of the planned cases once all were asked, else of the wanted ones."""
        cases = self.planned if self.state == FINISHED and not self.stop_kind else self.wanted
        return cases * int(self.spec["limits"]["trials"])

    @property
    def done(self) -> int:
        """Trials with an outcome."""
        return sum(self.outcomes.values())

    @property
    def counts(self) -> dict[Status, int]:
        """Outcomes by status, with those that are still to come as not run."""
        left = max(0, self.expected - self.done)
        return {Status(name): count for name, count in self.outcomes.items()} | {Status.NOT_RUN: left}

    @property
    def fail_rate(self) -> Rate | None:
        """The model's rate, where counts alone tell it; None where trials depend on one another or some are controls.

        The report knows those rates.
        """
        if int(self.spec["limits"]["trials"]) > 1 or not _counts_suffice(self.spec["family"]):
            return None
        failed = self.outcomes.get(Status.FAIL, 0)
        return wilson(failed, failed + self.outcomes.get(Status.PASS, 0))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which trials: with this status (empty: any), and with these values of the case's labels."""

    status: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange as a reader follows it: what was new in the request, and what came back."""

    exchange: Exchange
    messages: tuple[Message, ...]  # without those that the request before it held already

    @property
    def is_judges(self) -> bool:
        """Whether a judge was asked, not the target."""
        return self.exchange.ask.role is Role.JUDGE


@dataclass(frozen=True, slots=True)
class Conversation:
    """A trial: its outcome, its exchanges in their order, and the verdicts of every oracle, oldest first."""

    result: Result
    expected: Any
    turns: tuple[Turn, ...]
    verdicts: tuple[tuple[datetime, Verdict], ...]
    before: Place | None
    after: Place | None


def _counts_suffice(family: Mapping[str, Any]) -> bool:
    """Whether each trial of this family enters the rate, and each on its own."""
    try:
        known = described(family)
    except ConfigError:  # a third party's, uninstalled since
        return False
    return not known.rated and not known.cluster
