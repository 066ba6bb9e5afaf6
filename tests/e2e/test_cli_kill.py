"""Runs that are killed, interrupted or started twice: nothing committed is lost, and they go on where they were."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.command import NAME, PATIENCE_S, Command, Done, ended, log_of, reset, without
from tests.loopback.running import spawned

CASES = 400
CONCURRENCY = 16
STUCK_MS = "600000"  # longer than any test waits
UNCOMMITTED = 16  # answers that wait for the next commit at most
OUTCOMES = """
    SELECT c.position, t.trial, t.status, t.reason FROM campaigns_transcript t JOIN campaigns_case c ON c.id = t.case_id
"""
ANSWERS = """
    SELECT c.position, e.trial, e.ordinal, e.text FROM campaigns_exchange e JOIN campaigns_case c ON c.id = e.case_id
"""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def until(is_so: Callable[[], bool]) -> None:
    """Waits for what other processes do."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def cut(process: subprocess.Popen[str]) -> Done:
    """Interrupts a run and drops what is in flight."""
    process.send_signal(signal.SIGINT)
    assert process.stderr
    while "SIGINT: no new requests" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    return ended(process)


def committed(command: Command) -> set[tuple[object, ...]]:
    return {*command.rows(OUTCOMES), *command.rows(ANSWERS)}


def test_a_run_killed_eight_times_loses_nothing_committed_and_repeats_only_what_was_in_flight(tmp_path: Path) -> None:
    random = Random(20261123)
    with spawned("--latency-ms", "60") as url:
        (tmp_path / "whole").mkdir()
        (tmp_path / "killed").mkdir()
        whole, killed = Command(tmp_path / "whole"), Command(tmp_path / "killed")
        for command in (whole, killed):
            command.questions(CASES)
            command.spec(url, limits={"concurrency": CONCURRENCY})
        expected = whole("run", "spec.yaml", "--json")
        assert expected.code == 0, expected.err
        reset(url)

        kept: set[tuple[object, ...]] = set()
        moments = [lambda: killed.database.exists()]  # while the tables are made
        moments += [
            lambda sent=sent: log_of(url)["requests"] >= sent for sent in sorted(random.sample(range(1, CASES), 7))
        ]
        for is_reached in moments:
            with killed.start("run", "spec.yaml", "--json") as process:
                until(is_reached)
                time.sleep(random.random() * 0.06)
                process.send_signal(signal.SIGKILL)
                process.wait()
            if is_reached is not moments[0]:
                now = committed(killed)
                assert kept <= now
                kept = now
        done = killed("run", "spec.yaml", "--json")
        assert done.code == 0, done.err
        assert kept <= committed(killed)
        assert without(done.json) == without(expected.json)
        assert killed.rows("SELECT count(*) FROM campaigns_campaign") == [(1,)]
        log = log_of(url)
    assert len(log["prompts"]) == CASES
    assert sum(log["prompts"].values()) - CASES <= 7 * (CONCURRENCY + UNCOMMITTED)
    assert done.json["calls"] == CASES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_gently_and_resume_finishes_it(command: Command, number: signal.Signals) -> None:
    command.questions(100)
    with spawned("--latency-ms", "150") as url:
        with command.start("run", command.spec(url), "--json") as process:
            until(lambda: log_of(url)["requests"] > 10)
            process.send_signal(number)
            done = ended(process)
        assert done.code == 130
        assert done.json["state"] == "stopped"
        assert f"interrupted by {number.name}" in done.err
        answered = sum(done.json["outcomes"].values())
        assert answered == log_of(url)["requests"] < 100  # what was in flight came in
        again = command("resume", NAME, "--json")
        assert again.code == 0
        assert (again.json["campaign"], again.json["state"]) == (done.json["campaign"], "finished")
        assert sum(again.json["outcomes"].values()) == 100
        assert set(log_of(url)["prompts"].values()) == {1}


def test_a_second_signal_cuts_what_is_in_flight(command: Command) -> None:
    with spawned("--latency-ms", STUCK_MS) as url, command.start("run", command.spec(url)) as process:
        until(lambda: log_of(url)["requests"] >= 8)
        done = cut(process)
    assert done.code == 130
    assert "SIGINT again" in done.err
    assert "0 pass, 0 fail" in done.out


def test_an_interrupt_before_anything_was_asked_is_one_line(command: Command) -> None:
    with spawned("--latency-ms", STUCK_MS) as url, command.start("run", command.spec(url)) as process:
        until(lambda: command.database.exists())
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        done = ended(process)
    assert done.code == 130
    assert "Traceback" not in done.err


def test_a_second_process_on_the_same_campaign_is_refused_in_one_line(command: Command) -> None:
    with spawned("--latency-ms", STUCK_MS) as url, command.start("run", command.spec(url), "--json") as process:
        until(lambda: log_of(url)["requests"] > 0)
        for words in (("run", "spec.yaml"), ("resume", NAME, "--errors")):
            second = command(*words)
            assert (second.code, second.out) == (2, "")
            said = [line for line in second.err.splitlines() if line.startswith("probewright: ")]
            assert len(said) == 1
            assert f"campaign '{NAME}' (1) is being run by process {process.pid}" in said[0]
            assert "Traceback" not in second.err
        assert cut(process).code == 130


def test_two_processes_started_together_make_one_campaign(command: Command) -> None:
    with spawned("--latency-ms", STUCK_MS) as url:
        spec = command.spec(url)
        command("outcomes", "nothing")  # makes the tables
        with command.start("run", spec) as one, command.start("run", spec) as two:
            until(lambda: one.poll() is not None or two.poll() is not None)
            refused, holder = (two, one) if one.poll() is None else (one, two)
            assert ended(refused).code == 2
            until(lambda: log_of(url)["requests"] > 0)
            assert cut(holder).code == 130
    assert command.rows("SELECT count(*) FROM campaigns_campaign") == [(1,)]
