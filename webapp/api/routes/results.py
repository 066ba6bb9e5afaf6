"""What came of a campaign: its trials, its gate, its report, its results as files."""

from collections.abc import Iterable, Iterator
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
from probewright.webapp.api.answers import content, problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.formats import FORMATS
from probewright.webapp.api.paging import Limit, PlaceCursor, cursor_of, links, place_of
from probewright.webapp.api.places import STREAMS, enter_stream, streamed
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.schemas import Gate, OutcomePage, Pending, TrialStatus
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
ENDED = ("scope_missing", "not_found", "campaign_live", "report_unavailable")


@router.get(
    "/{campaign}/outcomes",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=OutcomePage,
    operation_id="list_outcomes",
    summary="List outcomes",
    openapi_extra=problems("scope_missing", "not_found"),
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
            **problems("scope_missing", "not_found", "too_many_streams")["responses"],
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
    enter_stream()
    return streamed(_lines(campaign, status), NDJSON, f"campaign-{campaign}.jsonl")


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
    enter_stream()
    try:
        pieces = _begun(found.write(Desk(), campaign))
    except ProbewrightError as error:
        STREAMS.leave()
        raise Problem("report_unavailable", f"campaign {campaign}: {' '.join(str(error).split())}") from error
    except BaseException:
        STREAMS.leave()
        raise
    return streamed(pieces, found.media_type, f"campaign-{campaign}{found.ending}")


def _begun(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of them made: what cannot be written at all fails before the answer begins."""
    rest = iter(pieces)
    return chain([next(rest, b"")], rest)


@router.get(
    "/{campaign}/gate",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response={200: Gate, 202: Pending},
    operation_id="get_gate",
    summary="Get the gate's verdict",
    openapi_extra=problems(*ENDED),
)
def gate(request: HttpRequest, response: HttpResponse, campaign: Number, wait: Wait = 0) -> Gate | Status[Pending]:  # noqa: ARG001
    """The verdict, its reasons, and the exit code that a command line would end with; 202 while it is worked out."""
    line, kept = waiting.report(campaign, wait)
    if kept is None:
        return _pending(response)
    summary, exit_code = kept.summary, kept.exit_code
    said = summary["gate"] or {}
    return Gate(
        campaign=campaign,
        state=line.state,
        verdict=said.get("verdict"),
        passed=said.get("verdict") == "pass",
        reasons=list(said.get("reasons", ())),
        exit_code=exit_code,
        fail_rate=summary["fail_rate"],
        details=said,
    )


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
    return _pending(response) if kept is None else dict(kept.summary)


def _pending(response: HttpResponse) -> Status[Pending]:
    response.headers["Retry-After"] = RETRY_S
    return Status(202, Pending(message=WRITING))
