"""How a call of the API fails."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError

from probewright.errors import ProbewrightError

MOST_BYTES = 1_000_000  # of a problem


class ApiError(ProbewrightError):
    """The API's answer to what it cannot do: a status, a stable code, and each thing that is wrong.

    Attributes:
        status: The HTTP status.
        code: The problem's stable code, such as ``invalid_spec``; empty where the answer was no problem.
        errors: Path and detail of each thing that is wrong, where it is more than one.
        retry_after_s: What the server asked for, in seconds; None where it did not.
    """

    def __init__(
        self, status: int, code: str, detail: str, errors: tuple[Mapping[str, str], ...], retry_after_s: float | None
    ) -> None:
        super().__init__(f"HTTP {status} {code}: {detail}" if code else f"HTTP {status}: {detail}")
        self.status = status
        self.code = code
        self.errors = errors
        self.retry_after_s = retry_after_s


class ServerUnreachable(ProbewrightError):
    """No answer came, after several attempts."""


class WaitedInVain(ProbewrightError):
    """The campaign had not ended when the time was over; it goes on."""


def problem_of(error: HTTPError) -> ApiError:
    """The API's problem that an answer of another status than 2xx holds."""
    with error:
        content = error.read(MOST_BYTES)
    try:
        said = json.loads(content)
        code, detail, errors = str(said["code"]), str(said["detail"]), tuple(said.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        code, detail, errors = "", "the answer is no problem of this API; is there a proxy between?", ()
    return ApiError(error.code, code, detail, errors, retry_after(error.headers))


def retry_after(headers: Any) -> float | None:
    """The seconds that a server asks for before the next attempt; None where it says nothing that counts."""
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isascii() and text.isdecimal() else None
