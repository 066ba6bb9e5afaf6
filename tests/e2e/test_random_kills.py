"""Runs that are killed at a random moment: while they start, send, commit, finish, or write their report.

PROBEWRIGHT_KILLS is how many, one a test; the moment is drawn from the test's number.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.command import NAME, Command, log_of
from tests.reconcile import Ledger
from tests.victims import CASES, LATENCY_MS, RUN, SEARCHES, WRITTEN, Victims, Whole, victims

pytestmark = pytest.mark.kills
KILLS = int(os.environ.get("PROBEWRIGHT_KILLS", "8"))
KINDS = (*SEARCHES, WRITTEN)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with victims(tmp_path_factory.mktemp("whole")) as made:
        yield made


@dataclass(frozen=True)
class Moment:
    """So many seconds after so many requests were seen; 0 requests is the start of the process."""

    requests: int
    after_s: float


def moment(random: Random, whole: Whole) -> Moment:
    """A moment of a run: 1 in 5 by the clock alone, which is mostly start-up, 1 in 5 after the last request."""
    match random.randrange(5):
        case 0:
            return Moment(0, random.random() * whole.seconds)
        case 1:
            return Moment(CASES, random.random() * whole.tail_s)
        case _:
            return Moment(random.randint(1, CASES), random.random() * 2 * LATENCY_MS / 1000)


def kill(command: Command, url: str, at: Moment) -> bool:
    """Runs the campaign and kills it; False where it had ended before that."""
    with command.start(*RUN) as process:
        while at.requests and log_of(url)["requests"] < at.requests:
            assert process.poll() is None
        time.sleep(at.after_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_killed_at_a_random_moment_goes_on_to_the_same_reports(
    killed: Victims, tmp_path: Path, record_property: Callable[[str, object], None], number: int
) -> None:
    kind = KINDS[number % len(KINDS)]
    random, whole = Random(number), killed.whole(kind)
    command = killed.make(tmp_path / "0", kind)
    attempt = 0
    while not kill(command, killed.url, moment(random, whole)):  # it was faster than the run that was timed
        attempt += 1
        command = killed.make(tmp_path / str(attempt), kind)
    ledger = Ledger(command, killed.url)
    ledger.look()
    sent = log_of(killed.url)["requests"]
    is_over = is_finished(command)
    done = command("resume", NAME, *RUN[2:]) if is_over else command(*RUN)
    assert done.code == 0, done.err
    repeats = killed.check(ledger, kind, 1)
    record_property("kill", f"{kind}: {sent} sent, {len(ledger.kept)} rows, over {is_over}, {repeats} repeated")


def is_finished(command: Command) -> bool:
    """Whether the kill came between the end of the campaign and its report: running it again would start another."""
    if not command.database.exists():
        return False
    [(has_table,)] = command.rows("SELECT count(*) FROM sqlite_master WHERE name = 'campaigns_campaign'")
    return bool(has_table) and command.rows("SELECT state FROM campaigns_campaign") == [("finished",)]
