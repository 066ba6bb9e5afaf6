"""What came of a campaign: its trials, its report, its results as files."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router
from ninja.responses import Status

from probewright.campaigns.browsing import Filter
from probewright.campaigns.desk import Desk
from probewright.campaigns.rows import listing
from probewright.errors import ProbewrightError
from probewright.webapp.api import shapes, waiting
from probewright.webapp.api.answers import ONE_CAMPAIGN, content, problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.formats import FORMATS, Format
from probewright.webapp.api.paging import Limit, PlaceCursor, cursor_of, links, place_of
from probewright.webapp.api.places import streamed
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.schemas import OutcomePage, Pending, TrialStatus
from probewright.webapp.api.tokens import Scope

router = Router(tags=["results"], by_alias=True)

NDJSON = "application/x-ndjson"
RETRY_S = "1"
PATIENCE_S = 0.02  # of a search for something rare: programs go on by themselves, so a page may be short
WRITING = "the report is being written; ask again, or with wait"

Wait = Annotated[int, Query(ge=0, le=waiting.MOST_S, description="seconds to wait while the report is written")]
Only = Annotated[TrialStatus | None, Query(description="only trials that ended so")]
Labels = Annotated[
    list[Annotated[str, Query(pattern=r"^[^=]+=.*$")]],
    Query(max_length=10, description="only cases with these labels: name=value, as often as needed"),
]
FormatName = Annotated[str, Query(alias="format", pattern=f"^({'|'.join(FORMATS)})$", description="the form")]
ENDED = (*ONE_CAMPAIGN, "campaign_live", "report_unavailable")


@router.get(
    "/{campaign}/outcomes",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=OutcomePage,
    operation_id="list_outcomes",
    summary="List outcomes",
    openapi_extra=problems(*ONE_CAMPAIGN),
)
def outcomes(
    request: HttpRequest,
    campaign: Number,
    limit: Limit = 40,
    cursor: PlaceCursor = None,
    status: Only = None,
    label: Labels = [],  # noqa: B006 (ninja's way to say that none need be given)
) -> OutcomePage:
    """Trials with what was said, in case order. A search for something rare ends early, with a `next` to go on from."""
    waiting.line_of(campaign)
    wanted = Filter(status or "", dict(pair.split("=", 1) for pair in label))
    page = listing.trials(campaign, wanted, place_of(cursor), limit, PATIENCE_S)
    first, following = links(request, cursor_of(page.after))
    items = [shapes.outcome(result) for result in page.items]
    return OutcomePage.model_validate({"first": first, "next": following, "limit": limit, "items": items})


@router.get(
    "/{campaign}/outcomes/stream",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    operation_id="stream_outcomes",
    summary="Stream all outcomes",
    openapi_extra={
        "responses": {
            **problems(*ONE_CAMPAIGN, "report_unavailable", "too_many_streams")["responses"],
            **content(200, "One JSON object a line, as in the list", NDJSON)["responses"],
        }
    },
)
def stream(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    campaign: Number,
    status: Only = None,
) -> StreamingHttpResponse:
    """All trials that have an outcome by now, one JSON object a line, in case order."""
    waiting.line_of(campaign)
    return _sent(campaign, _lines(campaign, status), NDJSON, ".jsonl")


def _lines(campaign: int, status: str | None) -> Iterator[bytes]:
    for result in Desk().results(campaign):
        if status in {None, result.outcome.status.value}:
            yield orjson.dumps(shapes.outcome(result), option=orjson.OPT_APPEND_NEWLINE)


@router.get(
    "/{campaign}/results",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    operation_id="get_results",
    summary="Get the results in some form",
    openapi_extra={
        "responses": {
            **problems(*ENDED, "too_many_streams")["responses"],
            **content(200, "The results", *dict.fromkeys(form.kind for form in FORMATS.values()))["responses"],
        }
    },
)
def results(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    campaign: Number,
    form: FormatName = "json",
) -> StreamingHttpResponse:
    """The report, or every trial, or both, as the form has it; sent while it is made."""
    waiting.over(campaign)
    found = FORMATS[form]
    return _sent(campaign, _written(found, campaign), found.media_type, found.ending)


def _written(form: Format, campaign: int) -> Iterator[bytes]:
    """The pieces of a form; nothing is read before the first is asked for."""
    yield from form.write(Desk(), campaign)


def _sent(campaign: int, pieces: Iterator[bytes], media_type: str, ending: str) -> StreamingHttpResponse:
    """An answer that is sent while it is made; what cannot be written at all fails before it begins."""

    def begin() -> Iterator[bytes]:
        try:
            return chain([next(pieces, b"")], pieces)
        except ProbewrightError as error:
            raise Problem("report_unavailable", f"campaign {campaign}: {' '.join(str(error).split())}") from error

    return streamed(begin, media_type, f"campaign-{campaign}{ending}")


@router.get(
    "/{campaign}/report",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response={200: dict[str, Any], 202: Pending},
    operation_id="get_report",
    summary="Get the report",
    openapi_extra=problems(*ENDED),
)
def report(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    response: HttpResponse,
    campaign: Number,
    wait: Wait = 0,
) -> dict[str, Any] | Status[Pending]:
    """The object that `probewright run --json` prints; 202 while it is being written."""
    _, kept = waiting.report(campaign, wait)
    return pending(response) if kept is None else dict(kept.summary)


def pending(response: HttpResponse) -> Status[Pending]:
    """Says that the report is being written, and when to ask again."""
    response.headers["Retry-After"] = RETRY_S
    return Status(202, Pending(message=WRITING))
