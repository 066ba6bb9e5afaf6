"""Turns what went wrong on the wire into `probewright.errors`: one function for aiohttp's errors, one for statuses."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import orjson
from yarl import URL

from probewright.errors import (
    AccessDenied,
    Garbled,
    RateLimited,
    RequestRejected,
    ServerFault,
    TargetError,
    TimedOut,
    Unreachable,
)
from probewright.targets.retry import retry_after_s

MAX_QUOTE_CHARS = 300
MAX_QUOTED_BYTES = 64 * 1024  # a server's message stands at the start; more is not parsed for it
TOO_MANY = frozenset({429, 503, 529})  # too many requests, unavailable, Anthropic's "overloaded"
MISSING = frozenset({404, 405, 501})  # not found, method not allowed, not implemented
HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)

CHECK_SERVER = "check that the server runs at this host and port"
CHECK_URL = "check base_url"
CHECK_REQUEST = "check base_url, the model's name and params"
CHECK_KEY = "check api_key and what it gives access to"
CHECK_RATE = "lower limits.concurrency or set rpm"
CHECK_LATER = "try again later, or see the server's log"
CHECK_TIMEOUT = "raise timeout_s or lower limits.concurrency"


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt that brought no answer: which error it is, what happened, and what the user can check.

    ``is_refusal`` says that the server took nothing on, since it has too many requests.
    """

    kind: type[TargetError]
    what: str
    check: str
    retry_after_s: float | None = None
    is_refusal: bool = False

    def error(self, request: str, attempts: int) -> TargetError:
        """The error to raise for ``request`` (method and URL) after so many attempts, in one line."""
        tried = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        message = f"{request}: {self.what} ({tried}); {self.check}"
        if self.kind is RateLimited:
            return RateLimited(message, self.retry_after_s)
        if self.kind is ServerFault:
            return ServerFault(message, self.retry_after_s)
        return self.kind(message)


def failure_of_error(error: Exception) -> Failure:
    """What an exception of aiohttp, or of the sockets below it, means."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Failure(TimedOut, "no connection within connect_timeout_s", CHECK_SERVER)
        case aiohttp.SocketTimeoutError():
            return Failure(TimedOut, "the server fell silent for longer than read_timeout_s", CHECK_TIMEOUT)
        case aiohttp.ClientConnectorDNSError():
            return Failure(Unreachable, "the host name has no address", CHECK_URL)
        case aiohttp.ClientSSLError():
            return Failure(
                Unreachable, "the TLS connection failed: " + _reason(error), "check the certificate and https"
            )
        case aiohttp.ClientPayloadError():
            return Failure(Garbled, "the answer broke off", CHECK_LATER)
        case aiohttp.ClientResponseError():
            return Failure(Garbled, "the answer is not HTTP", CHECK_URL)
        case aiohttp.ServerDisconnectedError():
            return Failure(Unreachable, "the server closed the connection without an answer", CHECK_LATER)
        case TimeoutError():
            return Failure(TimedOut, "no complete answer within timeout_s", CHECK_TIMEOUT)
        case _:
            return Failure(Unreachable, _reason(error), CHECK_SERVER)


def failure_of_status(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """What an HTTP status outside 200 to 299 means; ``body`` is free of secrets already."""
    said = f"HTTP {status}: {quote(body)}"
    wait_s = retry_after_s(headers.get("Retry-After"))
    if status < 400:
        return Failure(
            RequestRejected,
            f"HTTP {status}: redirects to {_host(headers.get('Location', ''))}, not followed",
            CHECK_URL,
        )
    if status in (401, 403):
        return Failure(AccessDenied, said, CHECK_KEY)
    if status == 429:
        return Failure(RateLimited, said, CHECK_RATE, wait_s, is_refusal=True)
    if status == 408 or status >= 500:
        return Failure(ServerFault, said, CHECK_LATER, wait_s, is_refusal=status in TOO_MANY)
    return Failure(RequestRejected, said, CHECK_REQUEST)


def is_missing(status: int, body: bytes, model: str) -> bool:
    """Whether a status says that there is no such path; a 404 that names the model means the model instead."""
    return status in MISSING and not (status == 404 and model in quote(body))


def not_json(body: bytes) -> Failure:
    """A success whose body is not JSON."""
    return Failure(Garbled, quote(body, is_json=False), CHECK_URL)


def quote(body: bytes, *, is_json: bool = True) -> str:
    """What a server said, in one printable line of at most 300 characters; HTML is named, never quoted."""
    if not body.strip():
        return "answered nothing"
    if HTML.match(body):
        return "answered HTML, not JSON"
    if is_json and len(body) <= MAX_QUOTED_BYTES and (message := _message(body)):
        return one_line(message)
    text = body[: 4 * MAX_QUOTE_CHARS].decode(errors="replace")
    return one_line(f"answered {text}" if is_json else f"answered something that is not JSON: {text}")


def one_line(text: str) -> str:
    """``text`` without line breaks and control characters, cut at 300 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_QUOTE_CHARS else line[: MAX_QUOTE_CHARS - 3] + "..."


def _host(location: str) -> str:
    """Where a redirect leads to, by host alone: its path and query may hold a key that the server echoed."""
    try:
        return one_line(URL(location).host or "the same host")
    except ValueError:
        return "what is no URL"


def _message(body: bytes) -> str | None:
    """The message inside an error body: OpenAI's ``{"error": {"message": ...}}``, FastAPI's ``detail`` and the like."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    for key in ("error", "message", "detail"):
        if isinstance(found, dict):
            found = found.get(key, found)
    return found if isinstance(found, str) else None


def _reason(error: Exception) -> str:
    """The system's words for a socket error. aiohttp's own text repeats the address, and may hold the URL's query."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = getattr(cause, "errno", None)
    if isinstance(number, int) and number > 0 and not isinstance(error, aiohttp.ClientSSLError):
        return os.strerror(number)
    return one_line(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or type(cause).__name__)
