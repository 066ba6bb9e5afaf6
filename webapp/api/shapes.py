"""Campaigns, trials and labels in the shapes that the API answers with."""

from collections.abc import Iterable, Mapping
from typing import Any

from probewright.campaigns.browsing import Line
from probewright.campaigns.labelling.marks import Mark
from probewright.campaigns.results import Result
from probewright.campaigns.rows import leases
from probewright.campaigns.rows.codec import messages_to_json
from probewright.campaigns.specs import uploads
from probewright.webapp.api.schemas import (
    Campaign,
    CampaignItem,
    Gate,
    Hook,
    Label,
    Message,
    Resource,
    Results,
    Spent,
    Status,
    Test,
)
from probewright.webapp.dashboard.shelf import Kept


def is_final(line: Line) -> bool:
    """Whether nothing more comes: it has ended, and no worker is still bringing answers in."""
    return not line.is_live and not (line.stop_kind and leases.workers(line.id))


def item(line: Line, final: bool | None = None) -> CampaignItem:
    """A campaign as lists have it."""
    return CampaignItem(**_common(line, not line.is_live if final is None else final))


def campaign(line: Line, final: bool, results: Results | None, hooks: Iterable[Hook]) -> Campaign:
    """A campaign in full."""
    spec = without_folder(line.spec)
    return Campaign(
        **_common(line, final), spec=spec, pass_criteria=spec.get("gate"), results=results, webhooks=list(hooks)
    )


def _common(line: Line, final: bool) -> dict[str, Any]:
    stopped = Message(message=line.stop_reason, message_code=line.stop_kind) if line.stop_kind else None
    return {
        "resource": Resource(id=line.id, created_at=line.created_at, owner=line.created_by),
        "name": line.name,
        "status": Status(state=line.state, is_final=final, message=stopped, done=line.done, total=line.expected),
        "family": line.family,
        "model": line.model,
        "target": line.target,
        "outcomes": dict(line.outcomes),
        "spent": Spent(
            calls=line.spent.calls, tokens=line.spent.tokens, usd=line.spent.usd, seconds=round(line.seconds, 3)
        ),
    }


def results(line: Line, kept: Kept) -> Results:
    """What the written report says of the gate, in EvalHub's words."""
    summary = kept.summary
    gate, spec = summary["gate"], line.spec.get("gate") or {}
    test = None
    if gate is not None:
        score, threshold = summary["fail_rate"]["value"], spec.get("max_fail_rate")
        is_pass = gate["verdict"] == "pass"
        test = Test(score=score, threshold=threshold, passed=is_pass, verdict=gate["verdict"])
    return Results(test=test, exit_code=kept.exit_code)


def gate(line: Line, summary: Mapping[str, Any], exit_code: int) -> Gate:
    """What a report's summary says of its gate."""
    said = summary["gate"] or {}
    return Gate(
        campaign=line.id,
        state=line.state,
        verdict=said.get("verdict"),
        passed=said.get("verdict") == "pass",
        reasons=list(said.get("reasons", ())),
        exit_code=exit_code,
        fail_rate=summary["fail_rate"],
        details=said,
    )


def outcome(result: Result) -> dict[str, Any]:
    """One trial as plain values; see `schemas.Outcome`."""
    found, said = result.outcome, result.said
    return {
        "position": result.position,
        "trial": found.trial,
        "key": found.key,
        "labels": dict(found.labels),
        "status": found.status.value,
        "verdict": found.label,
        "score": found.score,
        "reason": found.reason,
        "messages": messages_to_json(said.messages) if said else [],
        "reply": said.reply if said else "",
    }


def label(mark: Mark) -> Label:
    """A label that stands."""
    said = mark.opinion
    return Label(
        position=mark.place.position,
        trial=mark.place.trial,
        key=mark.key,
        person=mark.person,
        status=said.status.value,
        word=said.label,
        note=said.note,
        question=mark.question,
        drawn=mark.drawn.value,
        is_adjudication=mark.is_adjudication,
        created_at=mark.created_at,
    )


def without_folder(value: Any) -> Any:
    """Plain values without where this machine keeps uploads: only their names are anybody's business."""
    if isinstance(value, Mapping):
        return {name: without_folder(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_folder(inner) for inner in value]
    return value.removeprefix(f"{uploads.place()}/") if isinstance(value, str) else value
