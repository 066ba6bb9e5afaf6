"""The plugin once a test uses it: gives the fixtures what they need, runs marked tests, hears what came of them."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from datetime import date
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probewright.campaigns.pytest_plugin.collecting.case import LiveCases, Stage
from probewright.campaigns.pytest_plugin.collecting.expansion import MANY, ONE, Expansion
from probewright.campaigns.pytest_plugin.collecting.items import function_of, marked_of, misplaced
from probewright.campaigns.pytest_plugin.collecting.marked import Marked, read
from probewright.campaigns.pytest_plugin.collecting.planning import Plans, cases_in
from probewright.campaigns.pytest_plugin.markers import MARKER
from probewright.campaigns.pytest_plugin.options import Settings
from probewright.campaigns.pytest_plugin.telling.gathering import Gathering
from probewright.campaigns.pytest_plugin.telling.record import GatePlan, GateTerms, Record, load
from probewright.errors import ConfigError

if TYPE_CHECKING:  # else collecting tests would load what only running them needs
    from probewright.campaigns.pytest_plugin.asking.answering import AskOracle, AskTarget
    from probewright.campaigns.pytest_plugin.asking.campaigning import RunCampaign
    from probewright.campaigns.pytest_plugin.asking.inventing import Invent
    from probewright.campaigns.pytest_plugin.asking.live import Scope
    from probewright.campaigns.pytest_plugin.running import MarkedTest
    from probewright.campaigns.pytest_plugin.workshop import Workshop

OUTSIDE = "outside of tests"
NOT_RUN = "the marker probewright was not followed: another plugin ran this test in its own way, so nothing was asked"


class Awake:
    """One process of a session: with xdist a worker, or the controller, which runs no test.

    Args:
        config: Of pytest.
        settings: Of the session.
        ledger: Where the controller of xdist keeps the budget, in a worker.
    """

    def __init__(self, config: pytest.Config, settings: Settings, ledger: str | None) -> None:
        self._config = config
        self._settings = settings
        self._is_worker = hasattr(config, "workerinput")
        self._ledger = Path(ledger) if ledger else None
        self._workshop: Workshop | None = None
        self._record = Record(OUTSIDE)
        self._scope: Scope | None = None
        self._marked: Marked | None = None  # what the markers of the test that runs now say
        self._wrong = ""  # why they cannot be followed
        self._is_run = False  # whether they were
        self._expansions: dict[str, Expansion] = {}
        self._plans = Plans()
        self._gathering = Gathering()

    # What collecting needs.

    def expand(self, metafunc: pytest.Metafunc) -> None:
        """Expands a marked test into one for each case."""
        definition = metafunc.definition
        try:
            marked = read(definition.iter_markers(MARKER), definition.path.parent)
            if marked.is_expanded:
                expansion = self._expansions[definition.nodeid] = Expansion(marked, definition.path.parent)
                expansion.parametrize(metafunc)
        except ConfigError as error:
            pytest.fail(f"{definition.nodeid}: {error}", pytrace=False)

    def plan(self, items: Sequence[pytest.Item]) -> None:
        """Counts what the tests of one function plan for gates: all that were collected, deselected ones included."""
        with suppress(ConfigError):  # said when the test is to run
            self._plans.add(function_of(items[0]), items, marked_of, date.today())

    # What fixtures need.

    def ask_target(self, spec: Any) -> "AskTarget":
        """What the fixture ``target`` gives."""
        return self._shop.target(spec)

    def ask_oracle(self, spec: Any) -> "AskOracle":
        """What the fixture ``oracle`` gives."""
        return self._shop.oracle(spec)

    def run_campaign(self, spec: Any) -> "RunCampaign":
        """What the fixture ``campaign`` gives."""
        return self._shop.campaign(spec)

    def invent(self) -> "Invent":
        """What the fixture ``world`` gives."""
        # Here, since worlds load pydantic: not every test wants one.
        from probewright.campaigns.pytest_plugin.asking.inventing import Invent  # noqa: PLC0415

        return Invent()

    @property
    def ledger_path(self) -> Path:
        """The file of the session's budget."""
        if self._ledger is None:
            # Here, since it loads the engine, which collecting tests does without.
            from probewright.campaigns.pytest_plugin.workshop import new_ledger  # noqa: PLC0415

            self._ledger = new_ledger()
        return self._ledger

    @property
    def _shop(self) -> "Workshop":
        if self._workshop is None:
            # Here, as above.
            from probewright.campaigns.pytest_plugin.workshop import Workshop  # noqa: PLC0415

            self._workshop = Workshop(self._settings, self.ledger_path, self._current_scope)
        return self._workshop

    def _current_scope(self) -> "Scope":
        if self._scope is None:
            # Here, as above; it is loaded by now.
            from probewright.campaigns.pytest_plugin.asking.live import Scope  # noqa: PLC0415

            self._scope = Scope(self._record)
            self._record.is_used = True
        return self._scope

    # What running needs.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Opens a record for the test."""
        self._scope, self._is_run = None, False
        self._record = Record(function_of(item))
        self._read(item)
        try:
            return (yield)
        finally:
            self._record, self._scope, self._marked, self._wrong = Record(OUTSIDE), None, None, ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Fails a test whose marker cannot be followed, before anything of it runs."""
        if self._wrong:
            pytest.fail(self._wrong, pytrace=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Runs a marked test: its trials, and what it plays."""
        __tracebackhide__ = True
        marked = self._marked
        if marked is None:
            return None
        self._is_run = True
        # Here, since it loads the engine, which a session of other tests does without.
        from probewright.campaigns.pytest_plugin.running import MarkedTest, refused  # noqa: PLC0415

        wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        test = MarkedTest(
            lambda: pyfuncitem.obj(**wanted), marked, self._record, pyfuncitem.nodeid, decides="target" in wanted
        )
        try:
            if iscoroutinefunction(pyfuncitem.obj):
                raise ConfigError("a test marked probewright cannot be async: its trials run one after the other")
            self._run(test, marked, pyfuncitem)
        except ConfigError as error:
            raise refused(error) from None
        return True

    def _run(self, test: "MarkedTest", marked: Marked, item: pytest.Function) -> None:
        if not marked.is_expanded:
            test.run_one(None, None)
            return
        given: Any = item.funcargs[MANY if marked.group else ONE]  # also where only a fixture takes it
        if isinstance(given, LiveCases):
            test.run_group(list(given), self._stage(item))
        else:
            test.run_one(given, self._stage(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hangs the record on the report of the call, or of a setup that failed."""
        report = yield
        if call.when == "call" and report.passed and self._marked is not None and not self._is_run:
            report.outcome, report.longrepr = "failed", NOT_RUN
            self._record.is_hard = True
        if call.when == "call" or (call.when == "setup" and not report.passed):
            # Here, as above.
            from probewright.campaigns.pytest_plugin.telling.reporting import complete  # noqa: PLC0415

            complete(item, report, self._record, call.excinfo, self._marked)
        return report

    def _read(self, item: pytest.Item) -> None:
        """What the markers say of a test that begins, and why that cannot be followed."""
        try:
            self._marked = marked_of(item)
        except ConfigError as error:
            self._record.is_used = True
            self._wrong = str(error)
        if self._marked is not None:
            plan = self._plans.of(self._marked.gate or self._record.group)
            self._wrong = misplaced(item, self._marked, is_planned=plan is not None)
            self._open_record(self._marked, cases_in(item), plan or GatePlan())

    def _open_record(self, marked: Marked, cases: int, plan: GatePlan) -> None:
        """What the marker says of the test's trials: which gate they count for, and whether it is in quarantine."""
        record = self._record
        record.is_used = True
        record.planned = marked.planned(cases)
        record.excused = marked.excuse(date.today())
        if marked.limit is not None and marked.counts_at_the_end:
            limit, name = marked.limit, marked.gate or record.group
            record.gate = GateTerms(name, limit.at_most, limit.confidence, limit.unassessed_at_most)
            record.plan = plan

    def _stage(self, item: pytest.Function) -> Stage:
        """Where a test's cases are played: on the target of the spec that holds where the test is."""
        spec = item._request.getfixturevalue("probewright_spec")
        player = self._shop.player(self._expansions[function_of(item)], spec)
        return Stage(player, self._current_scope())

    # What ending needs.

    def heard(self, report: pytest.TestReport) -> None:
        """Takes in what a test reported, in this process or in a worker."""
        if not self._is_worker:
            self._gathering.add(load(report.probewright), report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Closes the endpoints; then, where the session ends, judges the gates over groups and writes the report."""
        if self._workshop is not None:
            self._workshop.close()
        has_to_write = self._settings.record is not None or self._settings.report is not None
        if self._is_worker or not (self._gathering.rows or has_to_write):
            return (yield)
        # Here, since gates load statistics.
        from probewright.campaigns.pytest_plugin.telling.ending import end, remember  # noqa: PLC0415

        end(session, exitstatus, self._gathering, self._settings)
        try:
            return (yield)
        finally:
            remember(session.config, self._gathering)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table of what tests asked, and what came of it."""
        if self._gathering.rows:
            # Here, as above.
            from probewright.campaigns.pytest_plugin.telling.summary import lines  # noqa: PLC0415

            terminalreporter.section("probewright")
            for line in lines(self._gathering, self._settings):
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Removes the file of the budget."""
        if self._ledger is not None and not self._is_worker:
            self._ledger.unlink(missing_ok=True)
