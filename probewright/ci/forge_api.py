"""Calls of a forge's REST API: JSON in and out, a few attempts, no redirects, one-line errors without the token."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from probewright.errors import ConfigError, ProbewrightError

ATTEMPTS = 4
PAUSE_S = 1.0  # before the second attempt; doubles with each
MOST_PAUSE_S = 60.0  # that a forge may ask for
TIMEOUT_S = 20.0
PAGE = 100
MOST_PAGES = 100
MOST_BYTES = 20_000_000
SAID = 200  # characters of the forge's own message


class ForgeError(ProbewrightError):
    """The forge did not do what was asked. ``status`` is its HTTP status, 0 where no answer came."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Uncertain(ForgeError):
    """No whole answer came to a request that must not simply be made again: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON value of an answer, and its headers by name in lower case."""

    value: Any
    headers: Mapping[str, str]


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token to whoever it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


class ForgeApi:
    """One forge's API.

    Args:
        name: What messages call the forge.
        root: The address that paths are put after.
        headers: Of every request; they hold the token.

    Raises:
        ConfigError: the root is no address.
    """

    def __init__(self, name: str, root: str, headers: Mapping[str, str]) -> None:
        if urlsplit(root).scheme not in {"http", "https"} or not urlsplit(root).hostname:
            raise ConfigError(f"{name}: {root!r} is no address of an API")
        self._name = name
        self._root = root.rstrip("/")
        self._headers = {**headers, "Accept": "application/json", "User-Agent": "probewright"}
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def get(self, path: str) -> Any:
        """The value at a path."""
        return self._call("GET", path, None).value

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        """The items of a list, page by page, until the forge names no next page.

        The next address is made here and never taken from the answer: it would be given the token.

        Raises:
            ForgeError: also where there are more than 10,000 items.
        """
        for page in range(1, MOST_PAGES + 1):
            answer = self._call("GET", f"{path}?{urlencode({**query, 'per_page': PAGE, 'page': page})}", None)
            yield from answer.value
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise ForgeError(f"{self._name}: {path} goes on after {MOST_PAGES * PAGE:,} items; allowed: that many")

    def put(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a body that replaces what is there, by PUT or PATCH: it may be sent again."""
        return self._call(method, path, body).value

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a body that makes something new.

        Raises:
            Uncertain: no whole answer came.
        """
        return self._call("POST", path, body).value

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        sent = {**self._headers, **({"Content-Type": "application/json"} if content else {})}
        request = Request(f"{self._root}{path}", content, sent, method=method)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(request)
            except HTTPError as error:
                pause_s = _pause(error, attempt)
                problem = self._refusal(method, path, error)
                if pause_s is None or attempt == ATTEMPTS:
                    raise problem from None
                if method == "POST" and problem.status >= 500:
                    raise Uncertain(str(problem), problem.status) from None
            except (URLError, HTTPException, OSError, ValueError) as error:
                why = " ".join(str(getattr(error, "reason", error)).split())[:SAID]
                lost = f"{self._name}: {method} {self._place(path)}: no answer: {why}"
                if method == "POST":
                    raise Uncertain(lost) from None
                if attempt == ATTEMPTS:
                    raise ForgeError(f"{lost} ({attempt} attempts)") from None
                pause_s = PAUSE_S * 2 ** (attempt - 1)
            time.sleep(pause_s)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: Request) -> Answer:
        with self._opener.open(request, timeout=TIMEOUT_S) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(json.loads(response.read(MOST_BYTES)), headers)

    def _refusal(self, method: str, path: str, error: HTTPError) -> ForgeError:
        """The forge's refusal in one line; its message may repeat what was sent, so the token is taken out."""
        with error:
            said = _message(error.read(100_000))
        for value in self._headers.values():
            for part in value.split():
                said = said.replace(part, "***") if len(part) > 7 else said
        told = f": {said}" if said else ""
        return ForgeError(f"{self._name}: {method} {self._place(path)}: HTTP {error.code}{told}", error.code)

    def _place(self, path: str) -> str:
        return f"{self._root}{path.partition('?')[0]}"


def _pause(error: HTTPError, attempt: int) -> float | None:
    """Seconds to wait before the request may be made again; None where that would not help."""
    asked = str(error.headers.get("Retry-After", ""))
    if asked.isascii() and asked.isdecimal() and error.code in {403, 429, 503}:
        return min(MOST_PAUSE_S, float(asked))
    return PAUSE_S * 2 ** (attempt - 1) if error.code == 429 or error.code >= 500 else None


def _message(content: bytes) -> str:
    try:
        value = json.loads(content)
        said = value.get("message") or value.get("error") or ""
    except (ValueError, AttributeError):
        return ""
    return " ".join(str(said).split())[:SAID]
