"""Runs that are killed at a random moment: while they start, send, commit, finish, or write their report.

PROBEWRIGHT_KILLS is how many, one a test; the moment is drawn from the test's number.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.command import NAME, Command, log_of
from tests.reconcile import Ledger
from tests.victims import RUN, SEARCHES, WRITTEN, Victims, victims

KILLS = int(os.environ.get("PROBEWRIGHT_KILLS", "20"))
KINDS = (*SEARCHES, WRITTEN)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with victims(tmp_path_factory.mktemp("whole")) as made:
        yield made


def kill(command: Command, after_s: float) -> bool:
    """Starts the campaign and kills it so many seconds later; False where it had ended by then."""
    with command.start(*RUN) as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_killed_at_a_random_moment_goes_on_to_the_same_reports(
    killed: Victims, tmp_path: Path, record_property: Callable[[str, object], None], number: int
) -> None:
    kind = KINDS[number % len(KINDS)]
    random, lasts_s = Random(number), killed.whole(kind).seconds
    command = killed.make(tmp_path / "0", kind)
    attempt = 0
    while not kill(command, random.random() * lasts_s):  # it was faster than the run that was timed
        attempt += 1
        command = killed.make(tmp_path / str(attempt), kind)
    ledger = Ledger(command, killed.url)
    ledger.look()
    sent = log_of(killed.url)["requests"]
    done = command("resume", NAME, *RUN[2:]) if is_finished(command) else command(*RUN)
    assert done.code == 0, done.err
    record_property("kill", f"{kind}, {sent} sent, {len(ledger.kept)} rows, {killed.check(ledger, kind, 1)} repeated")


def is_finished(command: Command) -> bool:
    """Whether the kill came between the end of the campaign and its report: running it again would start another."""
    if not command.database.exists():
        return False
    [(has_table,)] = command.rows("SELECT count(*) FROM sqlite_master WHERE name = 'campaigns_campaign'")
    return bool(has_table) and command.rows("SELECT state FROM campaigns_campaign") == [("finished",)]
