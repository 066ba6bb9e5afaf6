"""The calls of the API as methods."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from probewright.client.answers import Campaign, Done, Gate, campaign_of, gate_of
from probewright.client.connection import ATTEMPTS, LONG_POLL_S, PAUSE_S, TIMEOUT_S, Call, Connection
from probewright.client.failures import WaitedInVain

READS_ALL_S = 120.0  # more, for what reads every outcome of a campaign before it answers


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
        self._server = Connection(url, token, timeout_s, attempts)

    def __repr__(self) -> str:
        return f"Client({self._server.root!r})"

    def start(
        self,
        spec: str | Mapping[str, Any],
        *,
        suite: int | str | None = None,
        pass_criteria: Mapping[str, Any] | None = None,
        is_new: bool = False,
        webhook: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> Campaign:
        """Starts a campaign. It is started once, however often the request has to be made.

        Args:
            spec: As a spec file has it: its text, or its values.
            suite: Cases to ask again, in the place of the spec's family: the number of the campaign that asked them, or
                the path of an uploaded suite.
            pass_criteria: The gate, in the place of the spec's own.
            is_new: Start another even if one of this spec is unfinished.
            webhook: ``url`` and ``events`` of whom to tell of its end.
            idempotency_key: Tells this start from every other; the default is a new one for each call. One that names
                the CI job makes a job that is run again find its first campaign.

        Raises:
            ApiError: the server refuses; ``errors`` lists what is wrong with the spec.
            ServerUnreachable: no answer came.
        """
        asked = None if suite is None else {"campaign" if isinstance(suite, int) else "upload": suite}
        body = {"spec": spec, "suite": asked, "pass_criteria": pass_criteria, "is_new": is_new, "webhook": webhook}
        given = {name: value for name, value in body.items() if value is not None}
        return campaign_of(self._server.post("/campaigns", given, idempotency_key or str(uuid4())))

    def get(self, campaign: int, wait_s: int = 0) -> Campaign:
        """A campaign as it stands, or, within ``wait_s`` seconds (at most 60), as it ends."""
        query = urlencode({"wait": wait_s})
        return campaign_of(self._server.get(f"/campaigns/{campaign}?{query}", more_s=wait_s))

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
        return gate_of(self._server.written(f"/campaigns/{campaign}/gate"))

    def rule(self, campaign: int, pass_criteria: Mapping[str, Any]) -> Gate:
        """What the gate of a campaign that has ended would say by other criteria; nothing is changed."""
        body = {"pass_criteria": dict(pass_criteria)}
        return gate_of(self._server.post(f"/campaigns/{campaign}/gate", body, more_s=READS_ALL_S, changes_nothing=True))

    def compare(self, campaign: int, *, against: int | None = None, baseline: str = "") -> Mapping[str, Any]:
        """A campaign against another one, or a baseline, case by case: the counts, and the difference.

        ``regressed``, ``fixed``, ``both_fail``, ``both_pass`` and ``flaky`` count cases; ``difference`` is the share of
        failures minus the other's, 0 to 1, with its interval.

        Raises:
            ApiError: ``not_comparable`` where a gate would not compare the two; says why.
        """
        return self._server.get(f"/campaigns/{campaign}/comparison?{_other(against, baseline)}", READS_ALL_S)

    def compared(
        self, campaign: int, *, against: int | None = None, baseline: str = "", change: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        """How each case fares that both assessed; with ``change`` only those that fare so, such as ``regressed``."""
        query = _other(against, baseline) + (f"&{urlencode({'change': change})}" if change else "")
        return map(json.loads, self._server.lines(f"/campaigns/{campaign}/comparison/cases?{query}", READS_ALL_S))

    def bless(self, campaign: int, why: str, name: str = "", idempotency_key: str = "") -> Mapping[str, Any]:
        """Makes a finished campaign the baseline of a name, by default its own, once however often it is asked.

        Raises:
            ApiError: ``campaign_unfinished`` or ``nothing_assessed``: it can be no baseline.
        """
        body = {"campaign": campaign, "why": why, **({"name": name} if name else {})}
        return self._server.post("/baselines", body, idempotency_key or str(uuid4()))

    def baselines(self, name: str = "") -> Iterator[Mapping[str, Any]]:
        """All blessings, those of one baseline where it is named; the newest first. ``is_current`` ones count."""
        return self._server.items(f"/baselines?{urlencode({'limit': 100, **({'name': name} if name else {})})}")

    def baseline(self, name: str) -> Mapping[str, Any]:
        """The blessing that counts for a name."""
        return self._server.get(f"/baselines/{quote(name, safe='')}")

    def suite(self, campaign: int) -> Iterator[bytes]:
        """The lines of a frozen suite of a campaign's cases, streamed, to be written to a file."""
        return self._server.lines(f"/campaigns/{campaign}/suite")

    def report(self, campaign: int) -> Mapping[str, Any]:
        """The object that `probewright run --json` prints; waits while it is being written."""
        return self._server.written(f"/campaigns/{campaign}/report")

    def cancel(self, campaign: int) -> Campaign:
        """Stops a campaign; what it has earned is kept."""
        return campaign_of(self._server.post(f"/campaigns/{campaign}/cancel", {}))

    def resume(self, campaign: int, limits: Mapping[str, Any] | None = None, is_errors_again: bool = False) -> Campaign:
        """Goes on with a stopped campaign, with other limits where some are given."""
        body = {"limits": dict(limits or {}), "errors_again": is_errors_again}
        return campaign_of(self._server.post(f"/campaigns/{campaign}/resume", body))

    def campaigns(self, **wanted: str) -> Iterator[Mapping[str, Any]]:
        """Campaigns, the newest first, page by page; ``wanted`` are ``state``, ``name`` and ``owner``."""
        return self._server.items(f"/campaigns?{urlencode({'limit': 100, **wanted})}")

    def outcomes(self, campaign: int, status: str = "") -> Iterator[Mapping[str, Any]]:
        """Every trial that has an outcome by now, with what was said, in case order; streamed."""
        query = f"?{urlencode({'status': status})}" if status else ""
        return map(json.loads, self._server.lines(f"/campaigns/{campaign}/outcomes/stream{query}"))

    def results(self, campaign: int, form: str = "json") -> bytes:
        """The results of a campaign that has ended: as json, junit, markdown, csv, html or what the server has more."""
        return self._server.read(Call("GET", f"/campaigns/{campaign}/results?{urlencode({'format': form})}"))

    def labels(self, campaign: int) -> Iterator[Mapping[str, Any]]:
        """The labels that stand on a campaign's trials."""
        return self._server.items(f"/campaigns/{campaign}/labels")

    def label(self, campaign: int, position: int, verdict: str, trial: int = 0, note: str = "") -> Mapping[str, Any]:
        """Says of a trial what its person holds: pass, fail, undecided, or one of the oracle's own words."""
        body = {"position": position, "trial": trial, "verdict": verdict, "note": note}
        return self._server.post(f"/campaigns/{campaign}/labels", body)

    def upload(self, content: bytes, ending: str = ".csv") -> str:
        """Keeps a set of prompts, or with the ending ``.jsonl`` a frozen suite; returns the path that a spec names."""
        kind = "text/csv" if ending == ".csv" else "application/x-ndjson"
        return str(self._server.answered(Call("POST", "/uploads", content, {"Content-Type": kind}))["path"])

    def whoami(self) -> Mapping[str, Any]:
        """The token that calls."""
        return self._server.get("/whoami")


def _other(against: int | None, baseline: str) -> str:
    return urlencode({"baseline": baseline} if against is None else {"against": against})
