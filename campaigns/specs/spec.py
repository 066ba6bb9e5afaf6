"""The spec of a campaign: what a user writes, checked whole before anything runs."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from probewright.campaigns.specs.gate import MODIFIERS, GateSpec
from probewright.campaigns.specs.independence import shared_judge
from probewright.campaigns.specs.names import name_beside
from probewright.plugins import FamilyRef, OracleRef, Plugin, TargetRef, reference
from probewright.testgen.described import described

PLAIN_NAME = r"^[^\x00-\x1f/]+$"


def _check_name(value: str) -> str:
    if not re.match(PLAIN_NAME, value):
        raise PydanticCustomError("name", "a name holds no slash and no control character")
    return value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(_check_name),
    Field(json_schema_extra={"pattern": PLAIN_NAME}),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Model):
    """Hard limits, and how fast to go. None means no limit."""

    cases: int | None = Field(default=None, ge=1, le=10_000_000, description="cases to plan; default: one full pass")
    trials: int = Field(default=1, ge=1, le=1000, description="how often each case is asked")
    concurrency: int = Field(default=16, ge=1, le=4096, description="requests in flight at once, of each worker")
    calls: int | None = Field(default=None, ge=1, description="answered calls of every role")
    tokens: int | None = Field(default=None, ge=1, description="tokens of prompts and answers together")
    usd: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="US dollars; needs a known price")
    minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="wall clock, all runs together")


class CampaignSpec(_Model):
    """A campaign: which target, asked what, judged how, within which limits."""

    name: Name
    target: TargetRef
    family: FamilyRef
    oracle: OracleRef | None = Field(default=None, description="decides; default: the family's own")
    opinions: tuple[OracleRef, ...] | None = Field(
        default=None, description="oracles that judge beside it and decide nothing; default: the family's own"
    )
    confirm: OracleRef | None = Field(
        default=None, description="judges every failure that the deciding oracle finds; the outcome is as it says"
    )
    limits: Limits = Limits()
    gate: GateSpec | None = None
    seed: int = Field(default=0, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _judges_once_by_each_oracle(self) -> Self:
        """Verdicts are told apart by the oracle's name."""
        named = {self.judge.kind}
        for plugin in self.opinions or ():
            if plugin.kind in named:
                raise _twice("opinions", plugin.kind)
            named.add(plugin.kind)
        if self.confirm is not None and self.confirm.kind in named - {self.judge.kind}:
            raise _twice("confirm", self.confirm.kind)
        return self

    @model_validator(mode="after")
    def _confirms_by_another_judge(self) -> Self:
        """Whoever found a failure would find it once more."""
        if self.confirm is not None and (shared := shared_judge(self.judge, self.confirm)):
            raise PydanticCustomError(
                "confirms_itself",
                "confirm: the oracle {kind} finds the failures, so it would confirm its own; allowed: an oracle of "
                "another kind, or one that asks another model",
                {"kind": repr(shared)},
            )
        return self

    @model_validator(mode="after")
    def _has_a_gate_that_asks_for_something(self) -> Self:
        """A gate without a criterion would pass whatever comes."""
        if self.gate is not None and not self.gate.asked:
            criteria = ", ".join(key for key in GateSpec.model_fields if key not in MODIFIERS)
            raise PydanticCustomError(
                "empty_gate", "gate: asks for nothing; allowed: at least one of {criteria}", {"criteria": criteria}
            )
        return self

    @property
    def judge(self) -> Plugin:
        """The oracle that the spec names, else the family's own."""
        return self.oracle or reference("oracle", described(self.family.dump()).oracle)

    @property
    def second_judges(self) -> tuple[Plugin, ...]:
        """The oracles that judge beside the deciding one: those that the spec names, else the family's own."""
        if self.opinions is not None:
            return self.opinions
        own = own_opinions(described(self.family.dump()), self.judge.kind)
        return tuple(reference("oracle", name) for name in own)

    @property
    def confirmer(self) -> str:
        """The name of the confirming oracle's verdicts in this campaign; empty where there is none."""
        taken = {plugin.kind for plugin in (self.judge, *self.second_judges)}
        return "" if self.confirm is None else name_beside(self.confirm.dump(), taken)

    def dump(self) -> dict[str, Any]:
        """The spec as plain JSON values, every default spelled out."""
        return self.model_dump(mode="json")

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same campaign: the spec without limits, concurrency and gate.

        ``trials`` and ``cases`` are limits: raising them goes on with the same campaign.
        """
        whole = self.model_dump(mode="json", exclude={"limits", "gate"})
        # A campaign without it is the one that it was before there was such a key.
        return whole if self.confirm is not None else {k: v for k, v in whole.items() if k != "confirm"}


def _twice(key: str, kind: str) -> PydanticCustomError:
    return PydanticCustomError(
        "oracle_twice",
        "{key}: the oracle {kind} is named twice; each judges once, the deciding one included",
        {"key": key, "kind": repr(kind)},
    )


def own_opinions(family: Any, deciding: str) -> tuple[str, ...]:
    """The oracles that judge beside ``deciding`` where the spec names none: a family has them for its own oracle."""
    return tuple(family.opinions) if deciding == family.oracle else ()
