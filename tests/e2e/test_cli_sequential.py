"""A sequential gate by the real command: it stops when it is certain, says what it saved, and starts anew next time."""

from pathlib import Path

import pytest

from tests.command import Command, log_of, reset
from tests.loopback.running import serving

CASES = 400


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.questions(CASES)
    return made


def sequential(command: Command, base_url: str, order: str = "random") -> Path:
    return command.spec(
        base_url,
        family={"kind": "static", "path": "set.csv", "search": {"kind": "grid", "order": order}},
        oracle={"kind": "refusal"},
        limits={"concurrency": 4},
        gate={"max_fail_rate": 0.05, "sequential": True},
    )


def test_a_good_model_passes_early_and_the_next_run_asks_anew(command: Command) -> None:
    with serving(refuse_share=1.0, latency_s=0.02) as server:
        spec = sequential(command, server.base_url)
        for campaign in (1, 2):
            reset(server.base_url)
            done = command("run", spec, "--json")
            asked = log_of(server.base_url)["requests"]
            assert (done.code, done.json["gate"]["verdict"], done.json["state"]) == (0, "pass", "finished")
            assert done.json["campaign"] == campaign
            assert "with 95% confidence at any look; " in done.json["gate"]["reasons"][0]
            assert f"{CASES - asked:,} cases saved" in done.json["gate"]["reasons"][0]
            assert 50 < asked < CASES / 2
            assert "stopped: the fail rate is surely below 5.0%" in done.err


def test_a_poor_model_fails_within_a_few_cases(command: Command) -> None:
    with serving(refuse_share=0.0, latency_s=0.02) as server:
        done = command("run", sequential(command, server.base_url), "--json")
        assert (done.code, done.json["gate"]["verdict"]) == (1, "fail")
        assert log_of(server.base_url)["requests"] < 60


def test_a_set_in_its_own_order_is_refused_before_anything_is_asked(command: Command) -> None:
    with serving() as server:
        done = command("run", sequential(command, server.base_url, order="given"))
        assert (done.code, log_of(server.base_url)["requests"]) == (2, 0)
    assert (
        "gate.sequential: the cases do not come in random order; allowed: search: {kind: grid, order: random}"
        in done.err
    )
    assert "Traceback" not in done.err
