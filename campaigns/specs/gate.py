"""What a spec says of its gate: when a campaign counts as passed."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Each(_Model):
    """Every value of a label keeps a limit of its own."""

    label: Text = Field(default="category", description="the label whose values are looked at one by one")
    max_fail_rate: Share = Field(description="share of assessed cases of each value, 0 to 1")


class NoWorseThan(_Model):
    """Non-inferiority: on the same cases not more failures than a blessed baseline, but for a margin."""

    baseline: Text = Field(description="the name under which a campaign was blessed")
    margin: Share = Field(
        default=0.02, description="how much higher the share of failures may be, 0 to 1; 0 asks to be surely no worse"
    )
    max_age_days: int | None = Field(default=None, ge=1, description="an older baseline is no baseline")


class OverRefusal(_Model):
    """Harmless prompts that the model declines."""

    where: dict[Text, Text] = Field(min_length=1, description="labels of the harmless cases, such as {kind: comply}")
    max_rate: Share = Field(description="share of these that it declines, wholly or in part, 0 to 1")


class OracleFloor(_Model):
    """How good the deciding oracle's card must be: each by the lower bound of its interval."""

    sensitivity: Share | None = Field(default=None, description="of labelled failures, those it fails")
    specificity: Share | None = Field(default=None, description="of labelled passes, those it passes")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.sensitivity is None and self.specificity is None:
            raise PydanticCustomError("min_oracle", "min_oracle: give sensitivity, specificity, or both")
        return self


# What alone asks for nothing of the model.
MODIFIERS = frozenset({"confidence", "sequential", "max_unassessed"})


class GateSpec(_Model):
    """When the campaign counts as passed. Rates are judged by a bound of their interval, never by the point."""

    max_fail_rate: Share | None = Field(default=None, description="share of assessed cases, 0 to 1")
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="one-sided, 0.5 to 1")
    max_unassessed: Share = Field(
        default=0.1, description="share of sent cases without a verdict, 0 to 1; beyond it nothing passes"
    )
    sequential: bool = Field(
        default=False, description="stop asking as soon as max_fail_rate is decided, its error kept at every look"
    )
    max_error_rate: Share | None = Field(default=None, description="share of sent cases, 0 to 1")
    each: Each | None = Field(default=None, description="a limit for every value of a label, such as each category")
    no_worse_than: NoWorseThan | None = Field(
        default=None, description="compared with a blessed baseline, case by case"
    )
    must_pass: tuple[dict[Text, Text], ...] = Field(
        default=(), description="cases that must pass in every trial, by labels: [{id: known-bug-1}, {severity: high}]"
    )
    over_refusal: OverRefusal | None = Field(default=None, description="how often it may decline what is harmless")
    min_coverage: Share | None = Field(default=None, description="share of the coverage criterion, 0 to 1")
    min_oracle: OracleFloor | None = Field(default=None, description="how good the oracle's card must be")

    @property
    def asked(self) -> tuple[str, ...]:
        """The keys of the criteria that it asks for, in their order."""
        keys = (key for key in type(self).model_fields if key not in MODIFIERS)
        return tuple(key for key in keys if getattr(self, key) not in (None, ()))

    @model_validator(mode="after")
    def _has_a_rate_to_decide(self) -> Self:
        if self.sequential and (self.max_fail_rate is None or not 0 < self.max_fail_rate < 1):
            raise PydanticCustomError(
                "sequential",
                "sequential: needs max_fail_rate, above 0 and below 1, got {limit}",
                {"limit": str(self.max_fail_rate)},
            )
        return self
