"""How long to wait before a request is sent again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter, on top of what the server asks for.

    Full jitter spreads the callers over the whole interval, so that those who failed together do not come back together
    (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

    Attributes:
        base_s: the upper bound of the first wait, in seconds; it doubles with each attempt.
        cap_s: the upper bound of every wait that the server did not ask for, in seconds.
        asked_cap_s: the longest Retry-After that is honoured in full, in seconds.
        random: the source of the jitter. It decides when requests are sent, never what comes out.
    """

    base_s: float = 0.5
    cap_s: float = 20.0
    asked_cap_s: float = 120.0
    random: Random = field(default_factory=Random)

    def delay_s(self, attempt: int, asked_s: float | None = None) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (from 1).

        ``asked_s`` is the server's Retry-After. It is a floor: the jitter comes on top, since every caller was told the
        same number.
        """
        doublings = min(attempt - 1, 30)  # a float overflows past a thousand
        jitter = self.random.uniform(0.0, min(self.cap_s, self.base_s * 2**doublings))
        return min(asked_s or 0.0, self.asked_cap_s) + jitter


def utc_now() -> datetime:
    """The wall clock, which an HTTP date is compared with."""
    return datetime.now(UTC)


def retry_after_s(header: str | None, now: Callable[[], datetime] = utc_now) -> float | None:
    """A Retry-After header (RFC 9110, section 10.2.3: seconds or an HTTP date) in seconds, 0 or more.

    None where there is no such header or it says neither.
    """
    text = (header or "").strip()
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date with the zone "-0000" comes without a zone; HTTP dates are in GMT.
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now()).total_seconds())
