"""A campaign against another one, or against a baseline, case by case."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import orjson
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from probewright.campaigns.browsing import Line
from probewright.campaigns.comparison import Comparison as Compared
from probewright.campaigns.desk import Desk
from probewright.errors import ConfigError
from probewright.webapp.api import against as held
from probewright.webapp.api import waiting
from probewright.webapp.api.against import ChangeName, Comparison
from probewright.webapp.api.answers import ONE_CAMPAIGN, content, problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.places import stream_place, streamed
from probewright.webapp.api.problems import Mistake, Problem, of_mistakes
from probewright.webapp.api.routes.baselines import OnlyName, current
from probewright.webapp.api.routes.campaigns import Number
from probewright.webapp.api.routes.results import NDJSON
from probewright.webapp.api.tokens import Scope

router = Router(tags=["comparisons"], by_alias=True)

Other = Annotated[int | None, Query(ge=1, lt=2**63, description="the other campaign's number; or give baseline")]
Only = Annotated[ChangeName | None, Query(description="only cases that fare so")]
COMPARING = (*ONE_CAMPAIGN, "campaign_live", "not_comparable", "too_many_streams")


class _Pair(NamedTuple):
    here: Line
    there: Line
    baseline: str | None


@router.get(
    "/{campaign}/comparison",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=Comparison,
    operation_id="compare_campaigns",
    summary="Compare with another campaign or a baseline",
    openapi_extra=problems(*COMPARING),
)
def comparison(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    campaign: Number,
    against: Other = None,
    baseline: OnlyName = None,
) -> Comparison:
    """Case by case: regressed, fixed, both wrong, flaky; and the difference with its 95 % interval.

    Give one of `against` and `baseline`. What a gate would not compare is not compared here, and `detail` says why.
    """
    pair = _pair(campaign, against, baseline)
    with stream_place():
        return held.comparison(_compared(pair), pair.here, pair.there, pair.baseline)


@router.get(
    "/{campaign}/comparison/cases",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    operation_id="stream_comparison",
    summary="Stream how each case fares against another campaign",
    openapi_extra={
        "responses": {
            **problems(*COMPARING)["responses"],
            **content(200, "One JSON object a line: key, labels, change, here, there", NDJSON)["responses"],
        }
    },
)
def cases(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    campaign: Number,
    against: Other = None,
    baseline: OnlyName = None,
    change: Only = None,
) -> StreamingHttpResponse:
    """Every case that both assessed, in this campaign's order: its `change`, and its trials `here` and `there`.

    The positions are those of `/outcomes` in each campaign.
    """
    pair = _pair(campaign, against, baseline)

    def begin() -> Iterator[bytes]:
        _compared(pair)
        return _lines(pair, change)

    return streamed(begin, NDJSON, f"campaign-{campaign}-against-{pair.there.id}.jsonl")


def _lines(pair: _Pair, change: ChangeName | None) -> Iterator[bytes]:
    for found in Desk().deltas(pair.here.id, pair.there.id):
        if change in {None, held.named(found.change)}:
            yield orjson.dumps(held.delta(found), option=orjson.OPT_APPEND_NEWLINE)


def _pair(campaign: int, against: int | None, baseline: str | None) -> _Pair:
    """Two campaigns that have ended.

    Raises:
        Problem: one of them is not there or has not, or not exactly one of ``against`` and ``baseline`` is given.
    """
    here = waiting.over(campaign)
    if (against is None) is (baseline is None):
        raise of_mistakes("invalid_parameters", [Mistake("against", "give either against or baseline")])
    number = current(baseline).blessing.campaign if baseline is not None else against
    assert number is not None  # one of the two is given
    return _Pair(here, waiting.over(number), baseline)


def _compared(pair: _Pair) -> Compared:
    try:
        return Desk().comparison(pair.here.id, pair.there.id)
    except ConfigError as error:
        said = f"campaign {pair.there.id}: {' '.join(str(error).split())}"
        raise Problem("not_comparable", said) from error
