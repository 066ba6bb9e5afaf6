"""The one place where targets speak HTTP: limits of an attempt, retries, rates, redaction and error translation.

A target says what to send and how to read the answer (`Call`); `HttpClient.send` brings it, or raises a `TargetError`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Generic, TypeVar

import aiohttp
import orjson
from yarl import URL

from probewright import __version__
from probewright.errors import Garbled, RequestRejected, TargetError
from probewright.secrets import Redactor
from probewright.targets.failures import CHECK_URL, Failure, failure_of_error, failure_of_status, not_json, one_line
from probewright.targets.gate import Gate
from probewright.targets.pace import Pace
from probewright.targets.retry import Backoff

MAX_BODY_BYTES = 32 * 2**20
LARGE_BODY_BYTES = 2**20  # aiohttp sends more than this in pieces, and only from a file object
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"probewright/{__version__}"}

T = TypeVar("T")


def never(parsed: Any) -> None:
    """No rejected request is an answer; no answer says what it took."""


def nothing_more(status: int, body: bytes) -> None:
    """An HTTP status means what it always means."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one attempt, in seconds: to connect, between two pieces of the answer, and in all."""

    total_s: float
    connect_s: float
    read_s: float | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and how its answer is read.

    Attributes:
        url: where it goes.
        body: what is sent, as JSON.
        read: makes the answer out of the parsed JSON of a success; raises `Garbled` where that is not an answer.
        read_rejection: makes an answer out of the parsed JSON of an HTTP 4xx (a provider's filter), or gives None.
        explain: says what an HTTP status and its body mean to this call, or gives None where nothing special.
        method: the HTTP method.
        tokens: the most tokens that it can take, which a limit of tokens a minute must allow before it is sent.
        used: how many an answer really took; None where that is unknown.
    """

    url: URL
    body: Mapping[str, Any]
    read: Callable[[Any], T]
    read_rejection: Callable[[Any], T | None] = never
    explain: Callable[[int, bytes], Failure | None] = nothing_more
    method: str = "POST"
    tokens: int = 0
    used: Callable[[T], int | None] = never

    def __str__(self) -> str:
        return f"{self.method} {self.url.with_user(None).with_query(None)}"

    def encoded(self) -> bytes:
        """The body as it is sent.

        Raises:
            RequestRejected: it holds what JSON cannot, such as half of a surrogate pair in a mutated prompt.
        """
        try:
            return orjson.dumps(self.body)
        except orjson.JSONEncodeError as error:
            failure = Failure(RequestRejected, f"the request is not JSON: {error}", "check the prompt and params")
        raise failure.error(str(self), attempts=0)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a call brought, the seconds of the attempt that succeeded, and how many attempts there were."""

    value: T
    latency_s: float
    attempts: int


class HttpClient:
    """Sends JSON over one session of kept-alive connections: as many at once as callers ask for and the server takes.

    Create it inside a running event loop and `close` it there.

    Args:
        headers: sent with every request.
        timeouts: limits of one attempt.
        retries: how often a request is sent again at most after an error that may pass.
        backoff: how long to wait before that.
        pace: the rate limit, which every attempt passes, or None.
        redactor: takes the secrets out of whatever comes back.
        on_retry: called each time a request is sent again.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        timeouts: Timeouts,
        retries: int,
        backoff: Backoff,
        pace: Pace | None,
        redactor: Redactor,
        on_retry: Callable[[], None],
    ) -> None:
        self._retries = retries
        self._backoff = backoff
        self._pace = pace
        self._redactor = redactor
        self._on_retry = on_retry
        self._gate = Gate()
        self._session = aiohttp.ClientSession(
            headers=HEADERS | dict(headers),
            timeout=aiohttp.ClientTimeout(
                total=timeouts.total_s, connect=timeouts.connect_s, sock_read=timeouts.read_s
            ),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    @property
    def concurrency(self) -> int | None:
        """How many requests the server is given at once now; None as long as it refused none."""
        return self._gate.limit

    async def send(self, call: Call[T]) -> Answer[T]:
        """The answer to ``call``, after bounded retries. While it waits to be sent again, others go on.

        Raises:
            LimiterLost: the rate that all processes share cannot be known.
            TargetError: there is none; the message is one line that names the URL, the cause, the number of attempts
                and what to check. No exception of the HTTP library hangs on it: those carry the request's headers.
        """
        body = call.encoded()
        attempts = 0
        while True:
            attempts += 1
            if attempts > 1:
                self._on_retry()
            result = await self._attempt_in_turn(call, body)
            if not isinstance(result, Failure):
                return Answer(*result, attempts)
            if attempts > self._retries or not result.kind.is_retryable:
                raise self._error(result, call, attempts)
            await asyncio.sleep(self._backoff.delay_s(attempts, result.retry_after_s))

    async def _attempt_in_turn(self, call: Call[T], body: bytes) -> tuple[T, float] | Failure:
        """One attempt as soon as server and rate allow it: what it brought, and the seconds that took from then on."""
        attempt = await self._gate.enter()
        try:
            if self._pace:
                await self._pace.turn(call.tokens)
            started = time.perf_counter()
            result = await self._attempt(call, body)
            latency_s = time.perf_counter() - started
            self._gate.learn(attempt, is_refused=isinstance(result, Failure) and result.is_refusal)
        finally:
            self._gate.leave()
        if self._pace and call.tokens:
            await self._pace.used(call.tokens, _used(call, result))
        return result if isinstance(result, Failure) else (result, latency_s)

    async def _attempt(self, call: Call[T], body: bytes) -> T | Failure:
        data = body if len(body) < LARGE_BODY_BYTES else BytesIO(body)
        try:
            async with self._session.request(call.method, call.url, data=data, allow_redirects=False) as response:
                received = await _read_body(response)
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            return failure_of_error(error)
        if received is None:
            return Failure(Garbled, f"the answer is longer than {MAX_BODY_BYTES // 2**20} MB", "lower max_tokens")
        return _interpret(call, response, self._redactor.bytes(received))

    def _error(self, failure: Failure, call: Call[T], attempts: int) -> TargetError:
        clean = Failure(failure.kind, self._redactor.text(failure.what), failure.check, failure.retry_after_s)
        return clean.error(str(call), attempts)


def _used(call: Call[T], result: T | Failure) -> int:
    """Tokens that an attempt took: none where the server turned it away, all of them where nobody knows."""
    if isinstance(result, Failure):
        return 0 if result.is_refusal or not result.kind.is_retryable else call.tokens
    used = call.used(result)
    return call.tokens if used is None else used


async def _read_body(response: aiohttp.ClientResponse) -> bytes | None:
    """The whole body, or None as soon as it is too long (once inflated: a small body may hold a large one)."""
    pieces: list[bytes] = []
    size = 0
    while piece := await response.content.readany():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            return None
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _interpret(call: Call[T], response: aiohttp.ClientResponse, body: bytes) -> T | Failure:
    status = response.status
    is_success = 200 <= status < 300
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return not_json(body) if is_success else _failure(call, response, body)
    if is_success:
        try:
            return call.read(parsed)
        except Garbled as error:
            return Failure(Garbled, one_line(str(error)), CHECK_URL)
    accepted = call.read_rejection(parsed) if 400 <= status < 500 else None
    return _failure(call, response, body) if accepted is None else accepted


def _failure(call: Call[T], response: aiohttp.ClientResponse, body: bytes) -> Failure:
    status = response.status
    return call.explain(status, body) or failure_of_status(status, response.headers, body)
