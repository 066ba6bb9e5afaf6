"""Hard limits of a campaign with 64 requests in flight, against a server with faults: never exceeded, and resumable."""

from pathlib import Path
from typing import Any

import pytest

from tests.command import NAME, Command, log_of, target
from tests.loopback.running import spawned
from tests.reconcile import Books

CASES = 200
FAULTS = ("--fault", "rate_limited=0.05", "--fault", "server_fault=0.02", "--fault", "drop=0.01")
PRICE = {"input_usd_per_million": 1000.0, "output_usd_per_million": 1000.0}  # a tenth of a cent a token
LIMITS: dict[str, tuple[float, float]] = {"calls": (100, 1000), "tokens": (1500, 100_000), "usd": (1.5, 100)}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path)
    command.questions(CASES)
    return command


def priced(url: str) -> dict[str, Any]:
    """A target whose answers have a price and whose length is limited, so that a reservation is near the real cost."""
    return target(url, retries=8, timeout_s=5, price=PRICE, params={"max_tokens": 32})


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_never_exceeded_keeps_what_was_earned_and_goes_on_when_raised(command: Command, name: str) -> None:
    limit, raised = LIMITS[name]
    with spawned("--latency-ms", "20", "--retry-after", "0.2", *FAULTS) as url:
        spec = command.spec(url, target=priced(url), limits={"concurrency": 64, name: limit})
        done = command("run", spec, "--json")
        assert (done.code, done.json["state"]) == (4, "stopped")
        assert f"stopped: limits.{name}: " in done.err
        assert limit / 2 < done.json[name] <= limit
        log = log_of(url)
        outcomes = Books(command, log).reconcile(cases=CASES)
        answered = outcomes["pass"] + outcomes["fail"]
        assert answered == done.json["calls"] == sum(log["answered"].values())
        assert answered + outcomes["not_run"] == CASES
        unraised = command("resume", NAME, "--json")
        assert (unraised.code, unraised.json["calls"]) == (4, answered)
        assert log_of(url)["requests"] == log["requests"]
        again = command("resume", NAME, f"--{name}", raised, "--json")
        assert (again.code, again.json["state"], again.json["calls"]) == (0, "finished", CASES)
        assert Books(command, log_of(url)).reconcile(cases=CASES)["not_run"] == 0


def test_dollars_that_cannot_be_counted_stop_the_run_before_the_first_request(command: Command) -> None:
    with spawned() as url:
        done = command("run", command.spec(url, limits={"usd": 1.0}), "--json")
        assert log_of(url)["requests"] == 0
    assert done.code == 4
    assert done.json["usd"] in (None, 0)
    assert "the price of a call is unknown" in done.err
