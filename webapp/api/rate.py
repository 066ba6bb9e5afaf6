"""How many requests a token may make: a bucket for each, in this process, that fills up again as time passes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from time import monotonic

from django.conf import settings


@dataclass
class Buckets:
    """A bucket of ``most`` requests for each token, refilled evenly within a minute."""

    most: int
    clock: Callable[[], float] = monotonic
    _left: dict[int, tuple[float, float]] = field(default_factory=dict)  # token -> requests left, as of when
    _lock: Lock = field(default_factory=Lock)

    def take(self, token: int) -> float:
        """Takes one request; returns 0, or the seconds until one is there again, and then nothing was taken."""
        a_second = self.most / 60
        with self._lock:
            now = self.clock()
            left, since = self._left.get(token, (float(self.most), now))
            left = min(float(self.most), left + (now - since) * a_second)
            if left < 1:
                self._left[token] = (left, now)
                return (1 - left) / a_second
            self._left[token] = (left - 1, now)
            return 0.0


@cache
def buckets() -> Buckets:
    """Those of this process."""
    return Buckets(settings.API_REQUESTS_A_MINUTE)
