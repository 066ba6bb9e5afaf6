"""Exit codes: what a CI reads."""

from typing import TYPE_CHECKING

from probewright.campaigns.engine.stop import StopKind

if TYPE_CHECKING:
    from probewright.campaigns.report import Report

PASS = 0  # the gate passed, or there is none and the run finished
FAIL = 1  # the gate failed, or a regression
USAGE = 2  # a wrong command line, spec or file
UNDECIDED = 3  # not assessable, or not enough data
BUDGET = 4  # a limit stopped the run
INTERNAL = 5
INTERRUPTED = 130

BY_VERDICT = {
    "pass": PASS,
    "fail": FAIL,
    "regression": FAIL,
    "insufficient_data": UNDECIDED,
    "not_assessable": UNDECIDED,
    "budget_stopped": BUDGET,
}
BY_STOP = {StopKind.LIMIT: BUDGET, StopKind.TARGET: UNDECIDED, StopKind.SETUP: USAGE}


def of(report: "Report") -> int:
    """The exit code of a run: an interrupt, else the gate, else why it stopped, else whether anything was assessed."""
    stop = report.facts.stop_kind
    if stop in {StopKind.INTERRUPT, StopKind.CANCEL}:
        return INTERRUPTED
    if report.gate is not None:
        return BY_VERDICT[report.gate.verdict]
    if stop:
        return BY_STOP[StopKind(stop)]
    return PASS if report.tally.trials else UNDECIDED
