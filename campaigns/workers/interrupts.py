"""Ctrl-C before a campaign's engine listens for signals."""

import signal
from types import FrameType


class EarlyInterrupt:
    """A handler of SIGINT that raises KeyboardInterrupt, as Python's own does, and remembers that it was called.

    Python drops an exception that is raised inside a callback of the interpreter, such as those of the import system or
    of SQLite; whoever goes on after that asks `was_interrupted`, so that no signal is lost.
    """

    def __init__(self) -> None:
        self.was_called = False

    def __call__(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (what the system calls it with)
        """Remembers, then interrupts."""
        self.was_called = True
        raise KeyboardInterrupt

    def install(self) -> None:
        """Handles SIGINT from now on; only the main thread may."""
        signal.signal(signal.SIGINT, self)


def was_interrupted() -> bool:
    """Whether an installed `EarlyInterrupt` was called."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, EarlyInterrupt) and handler.was_called
