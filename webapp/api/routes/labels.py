"""Labels of a campaign's trials: the same rules as on the page."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from probewright.campaigns.browsing import Place
from probewright.campaigns.labelling import giving, labels
from probewright.campaigns.labelling.giving import Given
from probewright.campaigns.labelling.marks import Opinion, Source
from probewright.campaigns.labelling.question import question_of
from probewright.errors import ConfigError
from probewright.webapp.api import shapes, waiting
from probewright.webapp.api.answers import ONE_CAMPAIGN, problems
from probewright.webapp.api.auth import Bearer, caller_of
from probewright.webapp.api.paging import Cursor, Limit, links, number_of
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.schemas import GiveLabel, Label, LabelPage
from probewright.webapp.api.tokens import Caller, Scope

router = Router(tags=["labels"], by_alias=True)

ORIGIN = "api"


@router.get(
    "/{campaign}/labels",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=LabelPage,
    operation_id="list_labels",
    summary="List labels",
    openapi_extra=problems(*ONE_CAMPAIGN),
)
def listed(request: HttpRequest, campaign: Number, limit: Limit = 100, cursor: Cursor = None) -> LabelPage:
    """Labels that stand, in the order they were given.

    People label blind: a token that labels sees what others said only of trials that it has labelled itself.
    """
    waiting.line_of(campaign)
    caller, after = caller_of(request), number_of(cursor)
    rows = labels.standing(campaign).select_related("case").order_by("pk")
    page = list(rows.filter(pk__gt=after or 0)[: limit + 1])
    more = str(page[limit - 1].pk) if len(page) > limit else None
    marks = [labels.mark_of(row) for row in page[:limit]]
    if _is_blind(caller):
        own = rows.filter(person=caller.person, is_adjudication=False)
        seen = {Place(*place) for place in own.values_list("case__position", "trial")}
        marks = [mark for mark in marks if mark.place in seen]
    first, following = links(request, more)
    return LabelPage(first=first, next=following, limit=limit, items=[shapes.label(mark) for mark in marks])


@router.post(
    "/{campaign}/labels",
    auth=Bearer(Scope.LABELS_WRITE),
    response={201: Label},
    operation_id="give_label",
    summary="Label a trial",
    openapi_extra=problems(
        "malformed_request", *ONE_CAMPAIGN, "body_too_large", "unsupported_media_type", "label_refused"
    ),
)
def give(request: HttpRequest, campaign: Number, body: GiveLabel) -> Status[Label]:
    """What the token's person says of one trial. A label that they gave it before is withdrawn."""
    waiting.line_of(campaign)
    caller, place = caller_of(request), Place(body.position, body.trial)
    question = question_of(campaign)
    try:
        status = question.meant(body.verdict)
        word = question.word(status) if body.verdict == status.value else body.verdict
        drawn = labels.drawn_before(campaign, place, caller.person)
        opinion = Opinion(status, word, body.note)
        given = Given(place, caller.person, opinion, Source.WEB, drawn, body.is_adjudication, ORIGIN)
        mark = giving.add(campaign, given)
    except ConfigError as error:
        raise Problem("label_refused", " ".join(str(error).split())) from error
    return Status(201, shapes.label(mark))


def _is_blind(caller: Caller) -> bool:
    return caller.may(Scope.LABELS_WRITE) and Scope.ADMIN not in caller.scopes
