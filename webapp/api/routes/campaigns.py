"""Campaigns: started, listed, awaited, cancelled, resumed."""

from typing import Annotated, Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Header, Path, Query, Router

from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.runner import build, require_secrets
from probewright.campaigns.rows import listing
from probewright.campaigns.specs.untrusted import check_untrusted
from probewright.webapp.api import shapes, waiting
from probewright.webapp.api.answers import ONE_CAMPAIGN, problems
from probewright.webapp.api.auth import Bearer, caller_of
from probewright.webapp.api.bodies import YAML
from probewright.webapp.api.idempotency import REPLAYED, once
from probewright.webapp.api.mistakes import SOURCE, spec_problems
from probewright.webapp.api.paging import Cursor, Limit, links, number_of
from probewright.webapp.api.schemas import Campaign, CampaignPage, Resume, State
from probewright.webapp.api.submitting import fingerprint, prepared, read_submit, with_secrets
from probewright.webapp.api.tokens import Scope
from probewright.webapp.api.webhooks import notices

router = Router(tags=["campaigns"], by_alias=True)

Number = Annotated[int, Path(ge=1, lt=2**63, description="the campaign's number")]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=255, description="makes it safe to send again")]
Text = Annotated[str | None, Query(max_length=150, pattern=r"^[^\x00]*$")]  # PostgreSQL takes no NUL in a text

BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Submit"}},
            YAML[0]: {"schema": {"type": "string", "description": "a spec, as a spec file has it"}},
        },
    }
}
STARTING = (
    "malformed_request", *ONE_CAMPAIGN, "campaign_busy", "campaign_live", "suite_unavailable",
    "idempotency_key_in_use", "idempotency_key_reused", "body_too_large", "unsupported_media_type", "invalid_spec",
    "too_many_streams",
)  # fmt: skip


@router.post(
    "",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response={200: Campaign, 201: Campaign},
    operation_id="start_campaign",
    summary="Start a campaign",
    openapi_extra={**problems(*STARTING), **BODY},
)
def start(request: HttpRequest, idempotency_key: Key = "") -> HttpResponse:
    """Queues the campaign of a spec; 200 where it is running already, or was started under this key before.

    Without `is_new`, an unfinished campaign of the same name and spec goes on. `suite` asks cases again that are there,
    in the place of the spec's `family`: they keep their keys, so that the two campaigns compare case for case.
    """
    caller, submit = caller_of(request), read_submit(request)
    done = once(caller.token, idempotency_key, fingerprint(submit), lambda: prepared(submit, caller))
    status = 200 if done.is_replayed else done.status
    answer = with_secrets(done.answer, caller)
    headers = {"Location": f"{request.path.rstrip('/')}/{answer['resource']['id']}"}
    if done.is_replayed:
        headers[REPLAYED] = "true"
    return HttpResponse(orjson.dumps(answer), content_type="application/json", status=status, headers=headers)


@router.get(
    "",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=CampaignPage,
    operation_id="list_campaigns",
    summary="List campaigns",
    openapi_extra=problems("scope_missing"),
)
def listed(
    request: HttpRequest,
    limit: Limit = 25,
    cursor: Cursor = None,
    state: Annotated[State | None, Query(description="only those that stand so")] = None,
    name: Text = None,
    owner: Text = None,
) -> CampaignPage:
    """The newest first, page by page."""
    wanted = {"state": state, "name": name, "created_by": owner}
    page = listing.campaigns(
        number_of(cursor), limit, {column: value for column, value in wanted.items() if value is not None}
    )
    first, following = links(request, None if page.after is None else str(page.after))
    return CampaignPage(first=first, next=following, limit=limit, items=[shapes.item(line) for line in page.items])


@router.get(
    "/{campaign}",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=Campaign,
    operation_id="get_campaign",
    summary="Get a campaign, or wait for its end",
    openapi_extra=problems(*ONE_CAMPAIGN),
)
def one(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    response: HttpResponse,
    campaign: Number,
    wait: Annotated[int, Query(ge=0, le=waiting.MOST_S, description="seconds to wait for its end and report")] = 0,
) -> Campaign:
    """With `wait`, answers when it has ended and its report is written, or when the time is over.

    Few callers can wait at once; one too many is answered at once, with the header `Retry-After`.
    """
    line, final, kept = waiting.ended(campaign, wait, response)
    results = shapes.results(line, kept) if kept else None
    return shapes.campaign(line, final, results, notices.hooks(campaign))


@router.post(
    "/{campaign}/cancel",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response=Campaign,
    operation_id="cancel_campaign",
    summary="Cancel a campaign",
    openapi_extra=problems(*ONE_CAMPAIGN),
)
def cancel(request: HttpRequest, campaign: Number) -> Campaign:
    """What it has earned is kept, and it can be resumed. One that has ended stays as it is."""
    waiting.line_of(campaign)
    Desk().cancel(campaign, f"cancelled by {caller_of(request).person}")
    return _now(campaign)


@router.post(
    "/{campaign}/resume",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response=Campaign,
    operation_id="resume_campaign",
    summary="Resume a campaign",
    openapi_extra=problems(
        "malformed_request", *ONE_CAMPAIGN, "campaign_busy", "body_too_large",
        "unsupported_media_type", "invalid_spec",
    ),
)  # fmt: skip
def resume(request: HttpRequest, campaign: Number, body: Resume) -> Campaign:  # noqa: ARG001 (ninja's signature)
    """Queues a stopped campaign again, with other limits where some are given."""
    line = waiting.line_of(campaign)
    spec: dict[str, Any] = {**line.spec, "limits": {**line.spec["limits"], **body.limits}}
    with spec_problems():
        plan = build(check_untrusted(spec, SOURCE))
        require_secrets(plan)
        if body.errors_again:
            Desk().reopen_errors(campaign)
        Desk().requeue(campaign, plan)
    return _now(campaign)


def _now(number: int) -> Campaign:
    line = waiting.line_of(number)
    return shapes.campaign(line, shapes.is_final(line), None, notices.hooks(number))
