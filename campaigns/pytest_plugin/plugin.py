"""The entry point of the pytest plugin. It costs nothing until a test uses it: then `wake` brings in the rest.

pytest loads this module with every run, so it and what it imports need the standard library and pytest only.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from probewright.campaigns.pytest_plugin import options
from probewright.campaigns.pytest_plugin.markers import FOR_FUNCTIONS, MARKER, is_marked, is_of_unittest
from probewright.campaigns.pytest_plugin.options import Settings

if TYPE_CHECKING:
    from probewright.campaigns.pytest_plugin.asking.answering import AskOracle, AskTarget
    from probewright.campaigns.pytest_plugin.asking.campaigning import RunCampaign
    from probewright.campaigns.pytest_plugin.asking.inventing import Invent
    from probewright.campaigns.pytest_plugin.awake import Awake

AWAKE = "probewright-awake"
LISTENING = "probewright-listening"
LEDGER = "probewright_ledger"  # the key under which xdist's workers are told where the session's budget is kept
FIXTURES = frozenset({"target", "oracle", "campaign", "world"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker, and refuses contradicting options before anything runs."""
    config.addinivalue_line("markers", options.MARKER)
    config.pluginmanager.register(Listening(config), LISTENING)
    settings = options.read(config)
    if settings.has_work_of_its_own:
        wake(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of xdist where the budget of the session is kept."""
    if options.read(node.config).has_budget:
        node.workerinput[LEDGER] = str(wake(node.config).ledger_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Expands a marked test into one for each case."""
    if metafunc.definition.get_closest_marker(MARKER) is not None:
        wake(metafunc.config).expand(metafunc)
    elif not FIXTURES.isdisjoint(metafunc.fixturenames):
        wake(metafunc.config)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class) -> Generator[None, Any, Any]:
    """Counts what marked tests plan, before any is deselected."""
    made = yield
    if is_marked(made):
        wake(collector.config).plan(made)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuses marked methods of a TestCase, which pytest never expands, nor calls with arguments."""
    report = yield
    if report.passed and isinstance(collector, pytest.Class) and is_of_unittest(collector):
        marked = [item for item in report.result if item.get_closest_marker(MARKER) is not None]
        if marked:
            report.outcome, report.result = "failed", []
            report.longrepr = f"{marked[0].nodeid}: {FOR_FUNCTIONS}"
    return report


def pytest_collection_finish(session: pytest.Session) -> None:
    """Wakes the plugin for markers that a hook added after collection, so that they are heard and checked."""
    is_awake = session.config.pluginmanager.has_plugin(AWAKE)
    if not is_awake and any(item.get_closest_marker(MARKER) is not None for item in session.items):
        wake(session.config)


class Listening:
    """Hears what tests report, in this process and, where xdist runs them, in its workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Wakes the plugin in the controller of xdist, which collects no test itself."""
        if hasattr(report, "probewright"):
            wake(self._config).heard(report)


def wake(config: pytest.Config) -> "Awake":
    """The rest of the plugin, loaded and registered at the first use in this process."""
    found: Awake | None = config.pluginmanager.get_plugin(AWAKE)
    if found is not None:
        return found
    # Here, since pytest loads this module whether a test uses the plugin or not.
    from probewright.campaigns.pytest_plugin import awake  # noqa: PLC0415

    inherited = getattr(config, "workerinput", {}).get(LEDGER)
    awoken = awake.Awake(config, options.read(config), inherited)
    config.pluginmanager.register(awoken, AWAKE)
    return awoken


@pytest.fixture(scope="session")
def probewright_spec(pytestconfig: pytest.Config) -> Any:
    """The spec of the target, and of campaigns: override it with a mapping as in YAML, or with a path.

    By itself it is what ``--pw-spec`` or the ini file names. ``--pw-target`` replaces the target in either.
    """
    settings: Settings = options.read(pytestconfig)
    return settings.spec or {}


@pytest.fixture(scope="module")
def target(pytestconfig: pytest.Config, probewright_spec: Any) -> "AskTarget":
    """Asks the target: ``target(prompt)`` gives the `Reply`."""
    return wake(pytestconfig).ask_target(probewright_spec)


@pytest.fixture(scope="module")
def oracle(pytestconfig: pytest.Config, probewright_spec: Any) -> "AskOracle":
    """Judges: ``assert oracle(prompt, reply)`` holds where the oracle says pass, and only there."""
    return wake(pytestconfig).ask_oracle(probewright_spec)


@pytest.fixture(scope="module")
def campaign(pytestconfig: pytest.Config, probewright_spec: Any) -> "RunCampaign":
    """Runs a whole campaign: ``campaign(family="astral", cases=84)`` gives its `Outcomes`."""
    return wake(pytestconfig).run_campaign(probewright_spec)


@pytest.fixture(scope="session")
def world(pytestconfig: pytest.Config) -> "Invent":
    """Invents a world: ``world(7)`` gives the same `World` in every process."""
    return wake(pytestconfig).invent()
