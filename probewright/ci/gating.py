"""Runs the campaign of a spec on a server and reads what a comment tells of it."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from probewright.ci.gated import MOST_CASES, Changes, Gated, NamedCase, case_of
from probewright.client import ApiError, Campaign, Client, ServerUnreachable, WaitedInVain
from probewright.errors import ProbewrightError

MISTAKES = frozenset({400, 401, 403, 404, 413, 415, 422})  # of the caller: the same request would fail again


class NotGated(ProbewrightError):
    """No verdict came. ``exit_code`` says whose doing that is; it is never 0.

    2: the caller's (token, spec, address). 4: the time that the caller gave. 5: the server's, or the network's.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_gate(api: Client, server: str, spec: str, key: str, timeout_s: float | None) -> Campaign:
    """The campaign of a spec once it has ended. One that nobody waits for any more is cancelled: it would go on paying.

    Args:
        api: Of the server.
        server: Its address, for whoever wants to watch.
        spec: Its YAML text; uploads in it are on the server already.
        key: Makes the start safe to repeat.
        timeout_s: How long to wait; None: as long as it takes.

    Raises:
        NotGated: the server refused, could not be reached, or the time was over.
        KeyboardInterrupt: the caller was interrupted.
    """
    try:
        campaign = api.start(spec, is_new=True, idempotency_key=key).id
    except (ApiError, ServerUnreachable) as error:
        raise not_gated(error) from error
    print(f"campaign {campaign} is running: {server}/campaigns/{campaign}/", file=sys.stderr, flush=True)
    try:
        return api.wait(campaign, timeout_s)
    except WaitedInVain as error:
        raise NotGated(f"{error}; {_cancelled(api, campaign)}; give more time with --timeout", 4) from error
    except KeyboardInterrupt:
        print(_cancelled(api, campaign), file=sys.stderr, flush=True)
        raise
    except (ApiError, ServerUnreachable) as error:
        raise not_gated(error) from error


def _cancelled(api: Client, campaign: int) -> str:
    try:
        api.cancel(campaign)
    except (ApiError, ServerUnreachable) as error:
        return f"campaign {campaign} could not be cancelled and may go on: {error}"
    return f"campaign {campaign} was cancelled; what it has earned is kept"


def not_gated(error: ApiError | ServerUnreachable) -> NotGated:
    """A failed call as the end of a command: one line a problem, with whose mistake it is as its exit code."""
    if isinstance(error, ServerUnreachable):
        return NotGated(f"the server is not there: {error}", 5)
    if error.status in {401, 403}:
        return NotGated(f"the server refuses the token of PROBEWRIGHT_TOKEN: {error}", 2)
    lines = [f"{one.get('path', '')}: {one.get('detail', '')}".removeprefix(": ") for one in error.errors]
    return NotGated("\n".join([f"the server refuses: {error}", *lines]), 2 if error.status in MISTAKES else 5)


def read_gate(api: Client, campaign: Campaign, baseline: str, link: str, commit: str) -> Gated:
    """What a comment tells of a campaign that has ended.

    Args:
        api: Of the server.
        campaign: The campaign.
        baseline: The blessed campaign to hold it against; empty: the one that its gate names, if it names one.
        link: Where the report is.
        commit: What was tested.

    Raises:
        NotGated: the server does not say what the verdict is.
    """
    try:
        gate, report = api.gate(campaign.id), api.report(campaign.id)
    except (ApiError, ServerUnreachable) as error:
        raise not_gated(error) from error
    name = baseline or _named_by_gate(campaign.raw)
    changes: Changes | None = None
    failed: tuple[NamedCase, ...] = ()
    trouble = ""
    # The verdict stands. What only illustrates it may be missing, and then the comment says why.
    try:
        changes = _changes(api, campaign.id, name) if name else None
    except (ApiError, ServerUnreachable) as error:
        trouble = f"Not held against the baseline {name}: {_detail(error)}."
    try:
        changes, failed = _with_prompts(api, campaign.id, changes, has_controls="controls" in report)
    except (ApiError, ServerUnreachable) as error:
        trouble = f"{trouble} The cases that failed could not be read: {_detail(error)}.".strip()
    return Gated(campaign.name, report, gate.exit_code, failed, changes, trouble, link, commit)


def _detail(error: ApiError | ServerUnreachable) -> str:
    """What is wrong, without what only a program wants to know of it."""
    text = str(error)
    if isinstance(error, ApiError):
        text = text.removeprefix(f"HTTP {error.status} {error.code}: ")
    return text.rstrip(".")


def _named_by_gate(raw: Mapping[str, Any]) -> str:
    asked = (raw.get("pass_criteria") or {}).get("no_worse_than") or {}
    return str(asked.get("baseline", ""))


def _changes(api: Client, campaign: int, baseline: str) -> Changes:
    found = api.compare(campaign, baseline=baseline)
    counts = {name: int(found[name]) for name in ("regressed", "fixed", "both_fail", "both_pass", "flaky")}
    named = {
        change: _named(api.compared(campaign, baseline=baseline, change=change)) if counts[change] else ()
        for change in ("regressed", "fixed")
    }
    return Changes(baseline, found["against"]["campaign"], counts, found["difference"], **named)


def _named(cases: Iterable[Mapping[str, Any]]) -> tuple[NamedCase, ...]:
    """The first of the cases, without what they asked."""
    return tuple(NamedCase(case["key"], case["labels"], "") for case in islice(cases, MOST_CASES))


def _with_prompts(
    api: Client, campaign: int, changes: Changes | None, has_controls: bool
) -> tuple[Changes | None, tuple[NamedCase, ...]]:
    """The regressed cases with what they asked; where none regressed, some that failed.

    Where some cases are controls, whose failures nobody minds, only the report tells them apart: none is named here.
    """
    named = changes.regressed if changes else ()
    wanted = {case.key for case in named}
    found: dict[str, NamedCase] = {}
    others: dict[str, NamedCase] = {}
    most = 0 if has_controls or named else MOST_CASES
    for outcome in api.outcomes(campaign, status="fail"):
        kept = found if outcome["key"] in wanted else others
        if kept is found or len(others) < most:
            kept.setdefault(outcome["key"], case_of(outcome))
        if len(found) == len(wanted) and len(others) >= most:
            break
    failed = tuple(others.values())
    if changes is None:
        return None, failed
    regressed = tuple(found.get(case.key, case) for case in named)
    return replace(changes, regressed=regressed), failed
