"""Faults that pass: every case gets its answer, and the server's log agrees with the database to the single request."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from tests.bounds import Patience
from tests.command import NAME, Command, log_of, target
from tests.loopback.faults import Fault
from tests.loopback.running import spawned
from tests.reconcile import Books, Ledger, one_outcome_a_case

COMMON = {Fault.RATE_LIMITED: 0.05, Fault.SERVER_FAULT: 0.02, Fault.DROP: 0.01, Fault.STALL: 0.005}
GARBLED = {Fault.MALFORMED: 0.03, Fault.HALF: 0.03, Fault.HTML: 0.02, Fault.EMPTY: 0.02}
MIXES: Mapping[str, Mapping[Fault, float]] = {
    "common": COMMON,
    "garbled": GARBLED,
    "everything": COMMON | GARBLED,
    **{fault.value: {fault: 0.1} for fault in (*COMMON, Fault.MALFORMED, Fault.HALF)},
}
CASES = 200
PATIENCE = Patience(timeout_s=1.0, retries=8, concurrency=64, retry_after_s=0.2)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path, patience_s=PATIENCE.run_s(CASES))


def flags(rates: Mapping[Fault, float]) -> list[str]:
    """The rates as arguments of the server, which asks for a short wait."""
    faults = [word for fault, share in rates.items() for word in ("--fault", f"{fault}={share}")]
    return ["--latency-ms", "20", "--retry-after", str(PATIENCE.retry_after_s), *faults]


@pytest.mark.parametrize("mix", MIXES)
def test_every_case_is_answered_and_requests_are_cases_plus_faults(command: Command, mix: str) -> None:
    command.questions(CASES)
    with spawned(*flags(MIXES[mix])) as url:
        patient = target(url, timeout_s=PATIENCE.timeout_s, retries=PATIENCE.retries)
        done = command("run", command.spec(url, target=patient, limits={"concurrency": 64}), "--json")
        books = Books(command, log_of(url))
    assert done.code == 0, done.err
    outcomes = books.reconcile(cases=CASES, attempts_of_an_error=PATIENCE.retries + 1)
    assert outcomes["pass"] + outcomes["fail"] == CASES
    assert books.log["steps"].keys() == {Fault.NONE, *MIXES[mix]}  # each kind of fault really came
    assert (done.json["calls"], done.json["fail_rate"]["n"]) == (CASES, CASES)
    assert books.log["max_in_flight"] <= 64 + books.log["steps"].get(Fault.STALL, 0)  # a stalled one never ends there


@pytest.mark.parametrize("fault", [Fault.SERVER_FAULT, Fault.DROP, Fault.MALFORMED, Fault.HALF, Fault.STALL])
def test_without_retries_each_fault_is_one_error_and_no_part_of_the_rate(command: Command, fault: Fault) -> None:
    command.questions(CASES)
    with spawned(*flags({fault: 0.1})) as url:
        hasty = target(url, timeout_s=0.5, retries=0)
        done = command("run", command.spec(url, target=hasty, limits={"concurrency": 16}), "--json")
        books = Books(command, log_of(url))
        outcomes = books.reconcile(cases=CASES)
        assert 0 < outcomes["error"] == books.faults < CASES / 2
        assert done.json["fail_rate"]["n"] == done.json["calls"] == CASES - books.faults
        again = command("resume", NAME, "--errors", "--json")
        later = Books(command, log_of(url))
    assert (done.code, again.code) == (0, 0)
    assert later.log["requests"] == CASES + books.faults
    assert max(later.log["answered"].values()) == 1  # only the errors were asked again


def test_kills_among_faults_repeat_only_what_was_in_flight(command: Command) -> None:
    command.questions(CASES)
    random, kills = Random(20261124), 4
    patience = Patience(timeout_s=1.0, retries=8, concurrency=16)
    with spawned("--latency-ms", "60", *flags(COMMON | GARBLED)[2:]) as url:
        patient = target(url, timeout_s=patience.timeout_s, retries=patience.retries)
        words = ("run", command.spec(url, target=patient, limits={"concurrency": patience.concurrency}), "--json")
        ledger = Ledger(command, url)
        for kill in range(kills):
            with command.start(*words) as process:
                while len(log_of(url)["answered"]) < (kill + 1) * CASES / (kills + 1):
                    assert process.poll() is None
                time.sleep(random.random() * 0.1)
                process.send_signal(signal.SIGKILL)
                process.communicate()
            ledger.look()
        done = command(*words)
        ledger.look()
        log = log_of(url)
    assert (done.code, done.json["calls"]) == (0, CASES)
    assert one_outcome_a_case(command, CASES)["error"] == 0
    assert len(ledger.sent) == len(log["answered"]) == CASES
    assert sum(log["answered"].values()) - CASES <= kills * patience.repeats
    assert log["requests"] == sum(log["answered"].values()) + Books(command, log).faults
