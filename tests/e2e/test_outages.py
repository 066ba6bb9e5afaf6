"""Targets that do not come back: the run ends by the bounds of docs/survival.md, says why, and passes nothing."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bounds import Patience
from tests.command import NAME, Command, Done, log_of, target
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import serving, spawned
from tests.loopback.server import Behaviour
from tests.reconcile import Books

CASES = 40
PATIENCE = Patience(timeout_s=0.5, retries=1, concurrency=8, retry_after_s=0.2)
GATE = {"max_fail_rate": 0.2}
ONCE = {Fault.UNAUTHORIZED: "HTTP 401", Fault.FORBIDDEN: "HTTP 403"}  # final: no retry, no further case
AGAIN = {
    Fault.RATE_LIMITED: "HTTP 429",
    Fault.RATE_LIMITED_BARE: "HTTP 429",
    Fault.SERVER_FAULT: "HTTP 500",
    Fault.STALL: "no complete answer within timeout_s",
    Fault.DROP: "the server closed the connection without an answer",
    Fault.MALFORMED: "answered something that is not JSON",
    Fault.HALF: "the answer broke off",
    Fault.EMPTY: "answered nothing",
}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path, patience_s=PATIENCE.falls_silent_s)
    command.questions(CASES)
    return command


def run(command: Command, url: str) -> Done:
    """Runs a campaign whose patience is `PATIENCE`."""
    brief = target(url, timeout_s=PATIENCE.timeout_s, retries=PATIENCE.retries)
    limits = {"concurrency": PATIENCE.concurrency}
    return command("run", command.spec(url, target=brief, limits=limits, gate=GATE), "--json")


def check_nothing_assessed(done: Done, cause: str) -> None:
    """The run ended early, names the cause, and neither a rate nor a gate says anything of the model."""
    assert done.code == 3
    assert done.json["state"] == "stopped"
    [line] = [line for line in done.err.splitlines() if line.startswith("stopped: ")]
    assert cause in line
    assert done.json["calls"] == 0
    assert done.json["fail_rate"] == {"value": None, "low": None, "high": None, "n": 0}
    assert done.json["gate"]["verdict"] == "not_assessable"
    assert done.json["gate"]["reasons"]


@contextmanager
def dead_port() -> Iterator[str]:
    """A base URL at which nobody listens: bound and never listening, so that nobody else can take the port."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/v1"


@pytest.mark.parametrize("fault", [*ONCE, *AGAIN])
def test_a_target_that_never_answers_is_given_up_after_eight_cases(command: Command, fault: Fault) -> None:
    command.patience_s = PATIENCE.never_answers_s
    with spawned("--fault", f"{fault}=1", "--retry-after", str(PATIENCE.retry_after_s)) as url:
        done = run(command, url)
        books = Books(command, log_of(url))
    check_nothing_assessed(done, ONCE.get(fault) or AGAIN[fault])
    attempts = 1 if fault in ONCE else PATIENCE.retries + 1
    outcomes = books.reconcile(cases=CASES, attempts_of_an_error=attempts)
    most = PATIENCE.concurrency if fault in ONCE else PATIENCE.never_answers_cases
    assert 0 < outcomes["error"] <= most
    assert outcomes["error"] + outcomes["not_run"] == CASES
    assert books.log["requests"] == books.faults == outcomes["error"] * attempts
    assert done.json["outcomes"]["error"] == outcomes["error"]


def test_a_port_where_nobody_listens_is_given_up_after_eight_cases(command: Command) -> None:
    command.patience_s = PATIENCE.never_answers_s
    with dead_port() as url:
        done = run(command, url)
    check_nothing_assessed(done, f"{url}/chat/completions: Connection refused (2 attempts)")
    assert 8 <= done.json["outcomes"]["error"] <= PATIENCE.never_answers_cases


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.SERVER_FAULT, Fault.FORBIDDEN])
def test_a_target_that_falls_silent_is_given_up_after_two_loads_and_resume_goes_on(
    command: Command, fault: Fault
) -> None:
    answers = 12
    plan = Plan(script=(Fault.NONE,) * answers, always=fault)
    with serving(plan, refuse_share=1.0) as server:
        done = run(command, server.base_url)
        assert (done.code, done.json["state"], done.json["calls"]) == (3, "stopped", answers)
        assert done.json["fail_rate"]["n"] == answers
        books = Books(command, server.log.dump())
        attempts = 1 if fault is Fault.FORBIDDEN else PATIENCE.retries + 1
        outcomes = books.reconcile(cases=CASES, attempts_of_an_error=attempts)
        most = PATIENCE.concurrency if fault is Fault.FORBIDDEN else PATIENCE.falls_silent_cases
        assert outcomes["error"] <= most
        server.app.behaviour = Behaviour(refuse_share=1.0)  # it is back
        again = command("resume", NAME, "--errors", "--json")
        assert (again.code, again.json["state"], again.json["calls"]) == (0, "finished", CASES)
        assert dict(server.log.answered) == {f"question {number}": 1 for number in range(CASES)}


def test_a_short_outage_passes_and_only_its_cases_are_errors(command: Command) -> None:
    plan = Plan(script=(Fault.NONE,) * 8 + (Fault.SERVER_FAULT,) * 10)
    with serving(plan) as server:
        done = run(command, server.base_url)
        outcomes = Books(command, server.log.dump()).reconcile(cases=CASES, attempts_of_an_error=2)
    assert done.json["state"] == "finished"
    assert outcomes["error"] <= 5
    assert outcomes["pass"] + outcomes["fail"] + outcomes["error"] == CASES
