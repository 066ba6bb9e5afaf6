"""Shapes of what a campaign is held against: baselines, comparisons, other criteria."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from probewright.campaigns.baselines.blessing import Listed
from probewright.campaigns.baselines.drift import drift
from probewright.campaigns.browsing import Line
from probewright.campaigns.comparison import Change
from probewright.campaigns.comparison import Comparison as Compared
from probewright.campaigns.rows.baselines import MOST_NAME
from probewright.campaigns.rows.deltas import Delta, Tried
from probewright.campaigns.specs.gate import GateSpec
from probewright.campaigns.specs.spec import PLAIN_NAME
from probewright.webapp.api.schemas import Answer, Body, Page
from probewright.webapp.api.shapes import without_folder

ChangeName = Literal["regressed", "fixed", "both_fail", "both_pass", "flaky"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]
BaselineName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_NAME, pattern=PLAIN_NAME)
]


class Baseline(Answer):
    """A campaign that somebody blessed, as `probewright baseline list --json` has it."""

    id: int
    name: str
    campaign: int
    campaign_name: str
    by: str = Field(description="the user or token that blessed it; of a command, the machine's user")
    at: datetime
    why: str
    age_days: int
    is_current: bool = Field(description="whether it counts; false: a later blessing of its name does")


class BaselinePage(Page):
    """Blessings, the newest first."""

    items: list[Baseline]


class Bless(Body):
    """A campaign to make the baseline of a name."""

    campaign: int = Field(ge=1, lt=2**63)
    name: BaselineName | None = Field(default=None, description="of the baseline; default: the campaign's")
    why: Text = Field(description="why it is good enough, in a sentence")


class Rule(Body):
    """Other criteria to rule by."""

    pass_criteria: GateSpec


class Against(Answer):
    """The other campaign, and under which name it was blessed, where it was asked for so."""

    campaign: int
    campaign_name: str
    target: str = Field(description="in a few words")
    baseline: str | None


class Difference(Answer):
    """This campaign's share of failures minus the other's: above 0, this one fails more. Shares, -1 to 1."""

    value: float | None
    low: float | None = Field(description="null where the data support no interval")
    high: float | None
    confidence: float = Field(description="of the two-sided interval, 0 to 1")
    n: int = Field(description="cases, or groups of cases on the same thing")
    method: str


class McNemar(Answer):
    """McNemar's test of "both fail equally often", two-sided."""

    only_here_fails: int
    only_there_fails: int
    p_exact: float
    p_mid: float


class Comparison(Answer):
    """A campaign against another, on the cases that both assessed."""

    campaign: int
    against: Against
    cases: int = Field(description="assessed in both: the sum of the next five")
    regressed: int = Field(description="passed there, fails here")
    fixed: int = Field(description="failed there, passes here")
    both_fail: int
    both_pass: int
    flaky: int = Field(description="trials of the case differ within one of the campaigns")
    only_here: int = Field(description="cases assessed in this campaign alone")
    only_there: int
    difference: Difference
    mcnemar: McNemar | None = Field(description="null where trials of a case differ")
    drift: list[str] = Field(description="what differs between the two specs, a short line each")


def baseline(listed: Listed) -> Baseline:
    """A blessing."""
    found = listed.blessing
    return Baseline(
        id=listed.number,
        name=found.name,
        campaign=found.campaign,
        campaign_name=found.campaign_name,
        by=found.by,
        at=found.at,
        why=found.why,
        age_days=found.age_days(),
        is_current=listed.is_current,
    )


def comparison(found: Compared, here: Line, there: Line, name: str | None) -> Comparison:
    """A comparison; ``name`` is that of the baseline, where it was asked for so."""
    test, difference = found.test, found.difference
    counts = {named(change): found.count(change) for change in Change}
    return Comparison(
        campaign=here.id,
        against=Against(campaign=there.id, campaign_name=there.name, target=found.other_target, baseline=name),
        cases=len(found.changes),
        **counts,
        only_here=found.only_here,
        only_there=found.only_there,
        difference=Difference(
            value=difference.value,
            low=difference.low,
            high=difference.high,
            confidence=difference.confidence,
            n=difference.n,
            method=difference.method,
        ),
        mcnemar=test
        and McNemar(
            only_here_fails=test.only_b_fails,
            only_there_fails=test.only_a_fails,
            p_exact=test.p_exact,
            p_mid=test.p_mid,
        ),
        drift=list(drift(without_folder(here.spec), without_folder(there.spec))),
    )


def delta(found: Delta) -> dict[str, Any]:
    """How one case fares, as plain values."""
    return {
        "key": found.key,
        "labels": dict(found.labels),
        "change": named(found.change),
        "here": _tried(found.here),
        "there": _tried(found.there),
    }


def named(change: Change) -> str:
    """A change in one word, as the API calls it."""
    return change.value.replace(" ", "_")


def _tried(found: Tried) -> dict[str, int]:
    return {"position": found.position, "failed": found.failed, "assessed": found.assessed}
