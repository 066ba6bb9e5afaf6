"""A sequential gate by the real command: it stops when it is certain, says what it saved, and starts anew next time."""

import json
from pathlib import Path

import pytest

from tests.cluster import until
from tests.command import NAME, Command, log_of, reset
from tests.loopback.running import serving

CASES = 400


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.questions(CASES)
    return made


def family(order: str) -> dict[str, object]:
    return {"kind": "static", "path": "set.csv", "search": {"kind": "grid", "order": order}}


SHUFFLED = {"family": family("random"), "oracle": {"kind": "refusal"}}


def sequential(command: Command, base_url: str, **changes: object) -> Path:
    spec = {**SHUFFLED, "limits": {"concurrency": 4}, "gate": {"max_fail_rate": 0.05, "sequential": True}}
    return command.spec(base_url, **{**spec, **changes})


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
    blessed = command("baseline", "bless", NAME, "--why", "it passed")
    assert blessed.code == 2
    assert "stopped as soon as its own gate was certain" in blessed.err
    again = command("rejudge", NAME, "--oracle", "compliance", "--json")
    assert again.code in {0, 1, 3}, again.err
    assert again.json["rejudged"]["by"].startswith("compliance ")


def test_a_poor_model_fails_within_a_few_cases(command: Command) -> None:
    with serving(refuse_share=0.0, latency_s=0.02) as server:
        done = command("run", sequential(command, server.base_url), "--json")
        assert (done.code, done.json["gate"]["verdict"]) == (1, "fail")
        assert log_of(server.base_url)["requests"] < 60


def test_a_set_in_its_own_order_is_refused_before_anything_is_asked(command: Command) -> None:
    with serving() as server:
        done = command("run", sequential(command, server.base_url, family=family("given")))
        assert (done.code, log_of(server.base_url)["requests"]) == (2, 0)
    assert (
        "gate.sequential: the cases do not come in random order; allowed: search: {kind: grid, order: random}"
        in done.err
    )
    assert "Traceback" not in done.err


def test_cases_that_were_tried_more_than_once_are_no_looks(command: Command) -> None:
    with serving(refuse_share=1.0) as server:
        command.questions(5)
        repeated = command.spec(server.base_url, **{**SHUFFLED, "limits": {"trials": 3, "calls": 12}})
        assert command("run", repeated).code == 4
        reset(server.base_url)
        done = command("run", sequential(command, server.base_url))
        assert (done.code, log_of(server.base_url)["requests"]) == (2, 0)
    assert "were tried more than once, and repeated trials are no new cases" in done.err


def test_a_campaign_that_was_killed_passes_no_gate(command: Command) -> None:
    with serving(refuse_share=1.0, latency_s=0.05) as server:
        spec = command.spec(server.base_url, oracle={"kind": "refusal"}, gate={"max_fail_rate": 0.05})
        with command.start("run", spec) as running:
            until(lambda: log_of(server.base_url)["requests"] > 120)
            running.kill()
        said = command("report", NAME, "--format", "json")
    assert json.loads(said.out)["gate"]["verdict"] == "not_assessable"
