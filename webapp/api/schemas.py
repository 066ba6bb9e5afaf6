"""The shapes of answers and bodies. Where EvalHub has a shape for it (resource, status, results, pages), it is that."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

State = Literal["queued", "running", "stopped", "finished"]
Outcomes = dict[str, int]
TrialStatus = Literal["pass", "fail", "undecided", "blocked", "error"]


class Answer(BaseModel):
    """What the API says."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """What the API is told: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(Answer):
    """An address on this server."""

    href: str


class Page(Answer):
    """A page of a list. There is no total: no page counts rows."""

    first: Link
    next: Link | None = Field(description="null where there is no more; a page may be short, or empty, before that")
    limit: int


class Mistake(Answer):
    """One thing that is wrong."""

    path: str = Field(description="where: keys with dots between them, or the name of a parameter")
    detail: str


class ProblemDetails(Answer):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str = Field(description="stable; see docs/api.md for all of them")
    detail: str = Field(description="one line: what was wrong, the value, what is allowed")
    errors: list[Mistake] = Field(default_factory=list, description="all that is wrong, where it is more than one")


class Resource(Answer):
    """What every resource has."""

    id: int
    created_at: datetime
    owner: str = Field(description="the user or token that started it; empty: a command line")


class Message(Answer):
    """Why a campaign stopped."""

    message: str
    message_code: str = Field(description="limit, target, interrupt, cancel or setup")


class Status(Answer):
    """Where a campaign stands."""

    state: State
    is_final: bool = Field(description="nothing more comes unless somebody resumes it")
    message: Message | None
    done: int = Field(description="trials with an outcome")
    total: int = Field(description="trials that it is to end with")


class Spent(Answer):
    """What a campaign cost so far."""

    calls: int
    tokens: int
    usd: float | None = Field(description="null where a price is not known")
    seconds: float


class CampaignItem(Answer):
    """A campaign as lists have it."""

    resource: Resource
    name: str
    status: Status
    family: str
    model: str
    target: str = Field(description="in a few words")
    outcomes: Outcomes = Field(description="trials by outcome: pass, fail, undecided, blocked, error")
    spent: Spent


class Test(Answer):
    """The gate in EvalHub's words. ``pass`` is true for the verdict pass alone: an error never reads as a pass."""

    metric: Literal["fail_rate"] = "fail_rate"
    score: float | None = Field(
        description="share of assessed trials that failed, 0 to 1; null where none was assessed"
    )
    threshold: float | None = Field(description="the highest fail rate that the gate allows, 0 to 1")
    passed: bool = Field(serialization_alias="pass")
    verdict: str


class Results(Answer):
    """What came of a campaign that has ended. ``test`` is null where its spec has no gate."""

    test: Test | None
    exit_code: int = Field(description="what the command line would end with: 0 pass, 1 fail, 3 not decided, 4 budget")


class Attempted(Answer):
    """A message to a webhook: taken, waiting for its next attempt, or given up."""

    event: str
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None
    problem: str = Field(description="why the last attempt failed")


class Hook(Answer):
    """A webhook with its last messages."""

    id: int
    url: str = Field(description="scheme and host alone: the rest may be a secret")
    events: list[str]
    campaign: int | None = Field(description="null: every campaign that ends")
    secret: str | None = Field(default=None, description="signs the messages; shown when it is made")
    deliveries: list[Attempted]


class Campaign(CampaignItem):
    """A campaign."""

    spec: dict[str, Any] = Field(description="every default spelled out")
    pass_criteria: dict[str, Any] | None = Field(description="the spec's gate")
    results: Results | None = Field(description="null until it has ended and its report is written")
    webhooks: list[Hook]


class CampaignPage(Page):
    """Campaigns, the newest first."""

    items: list[CampaignItem]


class HookRequest(Body):
    """Whom to tell, and of what."""

    url: str = Field(max_length=2000, description="http or https")
    events: list[Literal["campaign.finished", "campaign.stopped"]] = Field(
        default=["campaign.finished", "campaign.stopped"], min_length=1, max_length=2
    )


class SuiteReference(Body):
    """Cases to ask again: those of a campaign that is there, or of an uploaded suite."""

    campaign: int | None = Field(default=None, ge=1, lt=2**63, description="whose cases; needs campaigns:read")
    upload: str | None = Field(default=None, max_length=200, description="the path that the upload was given")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.campaign is None) is (self.upload is None):
            raise PydanticCustomError("suite", "give either campaign or upload")
        return self


class Submit(Body):
    """A campaign to run."""

    spec: dict[str, Any] | str = Field(description="as a spec file has it: an object, or YAML text")
    suite: SuiteReference | None = Field(default=None, description="the family, in the place of the spec's own")
    pass_criteria: dict[str, Any] | None = Field(default=None, description="the gate, in the place of the spec's own")
    is_new: bool = Field(default=False, description="start another even if one of this spec is unfinished")
    webhook: HookRequest | None = None


class Resume(Body):
    """How to go on."""

    limits: dict[str, Any] = Field(default_factory=dict, description="limits that replace those of the spec")
    errors_again: bool = Field(default=False, description="ask again what ended in an error")


class Spoken(Answer):
    """One message of a conversation."""

    role: str
    content: str


class Outcome(Answer):
    """One trial with what was said."""

    position: int
    trial: int
    key: str = Field(description="of the case")
    labels: dict[str, str]
    status: TrialStatus
    verdict: str = Field(description="the oracle's word")
    score: float | None
    reason: str
    messages: list[Spoken]
    reply: str


class OutcomePage(Page):
    """Trials in case order."""

    items: list[Outcome]


class Gate(Answer):
    """A campaign's verdict, with its reasons in words and numbers."""

    campaign: int
    state: State
    verdict: str | None = Field(description="null where the spec has no gate")
    passed: bool = Field(serialization_alias="pass", description="the verdict is pass; false without a gate")
    reasons: list[str]
    exit_code: int
    fail_rate: dict[str, float | int | None]
    details: dict[str, Any] = Field(description="all that the report says of the gate")


class Pending(Answer):
    """A report is being written; ask again."""

    message: str


class Kind(Answer):
    """A kind of target."""

    kind: str
    about: str
    parameters: dict[str, Any] = Field(description="JSON Schema 2020-12")


class Kinds(Answer):
    """All kinds of targets that a spec from the network may name."""

    items: list[Kind]


class Check(Body):
    """A target to ask one short question."""

    target: dict[str, Any]


class Checked(Answer):
    """What came of it."""

    ok: bool
    endpoints: list[dict[str, Any]]


class OracleKind(Answer):
    """A kind of oracle."""

    kind: str
    version: str = Field(description="empty where only its parameters tell")
    about: str
    failure: str = Field(description="what an answer does that fails")
    cards: int = Field(description="how many cards are kept of it")


class OracleKinds(Answer):
    """All kinds of oracles."""

    items: list[OracleKind]


class OracleDetails(OracleKind):
    """A kind of oracle with its parameters and its newest cards."""

    parameters: dict[str, Any] = Field(description="JSON Schema 2020-12")
    newest_cards: list[dict[str, Any]]


class PoolModel(Answer):
    """A local model."""

    name: str
    is_installed: bool
    sha256: str
    licence: str


class PoolModels(Answer):
    """Local models, those that are installed first."""

    items: list[PoolModel]


class Label(Answer):
    """What one person said of one trial."""

    position: int
    trial: int
    key: str = Field(description="of the case")
    person: str
    status: Literal["pass", "fail", "undecided"]
    word: str = Field(description="the oracle's own word for it")
    note: str
    question: str
    drawn: str
    is_adjudication: bool
    created_at: datetime


class LabelPage(Page):
    """Labels that stand, in the order they were given."""

    items: list[Label]


class GiveLabel(Body):
    """A label to keep; it replaces the caller's own."""

    position: int = Field(ge=0, lt=2**31)
    trial: int = Field(default=0, ge=0, lt=2**31)
    verdict: str = Field(max_length=60, description="pass, fail, undecided, or one of the oracle's own words")
    note: str = Field(default="", max_length=2000)
    is_adjudication: bool = False


class HookPage(Answer):
    """Webhooks of all campaigns."""

    items: list[Hook]


class Whoami(Answer):
    """The token that calls."""

    name: str
    prefix: str
    person: str = Field(description="the name under which it labels and starts campaigns")
    scopes: list[str]
    expires_at: datetime | None
    requests_a_minute: int
    version: str = Field(description="of the server")


class Upload(Answer):
    """A set of prompts, or a frozen suite, that is kept."""

    path: str = Field(description="what a spec names it by: family: {kind: static, path: ...}, or kind: suite")
