"""The end of a session: gates over groups of tests are judged, and join pytest's own reports."""

from dataclasses import dataclass

import pytest

from probewright.campaigns.gates.ruling import Gate, GateVerdict, Ruling, combined
from probewright.campaigns.pytest_plugin.asking.cassette import Cassette
from probewright.campaigns.pytest_plugin.asking.secrecy import Redaction
from probewright.campaigns.pytest_plugin.collecting.marked import Limit
from probewright.campaigns.pytest_plugin.gates.asserting import WORDS
from probewright.campaigns.pytest_plugin.gates.ruling import Count, rule_on_rate
from probewright.campaigns.pytest_plugin.options import Settings
from probewright.campaigns.pytest_plugin.telling.gathering import Gathering, Pool
from probewright.figures import counted

LAST_FAILED = "cache/lastfailed"  # where pytest keeps what --lf runs
ENDED = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED})


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate over a group of tests, judged.

    ``excused`` says why its failure does not fail the run. ``left_out`` counts trials that it does not count, since
    their tests are in quarantine; ``nodeids`` are the ids of its tests.
    """

    name: str
    gate: Gate
    excused: str = ""
    left_out: int = 0
    nodeids: tuple[str, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether it passed."""
        return self.gate.verdict is GateVerdict.PASS

    @property
    def told(self) -> str:
        """The verdict and its reasons."""
        word = "passed" if self.is_passed else WORDS[self.gate.verdict]
        reasons = list(self.gate.reasons)
        if self.left_out:
            reasons.append(f"{counted(self.left_out, 'trial')} in quarantine left out")
        return f"gate {self.name}: {word}: {'; '.join(reasons)}"


def end(session: pytest.Session, exitstatus: int, gathering: Gathering, settings: Settings) -> None:
    """Judges the gates, fails the session where one fails, tidies the recording, and writes the HTML report."""
    if settings.record is not None:
        Cassette(settings.record, Redaction(settings.secrets), is_replay=False).tidy()
    if exitstatus not in ENDED:  # interrupted, or broken: no gate can pass, and pytest says why
        return
    gathering.judged = [judge(name, pool) for name, pool in gathering.pools.items()]
    session.testscollected += len(gathering.judged)  # else progress would end above 100 %
    for judged in gathering.judged:
        _report(session, judged)
    if any(not judged.is_passed and not judged.excused for judged in gathering.judged):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if settings.report is not None:
        # Here, since templates load Jinja2, and most sessions write no report.
        from probewright.campaigns.pytest_plugin.telling.html import write  # noqa: PLC0415

        write(settings.report, gathering)
        gathering.report = settings.report


def remember(config: pytest.Config, gathering: Gathering) -> None:
    """Has ``--lf`` run all tests of a gate that did not pass: each of them by itself may have been as expected.

    pytest's own cache has to be written by then.
    """
    cache = getattr(config, "cache", None)  # without the plugin cacheprovider there is none
    failed = [judged for judged in gathering.judged if not judged.is_passed and not judged.excused]
    if cache is None or not failed:
        return
    nodeids = [nodeid for judged in failed for nodeid in judged.nodeids]
    cache.set(LAST_FAILED, {**cache.get(LAST_FAILED, {}), **dict.fromkeys(nodeids, True)})


def judge(name: str, pool: Pool) -> Judged:
    """What a gate says of its tests. Tests that did not run, did not pass."""
    if len(pool.terms) > 1:
        said = " and ".join(f"at_most={terms.at_most:.4g}, confidence={terms.confidence:.4g}" for terms in pool.terms)
        unclear = Ruling(GateVerdict.NOT_ASSESSABLE, f"its tests do not agree on its terms: {said}")
        return Judged(name, combined([unclear]), pool.excused, nodeids=tuple(pool.nodeids))
    (terms,) = pool.terms
    count = Count()
    for outcome, cluster in pool.judged.outcomes:
        count.add(outcome, cluster)
    limit = Limit(terms.at_most, terms.confidence, terms.unassessed_at_most)
    return Judged(name, rule_on_rate(count, limit), pool.excused, pool.left_out, tuple(pool.nodeids))


def _report(session: pytest.Session, judged: Judged) -> None:
    """Makes the gate a test of its own in all that pytest writes: the terminal, JUnit, the exit code."""
    path = judged.name.partition("::")[0]
    nodeid = f"{judged.name}::gate" if "::" in judged.name else f"gate::{judged.name}"
    properties = [("probewright.verdict", judged.gate.verdict.value)]
    excuse = f"{judged.excused}: {judged.told}" if judged.excused and not judged.is_passed else ""
    report = pytest.TestReport(
        nodeid=nodeid,
        location=(path, None, nodeid),
        keywords={},
        outcome="passed" if judged.is_passed else "skipped" if excuse else "failed",
        longrepr=None if judged.is_passed else judged.told,
        when="call",
        user_properties=properties,
    )
    if excuse:
        report.wasxfail = excuse
    session.config.hook.pytest_runtest_logreport(report=report)
    done = pytest.TestReport(
        nodeid=nodeid,
        location=report.location,
        keywords={},
        outcome="passed",
        longrepr=None,
        when="teardown",
        user_properties=properties,
    )
    session.config.hook.pytest_runtest_logreport(report=done)
