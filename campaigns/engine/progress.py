"""What a run tells its watcher while it goes: counts that a display reads, events that it may hear."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from probewright.protocols import Cost, Limiter, Target
from probewright.types import Json, Outcome, Status


@dataclass(slots=True)
class Progress:
    """Live counts of one campaign, those of earlier runs included; written by the engine, read by displays."""

    total: int = 0  # trials that the campaign is to end with
    outcomes: Counter[Status] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)  # the oracle's words of this run, such as refusal
    holes: int = 0
    done_before: int = 0  # trials with an outcome when this run began
    limiter: Limiter | None = None
    provenance: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # by endpoint, known once the run ended
    _endpoints: tuple[Target, ...] = ()

    @property
    def done(self) -> int:
        """Trials with an outcome."""
        return sum(self.outcomes.values())

    @property
    def spent(self) -> Cost:
        """What the campaign has cost so far."""
        return Cost(usd=0.0) if self.limiter is None else self.limiter.spent

    @property
    def retries(self) -> int:
        """Requests sent again in this run, over all endpoints."""
        return sum(endpoint.retries for endpoint in self._endpoints)

    def watch(self, endpoints: Iterable[Target]) -> None:
        """Counts the retries of these open endpoints."""
        self._endpoints = tuple(endpoints)

    def begin(self, total: int, counts: Mapping[str, int], holes: int) -> None:
        """Starts from what the store holds."""
        self.total = total
        self.outcomes = Counter({Status(status): count for status, count in counts.items()})
        self.done_before = self.done
        self.holes = holes

    def finished(self, outcome: Outcome) -> None:
        """Counts one more outcome."""
        self.outcomes[outcome.status] += 1
        if outcome.label:
            self.labels[outcome.label] += 1
