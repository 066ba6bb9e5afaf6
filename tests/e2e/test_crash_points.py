"""Runs that die by SIGKILL at each boundary of their work with the database: before, inside and after a transaction.

Each test kills one campaign several times, at one boundary, and then lets the same command finish it. The four reports
must be byte for byte those of a run that nobody killed.
"""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.command import NAME, Command, log_of
from tests.crashing import When
from tests.final_reports import check_same
from tests.reconcile import Ledger
from tests.victims import CASES, RUN, SEARCHES, WRITTEN, Victims, victims

Crash = tuple[When, int]
CRASHES: Mapping[str, Sequence[Crash]] = {
    "plan": [(When.BEFORE, 1), (When.MIDDLE, 1), (When.COMMIT, 2), (When.AFTER, 1), (When.COMMIT, 1)],
    "claim": [(When.BEFORE, 1), (When.MIDDLE, 1), (When.AFTER, 2), (When.AFTER, 1)],
    "save": [(When.BEFORE, 1), (When.MIDDLE, 1), (When.COMMIT, 2), (When.AFTER, 3), (When.MIDDLE, 4), (When.AFTER, 1)],
}
EDGES: Mapping[str, Sequence[Crash]] = {  # what happens once a run, whatever its search
    "open": [(when, 1) for when in When],
    "hold": [(when, 1) for when in When],
    "lead": [(when, 1) for when in When],
    "end_planning": [(when, 1) for when in When],
    "release": [(when, 1) for when in When],
    "finish": [(When.BEFORE, 1), (When.MIDDLE, 1), (When.COMMIT, 1)],
}
WRITES: Sequence[Crash] = [(When.BEFORE, 1), (When.MIDDLE, 2), (When.COMMIT, 3), (When.AFTER, 2), (When.COMMIT, 9)]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with victims(tmp_path_factory.mktemp("whole")) as made:
        yield made


def kill(command: Command, point: str, crash: Crash) -> None:
    """Runs the campaign until it kills itself."""
    when, number = crash
    words = (sys.executable, "-m", "tests.crashing", point, number, when, "--", *RUN)
    with command.launch(*words) as process:
        _, said = process.communicate(timeout=command.patience_s)
    assert process.returncode == -signal.SIGKILL, f"{point} {crash} was never reached: {said}"


def check(killed: Victims, folder: Path, kind: str, point: str, crashes: Sequence[Crash]) -> None:
    """Kills a campaign at each crash, finishes it, and compares its reports."""
    killed.whole(kind)
    command = killed.make(folder / "run", kind)
    ledger = Ledger(command, killed.url)
    for crash in crashes:
        kill(command, point, crash)
        ledger.look()
    done = command(*RUN)
    assert done.code == 0, done.err
    killed.check(ledger, kind, len(crashes))


@pytest.mark.parametrize("point", CRASHES)
@pytest.mark.parametrize("search", SEARCHES)
def test_a_run_that_dies_at_a_boundary_goes_on_to_the_same_reports(
    killed: Victims, tmp_path: Path, search: str, point: str
) -> None:
    check(killed, tmp_path, search, point, CRASHES[point])


@pytest.mark.parametrize("point", EDGES)
def test_a_run_that_dies_at_its_start_or_its_end_goes_on_to_the_same_reports(
    killed: Victims, tmp_path: Path, point: str
) -> None:
    check(killed, tmp_path, "learning", point, EDGES[point])


def test_a_run_that_dies_while_a_prompt_is_stored_goes_on_to_the_same_reports(killed: Victims, tmp_path: Path) -> None:
    check(killed, tmp_path, WRITTEN, "write", WRITES)


def test_a_run_that_dies_between_its_end_and_its_report_gives_the_report_without_a_call(
    killed: Victims, tmp_path: Path
) -> None:
    whole = killed.whole("grid")
    command = killed.make(tmp_path / "run", "grid")
    kill(command, "finish", (When.AFTER, 1))
    assert log_of(killed.url)["requests"] == CASES
    done = command("resume", NAME, "--json", "--out", "reports")
    assert (done.code, done.json["state"]) == (0, "finished")
    assert log_of(killed.url)["requests"] == CASES
    check_same(command.folder / "reports", whole.reports)
