"""How far a campaign is and what it has used up, as its page shows it while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from probewright.campaigns.browsing import Line
from probewright.figures import dollars, duration


@dataclass(frozen=True, slots=True)
class Use:
    """One limit: what is used of it. ``share`` is 0 to 1, or None where there is no limit or the use is unknown."""

    name: str
    used: str
    limit: str
    share: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign under way. ``per_second`` is the mean over all its runs, None before the first outcome."""

    line: Line
    workers: int

    @property
    def share(self) -> float:
        """Trials with an outcome, of those expected: 0 to 1."""
        return min(1.0, self.line.done / self.line.expected) if self.line.expected else 0.0

    @property
    def per_second(self) -> float | None:
        """Outcomes a second, over all runs together; None before the first."""
        seconds = self.line.seconds
        return self.line.done / seconds if self.line.done and seconds > 0 else None

    @property
    def time_left(self) -> str:
        """How long the rest takes at this pace; empty where that is not known."""
        left, pace = self.line.expected - self.line.done, self.per_second
        return duration(left / pace) if self.line.is_live and pace and left > 0 else ""

    @property
    def uses(self) -> tuple[Use, ...]:
        """Each limit with what is used of it."""
        limits: Mapping[str, Any] = self.line.spec["limits"]
        spent, seconds = self.line.spent, self.line.seconds
        minutes = limits["minutes"]
        return (
            _use("Calls", f"{spent.calls:,}", spent.calls, limits["calls"], "{:,}"),
            _use("Tokens", f"{spent.tokens:,}", spent.tokens, limits["tokens"], "{:,}"),
            _use("Cost", dollars(spent), spent.usd, limits["usd"], "${:,.2f}"),
            Use("Time", duration(seconds), f"{minutes:g} min" if minutes else "", _share(seconds / 60, minutes)),
        )


def _use(name: str, shown: str, used: float | None, limit: float | None, form: str) -> Use:
    return Use(name, shown, "" if limit is None else form.format(limit), _share(used, limit))


def _share(used: float | None, limit: float | None) -> float | None:
    return None if used is None or not limit else min(1.0, used / limit)
