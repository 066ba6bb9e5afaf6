"""Frozen suites: a campaign's cases, to be asked again."""

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from probewright.webapp.api import freezing, waiting
from probewright.webapp.api.answers import ONE_CAMPAIGN, content, problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.places import streamed
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.routes.results import NDJSON
from probewright.webapp.api.tokens import Scope

router = Router(tags=["suites"], by_alias=True)


@router.get(
    "/{campaign}/suite",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    operation_id="get_suite",
    summary="Freeze a campaign's cases",
    openapi_extra={
        "responses": {
            **problems(*ONE_CAMPAIGN, "campaign_live", "suite_unavailable", "too_many_streams")["responses"],
            **content(200, "The suite: where it comes from, then one case a line", NDJSON)["responses"],
        }
    },
)
def suite(request: HttpRequest, campaign: Number) -> StreamingHttpResponse:  # noqa: ARG001 (ninja's signature)
    """The file that `probewright suite export` writes, sent while it is read.

    Its first line says how many cases follow: a file with fewer was cut, and is refused wherever it is read.
    """
    waiting.over(campaign)
    return streamed(lambda: freezing.lines(campaign), NDJSON, f"campaign-{campaign}.suite.jsonl")
