"""Slows down guessing of passwords: failed logins are counted by user and address, in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

MOST_FAILURES = 5
WINDOW_S = 300.0
MOST_KEYS = 10_000  # an attacker who tries many names must not fill the memory

Who = tuple[str, str]


@dataclass
class Throttle:
    """Counts failures within a sliding window."""

    most: int = MOST_FAILURES
    window_s: float = WINDOW_S
    clock: Callable[[], float] = monotonic
    _failures: dict[Who, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def enter(self, who: Who) -> float:
        """Seconds until ``who`` may try; 0 where it may now, and then this try counts until it has succeeded.

        It counts before it is checked, so that tries at the same time count one another.
        """
        with self._lock:
            recent = self._recent(who)
            if len(recent) >= self.most:
                return max(0.0, recent[-self.most] + self.window_s - self.clock())
            self._failures.pop(who, None)
            while len(self._failures) >= MOST_KEYS:  # the one that failed the longest time ago
                del self._failures[next(iter(self._failures))]
            self._failures[who] = [*recent, self.clock()]
            return 0.0

    def succeeded(self, who: Who) -> None:
        """Forgets earlier failures."""
        with self._lock:
            self._failures.pop(who, None)

    def _recent(self, who: Who) -> list[float]:
        since = self.clock() - self.window_s
        return [when for when in self._failures.get(who, ()) if when > since]


LOGINS = Throttle()
