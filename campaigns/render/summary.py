"""A campaign's result as one JSON object: what ``--json`` prints. Its keys are an interface (design, section 8)."""

from typing import Any

from probewright.campaigns.report import Report
from probewright.types import Status

_PRINTED = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.BLOCKED, Status.ERROR)


def summary(report: Report, report_path: str | None) -> dict[str, Any]:
    """The object, as plain JSON values.

    ``fail_rate`` is the model's: shares, 0 to 1, null where nothing was assessed. ``usd`` is null where the price is
    unknown. ``coverage.holes`` lists missing combinations as label -> value, at most 200. ``campaign`` is its number.
    """
    facts, tally, coverage, gate = report.facts, report.tally, report.coverage, report.gate
    rate = tally.fail_rate
    return {
        "campaign": facts.id,
        "state": facts.state,
        "outcomes": {status.value: tally.counts[status] for status in _PRINTED},
        "fail_rate": {"value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n},
        "coverage": {
            "criterion": coverage.criterion,
            "covered": coverage.covered,
            "total": coverage.total,
            "holes": [dict(hole) for hole in coverage.holes],
        },
        "calls": facts.spent.calls,
        "tokens": facts.spent.tokens,
        "usd": facts.spent.usd,
        "seconds": facts.seconds,
        "gate": None if gate is None else {"verdict": gate.verdict.value, "reasons": list(gate.reasons)},
        "report": report_path,
    }
