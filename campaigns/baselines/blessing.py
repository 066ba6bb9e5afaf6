"""A campaign that somebody blessed, as plain data."""

from dataclasses import dataclass
from datetime import UTC, datetime

from probewright.errors import ConfigError


class Unfinished(ConfigError):
    """Only a finished campaign can be a baseline: of another one nobody knows yet what it comes to."""


class Decided(ConfigError):
    """A campaign that its own gate ended early can be no baseline: it ended because of how its cases came out."""


class NothingAssessed(ConfigError):
    """A campaign without an answer that passed or failed can be no baseline: nothing could be held against it."""


@dataclass(frozen=True, slots=True)
class Blessing:
    """Under which name a campaign was blessed, by whom, when (UTC) and why."""

    name: str
    campaign: int
    campaign_name: str
    by: str
    why: str
    at: datetime

    def age_days(self, now: datetime | None = None) -> int:
        """Whole days since then."""
        return ((now or datetime.now(UTC)) - self.at).days


@dataclass(frozen=True, slots=True)
class Listed:
    """A blessing in a list: by its number, and whether it counts, or a later one of its name does."""

    number: int
    blessing: Blessing
    is_current: bool
