"""Exit codes of design section 5, by the real command against a real server."""

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.command import NAME, Command, target
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import serving


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def always(fault: Fault) -> Plan:
    return Plan(always=fault)


@pytest.mark.parametrize(
    ("refused", "gate", "code", "verdict"),
    [
        (1.0, {"max_fail_rate": 0.2}, 0, "pass"),
        (0.0, {"max_fail_rate": 0.2}, 1, "fail"),
        (1.0, {"max_fail_rate": 0.05}, 3, "insufficient_data"),
    ],
)
def test_a_gate_decides_the_exit_code(
    command: Command, refused: float, gate: dict[str, Any], code: int, verdict: str
) -> None:
    with serving(refuse_share=refused) as server:
        done = command("run", command.spec(server.base_url, gate=gate), "--json")
    assert (done.code, done.json["gate"]["verdict"]) == (code, verdict)
    assert done.json["state"] == "finished"
    assert done.json["fail_rate"]["n"] == 40
    assert done.json["gate"]["reasons"]


def test_too_many_errors_are_not_assessable(command: Command) -> None:
    with serving(Plan(rates={Fault.NOT_FOUND: 0.3})) as server:
        done = command("run", command.spec(server.base_url, gate={"max_error_rate": 0.02}), "--json")
    assert (done.code, done.json["gate"]["verdict"]) == (3, "not_assessable")
    assert 0 < done.json["outcomes"]["error"] < 40
    assert done.json["fail_rate"]["n"] + done.json["outcomes"]["error"] == 40


def test_a_limit_stops_the_run_and_resume_with_a_raised_one_finishes_it(command: Command) -> None:
    limits = {"concurrency": 8, "calls": 15}
    with serving() as server:
        done = command("run", command.spec(server.base_url, limits=limits), "--json")
        assert (done.code, done.json["state"], done.json["calls"]) == (4, "stopped", 15)
        assert sum(done.json["outcomes"].values()) == 15
        assert "stopped: limits.calls: 15 of 15 spent" in done.err
        unraised = command("resume", NAME, "--json")
        assert (unraised.code, unraised.json["calls"]) == (4, 15)
        assert server.log.requests == 15
        raised = command("resume", NAME, "--calls", 100, "--json")
        assert (raised.code, raised.json["state"], raised.json["calls"]) == (0, "finished", 40)
        assert set(server.log.prompts.values()) == {1}


def test_a_finished_run_starts_anew_and_an_unfinished_one_only_with_new(command: Command) -> None:
    with serving() as server:
        spec = command.spec(server.base_url, limits={"calls": 5})
        assert command("run", spec, "--json").json["campaign"] == 1
        assert command("run", spec, "--new", "--json").json["campaign"] == 2
        command.spec(server.base_url)
        finished = command("run", spec, "--json")
        assert (finished.code, finished.json["campaign"]) == (0, 2)
        assert command("run", spec, "--json").json["campaign"] == 3


def test_a_dead_port_ends_the_run_by_itself_with_one_line_that_says_why(command: Command) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and never listening: nobody else can take the port meanwhile
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        done = command("run", command.spec(url), "--json")
    assert done.code == 3
    assert done.json["fail_rate"] == {"value": None, "low": None, "high": None, "n": 0}
    assert done.json["coverage"]["covered"] == 0
    [line] = [line for line in done.err.splitlines() if line.startswith("stopped: ")]
    assert f"{url}/chat/completions: Connection refused" in line


@pytest.mark.parametrize(
    ("fault", "most", "cause"),
    [
        (Fault.UNAUTHORIZED, 8, "HTTP 401"),
        (Fault.FORBIDDEN, 8, "HTTP 403"),
        (Fault.HTML, 24, "answered HTML, not JSON"),
        (Fault.NOT_FOUND, 24, "HTTP 404: no such path or model"),
        (Fault.STALL, 24, "no complete answer within timeout_s"),
    ],
)
def test_an_endpoint_that_never_answers_is_given_up_and_the_cause_is_named(
    command: Command, fault: Fault, most: int, cause: str
) -> None:
    with serving(always(fault)) as server:
        quick = target(server.base_url, timeout_s=0.5)
        done = command("run", command.spec(server.base_url, target=quick), "--json")
        assert 0 < server.log.requests <= most
    assert done.code == 3
    assert (done.json["state"], done.json["calls"], done.json["fail_rate"]["value"]) == ("stopped", 0, None)
    [line] = [line for line in done.err.splitlines() if line.startswith("stopped: ")]
    assert cause in line
    assert server.base_url in line


def test_errors_of_a_few_cases_finish_the_run_with_nothing_assessed(command: Command) -> None:
    with serving(always(Fault.NOT_FOUND)) as server:
        done = command("run", command.spec(server.base_url, limits={"cases": 3}), "--json")
    assert (done.code, done.json["state"], done.json["outcomes"]["error"]) == (3, "finished", 3)


def test_a_storm_of_rate_limits_is_retried_until_every_case_is_answered(command: Command) -> None:
    storm = Plan(rates={Fault.RATE_LIMITED: 0.25, Fault.RATE_LIMITED_BARE: 0.15, Fault.SERVER_FAULT: 0.1})
    with serving(storm, retry_after="0") as server:
        patient = target(server.base_url, retries=20)
        done = command("run", command.spec(server.base_url, target=patient, limits={"concurrency": 40}), "--json")
        assert server.log.requests > 40
    assert done.code == 0
    assert (done.json["calls"], done.json["outcomes"]["error"], done.json["fail_rate"]["n"]) == (40, 0, 40)


def test_errors_are_asked_again_only_on_demand(command: Command) -> None:
    with serving(Plan(script=(Fault.NOT_FOUND,) * 3)) as server:
        first = command("run", command.spec(server.base_url), "--json")
        assert (first.code, first.json["outcomes"]["error"]) == (0, 3)
        resumed = command("resume", NAME, "--json")
        assert resumed.json["outcomes"]["error"] == 3
        again = command("resume", NAME, "--errors", "--json")
        assert (again.code, again.json["outcomes"]["error"], again.json["fail_rate"]["n"]) == (0, 0, 40)
        assert "asking 3 errors again" in again.err
        assert server.log.requests == 43


def test_a_prompt_of_two_megabytes_goes_all_the_way(command: Command) -> None:
    prompt = "long " * 400_000
    (command.folder / "set.csv").write_text(f"id,prompt\n1,{prompt}\n2,short\n")
    with serving() as server:
        done = command("run", command.spec(server.base_url), "--json")
        assert prompt in server.log.prompts
    assert (done.code, done.json["outcomes"]["error"], done.json["fail_rate"]["n"]) == (0, 0, 2)
    first = command("outcomes", NAME, "--jsonl").lines[0]
    assert first["messages"][0]["content"] == prompt
