"""When to stop asking an endpoint that does not answer."""

from probewright.errors import AccessDenied, PoolError, TargetError, TrainingFailed

FIRST = 8  # cases without an answer before a target that never answered is given up


class Breaker:
    """Counts cases in a row that ended without an answer, each after its own bounded retries.

    A refused key, or a local model that cannot be hosted, is final at once. A target that never answered is given up
    after 8 cases, one that did after two full loads of requests in flight, so that a short outage passes.
    """

    def __init__(self, concurrency: int) -> None:
        self._patience = 2 * concurrency + FIRST
        self._in_a_row = 0
        self._has_answered = False

    def answered(self) -> None:
        """A call brought an answer."""
        self._in_a_row = 0
        self._has_answered = True

    def failed(self, error: TargetError | PoolError) -> str | None:
        """A call brought none; returns why to stop, or None to go on.

        A model that could not be trained harms only the cases that ask it: nothing was sent, so there is no outage.
        """
        if isinstance(error, TrainingFailed):
            return None
        self._in_a_row += 1
        if isinstance(error, AccessDenied | PoolError):
            return str(error)
        if self._in_a_row >= (self._patience if self._has_answered else FIRST):
            return f"{self._in_a_row} calls in a row brought no answer; the last: {error}"
        return None
