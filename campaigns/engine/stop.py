"""Why a run ends before its campaign does."""

from dataclasses import dataclass
from enum import StrEnum


class StopKind(StrEnum):
    """What ended the run."""

    LIMIT = "limit"  # a limit of the spec
    TARGET = "target"  # an endpoint that cannot be asked any more
    INTERRUPT = "interrupt"  # a signal
    CANCEL = "cancel"  # somebody who asked for it, from another process
    SETUP = "setup"  # its parts cannot be built or opened
    DECIDED = "decided"  # nothing that is left to ask can change what its gate says


@dataclass(frozen=True, slots=True)
class Stop:
    """An early end: everything earned is kept. A campaign that was decided is finished, any other can be resumed."""

    kind: StopKind
    reason: str
