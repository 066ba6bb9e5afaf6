"""How many requests an endpoint takes at once, learned from those that it refuses.

Nothing is limited until a server says 429 or 503. From then on a level of requests in flight is held that the server
accepts, and now and then tried a little higher, as CUBIC does for TCP (RFC 9438): cut by a factor, back up quickly to
the level that was known to work, hold, then probe above it in growing steps.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

CUT = 0.7  # CUBIC's factor
REFUSED, OF_SENT = 4, 10  # more than chance: a server that refuses 1 in 20 at random must not be throttled
FIRST_HOLD_S, LONGEST_HOLD_S = 0.5, 1.6  # doubles with each probe that fails
HOLD_ROUNDS = 10  # a probe may cost a refusal, so a slow server is probed more rarely


class Sent(NamedTuple):
    """One attempt when it was sent: its number, counted from 1, and how many were then in flight, itself included."""

    number: int
    in_flight: int


class AdaptiveLimit:
    """Decides how many attempts may be in flight. Without I/O: it is told what happened, by any clock.

    ``limit`` is None, for no limit, or 1 or more; it never exceeds the most that were wanted at once.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit: int | None = None
        self._clock = clock
        self._refused: deque[Sent] = deque(maxlen=REFUSED)
        self._known = 0  # the level that the server accepts, as far as is known
        self._step = 0  # how far above it is being probed; 0 while holding
        self._stepped = 0  # attempts sent up to the last step; what became of them says nothing about it
        self._settled = 0  # attempts sent up to the last cut or the end of the last probe, likewise
        self._wanted = 0
        self._hold_s = FIRST_HOLD_S
        self._held_since = 0.0
        self._held = 0  # answers since then

    def answered(self, attempt: Sent, sent: int, wanted: int) -> None:
        """The server took ``attempt``.

        Args:
            attempt: as it was sent.
            sent: attempts sent so far.
            wanted: attempts in flight or waiting now.
        """
        if self.limit is None:
            return
        self._wanted = max(self._wanted, wanted)
        if attempt.number <= self._settled:
            return
        if attempt.in_flight > self._known:
            self._climb(attempt, sent)
        elif self.limit < self._known:
            self.limit += 1
        elif not self._step:
            self._hold(sent)

    def refused(self, attempt: Sent, sent: int, wanted: int) -> None:
        """The server refused ``attempt``, since it has too many; arguments as for `answered`."""
        self._wanted = max(self._wanted, wanted)
        if attempt.number <= self._settled:
            return
        self._refused.append(attempt)
        if self.limit is not None and attempt.in_flight > self._known:
            self._hold_s = min(2 * self._hold_s, LONGEST_HOLD_S)
            self._settle(attempt.in_flight - 1, attempt.in_flight - 1, sent)
        elif len(self._refused) == REFUSED and sent - min(self._refused).number < OF_SENT:
            level = min(refused.in_flight for refused in self._refused)
            self._hold_s = FIRST_HOLD_S
            self._settle(max(1, level - 1), max(1, int(level * CUT)), sent)

    def _climb(self, attempt: Sent, sent: int) -> None:
        """A probe was answered: probes twice as far, once a round trip."""
        self._known = attempt.in_flight
        self._hold_s = FIRST_HOLD_S
        if attempt.number > self._stepped:
            self._probe(2 * self._step, sent)
        if self._known >= self._wanted:
            self._settle(self._known, self._known, sent)

    def _hold(self, sent: int) -> None:
        self._held += 1
        is_patient = self._clock() - self._held_since >= self._hold_s and self._held >= HOLD_ROUNDS * self._known
        if is_patient and self._known < self._wanted:
            self._probe(1, sent)

    def _probe(self, step: int, sent: int) -> None:
        self._step, self._stepped = step, sent
        self.limit = min(self._known + step, self._wanted)

    def _settle(self, known: int, limit: int, sent: int) -> None:
        """Ends a probe, or a level that is refused; what was sent before tells nothing more."""
        self._known, self.limit, self._settled = known, limit, sent
        self._step = self._held = 0
        self._held_since = self._clock()
        self._refused.clear()
