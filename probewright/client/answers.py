"""What the client gives: campaigns and verdicts, each with the whole answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the API has it; ``raw`` is the whole answer.

    Attributes:
        id: Its number.
        name: Its name.
        state: queued, running, stopped or finished.
        is_final: Whether nothing more comes unless somebody resumes it.
        done: Trials with an outcome.
        total: Trials that it is to end with.
        outcomes: Trials by outcome.
        raw: The whole answer.
    """

    id: int
    name: str
    state: str
    is_final: bool
    done: int
    total: int
    outcomes: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """A campaign's verdict.

    Attributes:
        verdict: pass, fail, regression, insufficient_data, not_assessable or budget_stopped; None without a gate.
        is_pass: Whether the verdict is pass; an error or too little data never is.
        reasons: In words and numbers.
        exit_code: What `probewright run` would end with: 0 pass, 1 fail, 3 undecided, 4 budget.
        raw: The whole answer.
    """

    verdict: str | None
    is_pass: bool
    reasons: tuple[str, ...]
    exit_code: int
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """A campaign that has ended, and its gate."""

    campaign: Campaign
    gate: Gate


def campaign_of(raw: Mapping[str, Any]) -> Campaign:
    """The campaign that an answer holds."""
    status = raw["status"]
    return Campaign(
        raw["resource"]["id"],
        raw["name"],
        status["state"],
        status["is_final"],
        status["done"],
        status["total"],
        raw["outcomes"],
        raw,
    )


def gate_of(raw: Mapping[str, Any]) -> Gate:
    """The verdict that an answer holds."""
    return Gate(raw["verdict"], raw["pass"], tuple(raw["reasons"]), raw["exit_code"], raw)
