"""Baselines: campaigns that somebody blessed, for others to be held against."""

from typing import Annotated
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from probewright.campaigns.baselines.blessing import Decided, Listed, NothingAssessed, Unfinished
from probewright.campaigns.desk import Desk
from probewright.campaigns.rows import baselines
from probewright.campaigns.rows.baselines import MOST_NAME
from probewright.campaigns.specs.spec import PLAIN_NAME
from probewright.errors import ConfigError
from probewright.webapp.api import against, bodies, waiting
from probewright.webapp.api.against import Baseline, BaselinePage, Bless
from probewright.webapp.api.answers import ONE_CAMPAIGN, problems
from probewright.webapp.api.auth import Bearer, caller_of
from probewright.webapp.api.idempotency import REPLAYED, Made, once
from probewright.webapp.api.paging import Cursor, Limit, links, number_of
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.routes.campaigns import Key
from probewright.webapp.api.tokens import Scope

router = Router(tags=["baselines"], by_alias=True)

Name = Annotated[str, Path(max_length=MOST_NAME, pattern=PLAIN_NAME, description="the baseline's name")]
OnlyName = Annotated[str | None, Query(max_length=MOST_NAME, pattern=PLAIN_NAME, description="only this baseline")]
CODES = {Unfinished: "campaign_unfinished", Decided: "campaign_decided", NothingAssessed: "nothing_assessed"}
BLESSING = (
    "malformed_request", *ONE_CAMPAIGN, "campaign_unfinished", "nothing_assessed",
    "idempotency_key_in_use", "idempotency_key_reused", "body_too_large", "unsupported_media_type",
)  # fmt: skip


@router.get(
    "",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=BaselinePage,
    operation_id="list_baselines",
    summary="List baselines",
    openapi_extra=problems("scope_missing"),
)
def listed(request: HttpRequest, limit: Limit = 25, cursor: Cursor = None, name: OnlyName = None) -> BaselinePage:
    """All blessings, the newest first. The latest of a name counts (`is_current`); earlier ones are kept."""
    page = baselines.page(number_of(cursor), limit, name or "")
    first, following = links(request, None if page.after is None else str(page.after))
    items = [against.baseline(one) for one in page.items]
    return BaselinePage(first=first, next=following, limit=limit, items=items)


@router.get(
    "/{name}",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=Baseline,
    operation_id="get_baseline",
    summary="Get the baseline of a name",
    openapi_extra=problems("scope_missing", "not_found"),
)
def one(request: HttpRequest, name: Name) -> Baseline:  # noqa: ARG001 (ninja's signature)
    """The blessing that counts: what a gate's `no_worse_than` compares with."""
    return against.baseline(current(name))


def current(name: str) -> Listed:
    """The blessing that counts for a name.

    Raises:
        Problem: there is none.
    """
    found = baselines.current(name)
    if found is None:
        raise Problem("not_found", f"nothing is blessed by the name {name[:80]!r}; POST /baselines does")
    return found


@router.post(
    "",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response={200: Baseline, 201: Baseline},
    operation_id="bless_campaign",
    summary="Bless a campaign",
    openapi_extra=problems(*BLESSING),
)
def bless(request: HttpRequest, body: Bless, idempotency_key: Key = "") -> HttpResponse:
    """Makes a finished campaign the baseline of a name, by default its own, under the name of the token's user.

    200 where that was done under this key before.
    """
    caller = caller_of(request)
    digest = bodies.digest_of({"bless": body.model_dump(mode="json")})
    done = once(caller.token, idempotency_key, digest, lambda: lambda: _bless(body, caller.person))
    headers = {"Location": f"{request.path}/{quote(done.answer['name'], safe='')}"}
    if done.is_replayed:
        headers[REPLAYED] = "true"
    status = 200 if done.is_replayed else done.status
    return HttpResponse(orjson.dumps(done.answer), content_type="application/json", status=status, headers=headers)


def _bless(body: Bless, person: str) -> Made:
    waiting.line_of(body.campaign)
    try:
        made = Desk().bless(body.campaign, body.name or "", person, body.why)
    except ConfigError as error:
        code = CODES.get(type(error), "invalid_parameters")
        raise Problem(code, " ".join(str(error).split())) from error
    return 201, against.baseline(current(made.name)).model_dump(mode="json")
