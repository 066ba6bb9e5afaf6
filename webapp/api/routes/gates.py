"""A campaign's gate: what it said, and what it would say by other criteria."""

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status

from probewright.campaigns.browsing import Line
from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.render.summary import summary
from probewright.errors import ProbewrightError
from probewright.webapp.api import shapes, waiting
from probewright.webapp.api.against import Rule
from probewright.webapp.api.answers import ONE_CAMPAIGN, problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.places import stream_place
from probewright.webapp.api.problems import Mistake, Problem, of_mistakes
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.routes.results import ENDED, Wait, pending
from probewright.webapp.api.schemas import Gate, Pending
from probewright.webapp.api.tokens import Scope
from probewright.webapp.cli import exit_codes

router = Router(tags=["gates"], by_alias=True)


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
        return pending(response)
    return shapes.gate(line, kept.summary, kept.exit_code)


@router.post(
    "/{campaign}/gate",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=Gate,
    operation_id="rule_by",
    summary="Rule by other criteria",
    openapi_extra=problems(
        "malformed_request", *ONE_CAMPAIGN, "campaign_live", "campaign_decided", "report_unavailable",
        "body_too_large", "unsupported_media_type", "too_many_streams",
    ),
)  # fmt: skip
def rule(request: HttpRequest, campaign: Number, body: Rule) -> Gate:  # noqa: ARG001 (ninja's signature)
    """What the gate would say of the stored outcomes if the spec had these `pass_criteria`.

    Nothing is kept. A campaign that stopped as soon as its own gate was certain has too few cases for any other.
    """
    line = waiting.over(campaign)
    _require_whole(line, body)
    with stream_place():
        try:
            report = Desk().rule(campaign, body.pass_criteria)
        except ProbewrightError as error:
            raise Problem("report_unavailable", f"campaign {campaign}: {' '.join(str(error).split())}") from error
    return shapes.gate(line, summary(report, None), exit_codes.of(report))


def _require_whole(line: Line, body: Rule) -> None:
    """Makes sure that there is something to rule by, and that when the campaign ended had nothing to do with it.

    Raises:
        Problem: it had, the criteria are none, or they ask to look before the end, which is over.
    """
    if not body.pass_criteria.asked:
        raise of_mistakes("invalid_parameters", [Mistake("pass_criteria", "asks for nothing; allowed: any criterion")])
    if body.pass_criteria.sequential:
        said = "the campaign has ended, so nothing can stop early; allowed: false"
        raise of_mistakes("invalid_parameters", [Mistake("pass_criteria.sequential", said)])
    if line.stop_kind == StopKind.DECIDED:
        said = f"campaign {line.id} stopped as soon as its own gate was certain, so its cases decide nothing else"
        raise Problem("campaign_decided", f"{said}; run it with these pass_criteria")
