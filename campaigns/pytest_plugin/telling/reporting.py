"""One test's report: its record, properties for JUnit, and whether its failure fails the run."""

import pytest

from probewright.campaigns.pytest_plugin.collecting.marked import Marked
from probewright.campaigns.pytest_plugin.running import Ended, status_of
from probewright.campaigns.pytest_plugin.telling.record import Record, dump
from probewright.figures import dollars
from probewright.protocols import Cost
from probewright.types import Case, Outcome, Status


def complete(
    item: pytest.Item,
    report: pytest.TestReport,
    record: Record,
    raised: pytest.ExceptionInfo[BaseException] | None,
    marked: Marked | None,
) -> None:
    """Adds what the test did to its report, where it had to do with models."""
    if not record.is_used:
        return
    error = raised.value if raised is not None else None
    if not record.trials and not record.holes:
        _add_result(report, record, error)
    if report.failed:
        _explain(report, record, marked)
    told = _properties(record)
    report.user_properties.extend(told)
    item.user_properties.extend(told)  # JUnit reads them from the report of the teardown, which is yet to come
    report.probewright = dump(record)  # type: ignore[attr-defined]


def _add_result(report: pytest.TestReport, record: Record, error: BaseException | None) -> None:
    """A test that recorded no trial of its own is one: as it ended. A skipped one never ran."""
    if report.passed:
        ended = Ended(Status.PASS, "")
    elif error is None:
        ended = Ended(Status.ERROR, str(report.longrepr))
    elif report.skipped:
        ended = Ended(Status.NOT_RUN, f"skipped: {error}")
    elif report.when == "setup":
        ended = Ended(Status.ERROR, f"setup: {type(error).__name__}: {error}")
    else:
        ended = status_of(error)
        record.is_hard |= ended.is_hard
    data = Case("pytest", {"test": report.nodeid})
    for trial in range(record.planned):
        record.keep(Outcome(data.key, {}, ended.status, ended.reason, trial=trial))


def _explain(report: pytest.TestReport, record: Record, marked: Marked | None) -> None:
    """A failure in quarantine, or one that a gate counts, does not fail the run by itself: pytest calls it expected."""
    if record.excused:
        _expect(report, record.excused)
    elif record.gate is not None and not record.is_hard and report.when == "call":
        _expect(report, f"counted by the gate {record.gate.name}: at most {record.gate.at_most:.4g} may fail")
    elif marked is not None and marked.quarantine is not None:
        said = f"the quarantine ended on {marked.quarantine.until}: {marked.quarantine.reason}"
        report.sections.append(("probewright", said))


def _expect(report: pytest.TestReport, reason: str) -> None:
    report.outcome = "skipped"
    report.wasxfail = reason


def _properties(record: Record) -> list[tuple[str, object]]:
    """What JUnit says of the test beside its result."""
    statuses = [trial.outcome.status for trial in record.trials]
    counts = {status: statuses.count(status) for status in Status if status in statuses}
    told: dict[str, object] = {
        "probewright.outcomes": ", ".join(f"{n} {status.value}" for status, n in counts.items()),
        "probewright.calls": record.calls,
        "probewright.replayed": record.replayed,
        "probewright.cost": dollars(Cost(record.calls, record.tokens, record.usd)),
    }
    if record.trials:
        first = record.trials[0].outcome
        told["probewright.case"] = first.key
        told |= {f"probewright.label.{name}": value for name, value in first.labels.items()}
    if record.gate is not None:
        told["probewright.gate"] = record.gate.name
    if record.excused:
        told["probewright.quarantine"] = record.excused
    return list(told.items())
