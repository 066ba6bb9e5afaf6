"""How long a run can last at most and how much it can send, as docs/survival.md states it: formulas of spec values.

The numbers are written out here, not imported: a test compares the promise with what the product does.
"""

from dataclasses import dataclass
from math import ceil

WAIT_BASE_S = 0.5  # the longest wait before the first retry; it doubles with each retry ...
WAIT_CAP_S = 20.0  # ... up to this
ASKED_CAP_S = 120.0  # the longest Retry-After that is honoured
FIRST_CASES = 8  # cases in a row without an answer before a target that never answered is given up
GRACE_S = 10.0  # what a stop leaves to requests in flight
UNCOMMITTED = 16  # answers that wait for the next commit at most
START_S = 60.0  # start-up and the report, on a machine that does much else


@dataclass(frozen=True)
class Patience:
    """The values of a spec that bound a run, and the Retry-After that the server asks for, in seconds."""

    timeout_s: float
    retries: int
    concurrency: int
    retry_after_s: float = 0.0

    @property
    def case_s(self) -> float:
        """The longest that one call can take: all its attempts and the waits between them."""
        asked = min(self.retry_after_s, ASKED_CAP_S)
        waits = [min(WAIT_CAP_S, WAIT_BASE_S * 2**retry) + asked for retry in range(self.retries)]
        return (self.retries + 1) * self.timeout_s + sum(waits)

    def run_s(self, cases: int) -> float:
        """The longest that a run can take which nothing stops early."""
        return START_S + ceil(cases / self.concurrency) * self.case_s

    @property
    def never_answers_s(self) -> float:
        """The longest that a run can take whose target never answers."""
        return self.run_s(FIRST_CASES) + GRACE_S

    @property
    def falls_silent_s(self) -> float:
        """The longest that a run can take after the last answer of its target."""
        return self.run_s(2 * self.concurrency + FIRST_CASES) + GRACE_S

    @property
    def never_answers_cases(self) -> int:
        """The most cases that are sent to a target that never answers: the eighth error stops, the others are out."""
        return FIRST_CASES + self.concurrency - 1

    @property
    def falls_silent_cases(self) -> int:
        """The most cases that are sent to a target after its last answer."""
        return 3 * self.concurrency + FIRST_CASES - 1

    @property
    def repeats(self) -> int:
        """The most requests that a kill can make necessary a second time."""
        return self.concurrency + UNCOMMITTED
