"""Assertions on outcomes, with statistics: they hold only where the data show it. For pytest and for plain Python."""

from collections.abc import Iterable
from pathlib import Path

from probewright.campaigns.gates.ruling import Gate, GateVerdict
from probewright.campaigns.pytest_plugin.collecting.marked import check_limit, check_share
from probewright.campaigns.pytest_plugin.gates.outcomes import Outcomes, read_outcomes
from probewright.campaigns.pytest_plugin.gates.regression import rule_on_regression
from probewright.campaigns.pytest_plugin.gates.ruling import count, rule_on_rate
from probewright.types import Outcome

MODULE = "probewright.testing"  # where people know these from, and what pytest calls them by


class GateFailed(AssertionError):
    """A gate did not pass. ``gate`` holds its verdict and its reasons."""

    __module__ = MODULE

    def __init__(self, message: str, gate: Gate) -> None:
        super().__init__(message)
        self.gate = gate


class RateExceeded(GateFailed):
    """The rate is surely above its limit."""

    __module__ = MODULE


class Regressed(GateFailed):
    """More cases fail than in the baseline, surely beyond the margin."""

    __module__ = MODULE


class NotEnoughData(GateFailed):
    """Neither the one nor the other is sure; the message says how many more cases would decide."""

    __module__ = MODULE


class NotAssessable(GateFailed):
    """Nothing can be said: no verdicts, too many errors, or other cases than the baseline's."""

    __module__ = MODULE


class BudgetSpent(GateFailed):
    """A limit stopped the run before the answer was sure."""

    __module__ = MODULE


KINDS = {
    GateVerdict.FAIL: RateExceeded,
    GateVerdict.REGRESSION: Regressed,
    GateVerdict.INSUFFICIENT_DATA: NotEnoughData,
    GateVerdict.NOT_ASSESSABLE: NotAssessable,
    GateVerdict.BUDGET_STOPPED: BudgetSpent,
}
WORDS = {
    GateVerdict.FAIL: "the rate is exceeded",
    GateVerdict.REGRESSION: "a regression",
    GateVerdict.INSUFFICIENT_DATA: "not enough data",
    GateVerdict.NOT_ASSESSABLE: "not assessable",
    GateVerdict.BUDGET_STOPPED: "stopped by a limit",
}


def assert_rate(
    outcomes: Iterable[Outcome], *, at_most: float, confidence: float = 0.95, unassessed_at_most: float = 0.1
) -> Gate:
    """Asserts that the fail rate is at most ``at_most``, with one-sided ``confidence``.

    Repeated trials of a case are clustered. Undecided, blocked, error and not run enter no rate; where more than
    ``unassessed_at_most`` of the outcomes end so, nothing is asserted of the rest.

    Args:
        outcomes: What ``campaign`` gave, or any outcomes.
        at_most: Share of failures, 0 to 1.
        confidence: Above 0.5 and below 1.
        unassessed_at_most: Share of outcomes without a verdict, 0 to 1.

    Returns:
        The gate that passed, with its reasons.

    Raises:
        RateExceeded: the lower bound is above the limit.
        NotEnoughData: the limit lies between the bounds; says how many more cases would decide.
        NotAssessable: there are no verdicts, or too few of the outcomes are.
        BudgetSpent: a limit stopped the campaign before the answer was sure.
        ConfigError: a share or the confidence is out of range.
    """
    __tracebackhide__ = True
    limit = check_limit(at_most, confidence, unassessed_at_most)
    kept = outcomes if isinstance(outcomes, Outcomes) else list(outcomes)
    stop = (kept.stop_kind, kept.stop_reason) if isinstance(kept, Outcomes) else ("", "")
    return _passed(rule_on_rate(count(kept), limit, *stop), f"fail rate at most {limit.at_most:.4g}")


def assert_no_regression(
    outcomes: Iterable[Outcome],
    baseline: Iterable[Outcome] | Path | str,
    *,
    margin: float = 0.02,
    confidence: float = 0.95,
    unassessed_at_most: float = 0.1,
) -> Gate:
    """Asserts that on the same cases no more than ``margin`` more fail than in the baseline: non-inferiority, paired.

    That no regression was found proves nothing where the cases are few, so this asks that there is surely none.

    Args:
        outcomes: What ``campaign`` gave, or any outcomes.
        baseline: Earlier outcomes, or the JSONL file that holds them (`write_outcomes`, ``probewright outcomes``).
        margin: How much higher the share of failures may be, 0 to 1; 0 asks to be surely no worse.
        confidence: One-sided, above 0.5 and below 1.
        unassessed_at_most: Share of outcomes, and of the baseline's cases, without a verdict now, 0 to 1.

    Returns:
        The gate that passed, with its reasons.

    Raises:
        Regressed: the difference is surely beyond the margin.
        NotEnoughData: the margin lies between the bounds; says how many more cases would decide.
        NotAssessable: other cases than the baseline's, no verdicts, too few, or another oracle's.
        BudgetSpent: a limit stopped the campaign before the answer was sure.
        ConfigError: the margin, a share or the confidence is out of range, or the file cannot be read.
    """
    __tracebackhide__ = True
    limit = check_limit(0.0, confidence, unassessed_at_most)
    check_share("margin", margin)
    before = read_outcomes(baseline) if isinstance(baseline, Path | str) else baseline
    return _passed(rule_on_regression(outcomes, before, margin, limit), "no regression")


def _passed(gate: Gate, asserted: str) -> Gate:
    __tracebackhide__ = True
    if gate.verdict is GateVerdict.PASS:
        return gate
    raise KINDS[gate.verdict](f"{asserted}: {WORDS[gate.verdict]}: {'; '.join(gate.reasons)}", gate)
