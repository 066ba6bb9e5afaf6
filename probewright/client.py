"""A client for the REST API: starts campaigns, waits for them, reads what came of them. Needs nothing but Python.

::

    from probewright.client import Client

    api = Client("https://probewright.example.org", token=os.environ["PROBEWRIGHT_TOKEN"])
    done = api.run(Path("nightly.yaml").read_text(), pass_criteria={"max_fail_rate": 0.05})
    print(done.gate.verdict, *done.gate.reasons)
    sys.exit(done.gate.exit_code)
"""

import base64
import hmac
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
from uuid import uuid4

from probewright.errors import ConfigError, ProbewrightError

LONG_POLL_S = 60
TIMEOUT_S = 30.0  # of one request, on top of what the server was asked to wait
ATTEMPTS = 5
PAUSE_S = 1.0  # before the second attempt; doubles with each
MOST_PAUSE_S = 60.0
TOLERANCE_S = 300  # how old a webhook's message may be


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


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the API has it; ``raw`` is the whole answer.

    Attributes:
        id: Its number.
        name: Its name.
        state: queued, running, stopped or finished.
        is_final: Whether nothing more comes unless somebody resumes it.
        done: Trials with an outcome.
        total: Trials that it is to end with.
        outcomes: Trials by outcome.
        raw: The whole answer.
    """

    id: int
    name: str
    state: str
    is_final: bool
    done: int
    total: int
    outcomes: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """A campaign's verdict.

    Attributes:
        verdict: pass, fail, regression, insufficient_data, not_assessable or budget_stopped; None without a gate.
        is_pass: Whether the verdict is pass; an error or too little data never is.
        reasons: In words and numbers.
        exit_code: What `probewright run` would end with: 0 pass, 1 fail, 3 undecided, 4 budget.
        raw: The whole answer.
    """

    verdict: str | None
    is_pass: bool
    reasons: tuple[str, ...]
    exit_code: int
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """A campaign that has ended, and its gate."""

    campaign: Campaign
    gate: Gate


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token to whoever it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Calls one server with one token. Safe to use from several threads.

    Args:
        url: Where the server is, such as ``https://probewright.example.org``.
        token: The token, ``pw_...``; it is never part of a message.
        timeout_s: Of one request, in seconds.
        attempts: How often a request is made at most when the server cannot be reached, is overloaded or fails.

    Raises:
        ConfigError: the URL is none.
    """

    def __init__(self, url: str, token: str, timeout_s: float = TIMEOUT_S, attempts: int = ATTEMPTS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"url: {url!r} is no address; allowed: such as https://probewright.example.org")
        self._root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/api/v1"
        self._token = token
        self._timeout_s = timeout_s
        self._attempts = max(1, attempts)
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def __repr__(self) -> str:
        return f"Client({self._root!r})"

    def start(
        self,
        spec: str | Mapping[str, Any],
        *,
        pass_criteria: Mapping[str, Any] | None = None,
        is_new: bool = False,
        webhook: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> Campaign:
        """Starts a campaign. It is started once, however often the request has to be made.

        Args:
            spec: As a spec file has it: its text, or its values.
            pass_criteria: The gate, in the place of the spec's own.
            is_new: Start another even if one of this spec is unfinished.
            webhook: ``url`` and ``events`` of whom to tell of its end.
            idempotency_key: Tells this start from every other; the default is a new one for each call. One that names
                the CI job makes a job that is run again find its first campaign.

        Raises:
            ApiError: the server refuses; ``errors`` lists what is wrong with the spec.
            ServerUnreachable: no answer came.
        """
        body = {"spec": spec, "pass_criteria": pass_criteria, "is_new": is_new, "webhook": webhook}
        given = {name: value for name, value in body.items() if value is not None}
        return _campaign(self._post("/campaigns", given, {"Idempotency-Key": idempotency_key or str(uuid4())}))

    def get(self, campaign: int, wait_s: int = 0) -> Campaign:
        """A campaign as it stands, or, within ``wait_s`` seconds (at most 60), as it ends."""
        query = urlencode({"wait": wait_s})
        return _campaign(self._json("GET", f"/campaigns/{campaign}?{query}", more_s=wait_s))

    def wait(self, campaign: int, timeout_s: float | None = None) -> Campaign:
        """A campaign once it has ended.

        Raises:
            WaitedInVain: it had not within ``timeout_s`` seconds.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left = LONG_POLL_S if deadline is None else deadline - time.monotonic()
            asked = time.monotonic()
            found = self.get(campaign, max(0, min(LONG_POLL_S, int(left))))
            if found.is_final:
                return found
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitedInVain(
                    f"campaign {campaign} is {found.state} after {timeout_s:g} s: {found.done} trials done"
                )
            if time.monotonic() - asked < PAUSE_S:  # no place to wait was free
                time.sleep(PAUSE_S)

    def run(self, spec: str | Mapping[str, Any], *, timeout_s: float | None = None, **options: Any) -> Done:
        """Starts a campaign, waits for it, and gets its verdict; ``options`` as for `start`.

        Raises:
            ApiError: the server refuses.
            WaitedInVain: it had not ended within ``timeout_s`` seconds; it goes on.
        """
        found = self.wait(self.start(spec, **options).id, timeout_s)
        return Done(found, self.gate(found.id))

    def gate(self, campaign: int) -> Gate:
        """The verdict of a campaign that has ended; waits while it is worked out."""
        said = self._written(f"/campaigns/{campaign}/gate")
        return Gate(said["verdict"], said["pass"], tuple(said["reasons"]), said["exit_code"], said)

    def report(self, campaign: int) -> Mapping[str, Any]:
        """The object that `probewright run --json` prints; waits while it is being written."""
        return self._written(f"/campaigns/{campaign}/report")

    def cancel(self, campaign: int) -> Campaign:
        """Stops a campaign; what it has earned is kept."""
        return _campaign(self._post(f"/campaigns/{campaign}/cancel", {}))

    def resume(self, campaign: int, limits: Mapping[str, Any] | None = None, is_errors_again: bool = False) -> Campaign:
        """Goes on with a stopped campaign, with other limits where some are given."""
        body = {"limits": dict(limits or {}), "errors_again": is_errors_again}
        return _campaign(self._post(f"/campaigns/{campaign}/resume", body))

    def campaigns(self, **wanted: str) -> Iterator[Mapping[str, Any]]:
        """Campaigns, the newest first, page by page; ``wanted`` are ``state``, ``name`` and ``owner``."""
        return self._items(f"/campaigns?{urlencode({'limit': 100, **wanted})}")

    def outcomes(self, campaign: int, status: str = "") -> Iterator[Mapping[str, Any]]:
        """Every trial that has an outcome by now, with what was said, in case order; streamed."""
        query = f"?{urlencode({'status': status})}" if status else ""
        with self._opened("GET", f"/campaigns/{campaign}/outcomes/stream{query}") as response:
            for line in response:
                yield json.loads(line)

    def results(self, campaign: int, form: str = "json") -> bytes:
        """The results of a campaign that has ended: as json, junit, markdown, csv, html or what the server has more."""
        with self._opened("GET", f"/campaigns/{campaign}/results?{urlencode({'format': form})}") as response:
            return response.read()

    def labels(self, campaign: int) -> Iterator[Mapping[str, Any]]:
        """The labels that stand on a campaign's trials."""
        return self._items(f"/campaigns/{campaign}/labels")

    def label(self, campaign: int, position: int, verdict: str, trial: int = 0, note: str = "") -> Mapping[str, Any]:
        """Says of a trial what its person holds: pass, fail, undecided, or one of the oracle's own words."""
        body = {"position": position, "trial": trial, "verdict": verdict, "note": note}
        return self._post(f"/campaigns/{campaign}/labels", body)

    def upload(self, content: bytes, ending: str = ".csv") -> str:
        """Keeps a set of prompts on the server; returns the path by which a spec's family ``static`` names it."""
        kind = "text/csv" if ending == ".csv" else "application/x-ndjson"
        with self._opened("POST", "/uploads", content, {"Content-Type": kind}) as response:
            return str(json.load(response)["path"])

    def whoami(self) -> Mapping[str, Any]:
        """The token that calls."""
        return self._json("GET", "/whoami")

    def _written(self, path: str) -> Mapping[str, Any]:
        """What is there once the report is written."""
        while True:
            query = urlencode({"wait": LONG_POLL_S})
            with self._opened("GET", f"{path}?{query}", more_s=LONG_POLL_S) as response:
                said = json.load(response)
                if response.status == 200:
                    return cast(Mapping[str, Any], said)
                time.sleep(_retry_after(response.headers) or PAUSE_S)

    def _items(self, path: str) -> Iterator[Mapping[str, Any]]:
        following: str | None = path
        while following is not None:
            page = self._json("GET", following)
            yield from page["items"]
            after = page["next"]
            following = None if after is None else after["href"].removeprefix("/api/v1")

    def _json(self, method: str, path: str, more_s: float = 0.0) -> Mapping[str, Any]:
        with self._opened(method, path, more_s=more_s) as response:
            return cast(Mapping[str, Any], json.load(response))

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        known = {"Content-Type": "application/json", **(headers or {})}
        with self._opened("POST", path, json.dumps(body).encode(), known) as response:
            return cast(Mapping[str, Any], json.load(response))

    def _opened(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        more_s: float = 0.0,
    ) -> AbstractContextManager[HTTPResponse]:
        """The answer to a request, made again where that is safe and may help.

        Raises:
            ApiError: the server refuses.
            ServerUnreachable: no answer came.
        """
        known = {"Authorization": f"Bearer {self._token}", "Accept": "*/*", **(headers or {})}
        request = Request(f"{self._root}{quote(path, safe='/?&=%+.:-_~')}", body, known, method=method)
        is_safe = method == "GET" or "Idempotency-Key" in known
        for attempt in range(1, self._attempts + 1):
            try:
                return cast(HTTPResponse, self._opener.open(request, timeout=self._timeout_s + more_s))
            except HTTPError as error:
                problem = _problem(error)
                is_worth = problem.status in {429, 503} or (problem.status >= 500 and is_safe)
                if not (is_worth or problem.code == "idempotency_key_in_use") or attempt == self._attempts:
                    raise problem from None
                pause_s = problem.retry_after_s
            except (URLError, HTTPException, TimeoutError, ConnectionError, socket.gaierror) as error:
                if not is_safe or attempt == self._attempts:
                    why = " ".join(str(getattr(error, "reason", error)).split())
                    raise ServerUnreachable(f"{self._root}: no answer after {attempt} attempts: {why}") from None
                pause_s = None
            time.sleep(min(MOST_PAUSE_S, pause_s if pause_s is not None else PAUSE_S * 2 ** (attempt - 1)))
        raise AssertionError("the last attempt returns or raises")


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, now_s: float | None = None, tolerance_s: int = TOLERANCE_S
) -> bool:
    """Whether a message came from the server that gave this secret, unchanged and not long ago.

    Args:
        secret: ``whsec_...``, from the answer that made the webhook.
        headers: Of the request, by name in lower case.
        body: As it came, before anything parsed it.
        now_s: Seconds since 1970; default: now.
        tolerance_s: How old a message may be.
    """
    key, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdecimal():
        return False
    now = time.time() if now_s is None else now_s
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    signed = base64.b64encode(hmac.digest(raw, f"{key}.{timestamp}.".encode() + body, "sha256")).decode()
    given = headers.get("webhook-signature", "").split()
    is_signed = any(hmac.compare_digest(f"v1,{signed}".encode(), one.encode()) for one in given)
    return is_signed and abs(now - int(timestamp)) <= tolerance_s


def _campaign(raw: Mapping[str, Any]) -> Campaign:
    status = raw["status"]
    return Campaign(
        raw["resource"]["id"],
        raw["name"],
        status["state"],
        status["is_final"],
        status["done"],
        status["total"],
        raw["outcomes"],
        raw,
    )


def _problem(error: HTTPError) -> ApiError:
    with error:
        content = error.read(1_000_000)
    try:
        said = json.loads(content)
        code, detail, errors = str(said["code"]), str(said["detail"]), tuple(said.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        code, detail, errors = "", "the answer is no problem of this API; is there a proxy between?", ()
    return ApiError(error.code, code, detail, errors, _retry_after(error.headers))


def _retry_after(headers: Any) -> float | None:
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isascii() and text.isdecimal() else None
