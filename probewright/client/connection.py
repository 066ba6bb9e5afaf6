"""Requests to one server: repeated where that is safe and may help, read as JSON, page by page, or line by line."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from probewright.client.failures import ApiError, ServerUnreachable, problem_of, retry_after
from probewright.errors import ConfigError

LONG_POLL_S = 60
TIMEOUT_S = 30.0  # of one request, on top of what the server was asked to wait
ATTEMPTS = 5
PAUSE_S = 1.0  # before the second attempt; doubles with each
MOST_PAUSE_S = 60.0
CHUNK_BYTES = 64 * 1024
IDEMPOTENCY_KEY = "Idempotency-Key"
OVERLOADED = frozenset({429, 503})  # nothing was done, so anything may be sent again
BROKEN = (URLError, HTTPException, TimeoutError, ConnectionError, socket.gaierror)


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token to whoever it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Call:
    """A request. ``more_s`` is how much longer than others it may take, in seconds.

    It is repeated where it is a GET, has an idempotency key, or ``changes_nothing``.
    """

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more_s: float = 0.0
    changes_nothing: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether it may be made twice."""
        return self.method == "GET" or self.changes_nothing or IDEMPOTENCY_KEY in self.headers


class Connection:
    """Calls one server with one token. Safe to use from several threads.

    Raises:
        ConfigError: the URL is none.
    """

    def __init__(self, url: str, token: str, timeout_s: float, attempts: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"url: {url!r} is no address; allowed: such as https://probewright.example.org")
        self.root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/api/v1"
        self._token = token
        self._timeout_s = timeout_s
        self._attempts = max(1, attempts)
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def get(self, path: str, more_s: float = 0.0) -> Mapping[str, Any]:
        """The values of an answer."""
        return self.answered(Call("GET", path, more_s=more_s))

    def post(
        self, path: str, body: Mapping[str, Any], key: str = "", *, more_s: float = 0.0, changes_nothing: bool = False
    ) -> Mapping[str, Any]:
        """The values of the answer to a body of JSON, made once under ``key``."""
        headers = {"Content-Type": "application/json", **({IDEMPOTENCY_KEY: key} if key else {})}
        content = json.dumps(body).encode()
        return self.answered(Call("POST", path, content, headers, more_s, changes_nothing))

    def answered(self, call: Call) -> Mapping[str, Any]:
        """The values of the answer to a call."""
        return cast(Mapping[str, Any], json.loads(self.read(call)))

    def read(self, call: Call) -> bytes:
        """The whole answer to a call.

        Raises:
            ServerUnreachable: it was cut off.
        """
        with self.opened(call) as response:
            return self._whole(response)

    def written(self, path: str) -> Mapping[str, Any]:
        """The values of an answer once the report that it needs is written."""
        call = Call("GET", f"{path}?{urlencode({'wait': LONG_POLL_S})}", more_s=LONG_POLL_S)
        while True:
            with self.opened(call) as response:
                said = json.loads(self._whole(response))
                if response.status == 200:
                    return cast(Mapping[str, Any], said)
                time.sleep(retry_after(response.headers) or PAUSE_S)

    def items(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The items of a list, page by page."""
        following: str | None = path
        while following is not None:
            page = self.get(following)
            yield from page["items"]
            after = page["next"]
            following = None if after is None else after["href"].removeprefix("/api/v1")

    def lines(self, path: str, more_s: float = 0.0) -> Iterator[bytes]:
        """The lines of an answer that is sent while it is made, the first of them after ``more_s`` seconds at most.

        Raises:
            ServerUnreachable: it was cut off. What came until then is not all.
        """
        rest = b""
        with self.opened(Call("GET", path, more_s=more_s)) as response:
            while piece := self._piece(response):
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield line + b"\n"
            if rest or response.length:
                raise self._cut_off()

    def _whole(self, response: HTTPResponse) -> bytes:
        try:
            return response.read()
        except BROKEN as error:
            raise self._cut_off() from error

    def _piece(self, response: HTTPResponse) -> bytes:
        # Reading by lines would take the end of a broken connection for the end of the answer.
        try:
            return response.read1(CHUNK_BYTES)
        except BROKEN as error:
            raise self._cut_off() from error

    def _cut_off(self) -> ServerUnreachable:
        return ServerUnreachable(f"{self.root}: the answer was cut off before its end; ask again")

    def opened(self, call: Call) -> AbstractContextManager[HTTPResponse]:
        """The answer to a call, made again where that is safe and may help.

        Raises:
            ApiError: the server refuses.
            ServerUnreachable: no answer came.
        """
        known = {"Authorization": f"Bearer {self._token}", "Accept": "*/*", **call.headers}
        url = f"{self.root}{quote(call.path, safe='/?&=%+.:-_~')}"
        request = Request(url, call.body, known, method=call.method)
        for attempt in range(1, self._attempts + 1):
            try:
                return cast(HTTPResponse, self._opener.open(request, timeout=self._timeout_s + call.more_s))
            except HTTPError as error:
                problem = problem_of(error)
                if attempt == self._attempts or not _may_help(problem, call):
                    raise problem from None
                pause_s = problem.retry_after_s
            except BROKEN as error:
                if attempt == self._attempts or not call.is_safe:
                    why = " ".join(str(getattr(error, "reason", error)).split())
                    raise ServerUnreachable(f"{self.root}: no answer after {attempt} attempts: {why}") from None
                pause_s = None
            time.sleep(min(MOST_PAUSE_S, pause_s if pause_s is not None else PAUSE_S * 2 ** (attempt - 1)))
        raise AssertionError("the last attempt returns or raises")


def _may_help(problem: ApiError, call: Call) -> bool:
    """Whether another attempt may get another answer, and may be made."""
    is_passing = problem.status in OVERLOADED or problem.code == "idempotency_key_in_use"
    return is_passing or (problem.status >= 500 and call.is_safe)
