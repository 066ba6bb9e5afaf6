"""Every error that Probewright raises on purpose.

::

    ProbewrightError                     exit code 5
    ├── ConfigError                      exit code 2: the user's input is wrong
    │   ├── SpecError                    a spec that does not validate; one line a problem
    │   ├── UnknownName                  a kind, model or campaign nobody registered
    │   └── DataError                    a file that cannot be read as what it should be
    ├── TargetError                      a call that brought no answer
    │   ├── Unreachable                  no connection, or it broke          (retried)
    │   ├── TimedOut                     no complete answer in time          (retried)
    │   ├── RateLimited                  HTTP 429                            (retried, honours Retry-After)
    │   ├── ServerFault                  HTTP 5xx and 408                    (retried)
    │   ├── Garbled                      an answer that is not what the protocol says (retried)
    │   ├── AccessDenied                 HTTP 401, 403: ends the campaign
    │   ├── RequestRejected              HTTP 400, 404, 413, 422 ...: this request, or this model name
    │   ├── Unsupported                  the endpoint cannot do what was asked, such as scoring
    │   └── TrainingFailed               the model that should be asked could not be trained
    ├── PoolError                        a local model that cannot be hosted
    │   ├── ModelMissing                 exit code 2: not installed; says how to install it
    │   └── EngineFailed                 the engine's process would not start, or kept dying
    ├── LimitReached                     a limit of the campaign allows no further call
    └── StoreError                       rows that cannot be read or written
        ├── Superseded                   another process did this already
        ├── LimiterLost                  what all processes spent or sent so far cannot be known
        └── CampaignBusy                 exit code 2: another process runs this campaign
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class ProbewrightError(Exception):
    """Root of the tree. Its text is one line that names what was wrong, the value, and what is allowed."""

    exit_code = 5


class ConfigError(ProbewrightError):
    """The user's input is wrong: a file, a flag, a value."""

    exit_code = 2


class SpecError(ConfigError):
    """A spec that does not validate. ``problems`` holds one line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class UnknownName(ConfigError):
    """A name that nobody registered; the message offers the near miss and lists what there is."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        super().__init__(unknown(what, name, known))


class DataError(ConfigError):
    """A file that cannot be read as what it should be."""


class TargetError(ProbewrightError):
    """A call that brought no answer. ``code`` is short and stable, for counting and for rows."""

    code = "target_error"
    is_retryable = False


class Unreachable(TargetError):
    """No connection could be made, or it broke before the answer was complete."""

    code = "unreachable"
    is_retryable = True


class TimedOut(TargetError):
    """No complete answer within the limit of one attempt."""

    code = "timed_out"
    is_retryable = True


class RateLimited(TargetError):
    """HTTP 429. ``retry_after_s`` is what the server asked for, in seconds, or None."""

    code = "rate_limited"
    is_retryable = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ServerFault(TargetError):
    """HTTP 5xx or 408: the server's own failure. ``retry_after_s`` as for RateLimited."""

    code = "server_fault"
    is_retryable = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Garbled(TargetError):
    """An answer that is not what the protocol says: not JSON, HTML, half a body, no choices."""

    code = "garbled"
    is_retryable = True


class AccessDenied(TargetError):
    """HTTP 401 or 403. No later call can do better, so the campaign stops."""

    code = "access_denied"


class RequestRejected(TargetError):
    """The endpoint refuses this very request (HTTP 400, 404, 413, 422 and their like)."""

    code = "request_rejected"


class Unsupported(TargetError):
    """The endpoint cannot do what was asked, such as scoring given options."""

    code = "unsupported"


class TrainingFailed(TargetError):
    """The model that should be asked could not be trained."""

    code = "training_failed"


class PoolError(ProbewrightError):
    """A local model that cannot be hosted."""


class ModelMissing(PoolError):
    """The model is not installed; the message ends with the command that installs it."""

    exit_code = 2


class EngineFailed(PoolError):
    """The engine's process would not start, or kept dying."""


class LimitReached(ProbewrightError):
    """A limit of the campaign (calls, tokens, usd, minutes) allows no further call."""

    exit_code = 4

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class StoreError(ProbewrightError):
    """Rows that cannot be read or written."""


class Superseded(StoreError):
    """Another process did this already, while this one held no lease any more."""


class LimiterLost(StoreError):
    """What all processes spent or sent so far cannot be known: Redis forgot it, or does not answer.

    Nothing may be sent until the process has joined its campaign anew.
    """


class CampaignBusy(StoreError):
    """Another living process runs this campaign."""

    exit_code = 2


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """The one line that answers a mistyped name: the near miss if there is one, and everything allowed."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}: {hint}allowed: {', '.join(names) or 'none'}"
