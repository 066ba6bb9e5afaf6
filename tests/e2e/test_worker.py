"""One worker on SQLite, without a broker: what `probewright serve` runs beside the web."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.cluster import SUBMIT, Cluster, Worker, until
from tests.command import NAME, ended, held, log_of
from tests.final_reports import check_same
from tests.loopback.running import spawned
from tests.reconcile import Ledger, one_outcome_a_case
from tests.victims import CASES, LATENCY_MS, Victims, victims

KILLS = 3
BUDGET = 100


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    """Campaigns that `probewright run` runs alone."""
    with victims(tmp_path_factory.mktemp("whole")) as made:
        yield made


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    made("outcomes", "nothing")  # makes the tables
    try:
        yield made
        made.dismiss()
    finally:
        for worker in made.living:
            worker.kill()


def make(single: Victims, crew: Cluster, kind: str) -> None:
    """Gives the crew the campaign of ``kind``."""
    there = single.make(crew.folder / kind, kind)
    crew.variables |= there.variables
    (crew.folder / "spec.yaml").write_bytes((there.folder / "spec.yaml").read_bytes())


def test_a_worker_killed_at_random_moments_ends_with_the_result_of_a_run(
    single: Victims, crew: Cluster, tmp_path: Path
) -> None:
    random = Random(20261124)
    single.whole("learning")
    make(single, crew, "learning")
    ledger = Ledger(crew, single.url)
    with crew.start(*SUBMIT) as submitted:
        for kill in range(KILLS):
            [worker] = crew.employ()
            until(lambda sent=CASES / (KILLS + 1) * kill: log_of(single.url)["requests"] > sent)
            time.sleep(random.random() * LATENCY_MS / 1000)
            worker.kill()
            ledger.look()
        assert crew.state()[0] == "running"
        crew.employ()
        done = ended(submitted)
    assert done.code == 0, done.err
    single.check(ledger, "learning", KILLS)


def test_two_workers_share_one_file_and_bring_the_result_of_a_run(single: Victims, crew: Cluster) -> None:
    whole = single.whole("grid")
    make(single, crew, "grid")
    crew.employ(2)
    done = crew(*SUBMIT)
    assert done.code == 0, done.err
    assert set(log_of(single.url)["prompts"].values()) == {1}
    check_same(crew.folder / "reports", whole.reports)


def test_limits_that_cannot_be_shared_are_kept_by_one_worker_at_a_time(crew: Cluster) -> None:
    crew.questions(300)
    with spawned("--latency-ms", "100") as url:
        crew.spec(url, limits={"concurrency": 64, "calls": BUDGET})
        crew.employ(2)
        done = crew(*SUBMIT)
        assert (done.code, done.json["calls"]) == (4, BUDGET), done.err
        log = log_of(url)
        assert log["requests"] == BUDGET
        assert log["max_in_flight"] <= 64
        assert len([worker for worker in crew.workers if "): joined" in worker.said]) == 1
        assert one_outcome_a_case(crew, 300)["not_run"] == 300 - BUDGET
        crew.spec(url, limits={"concurrency": 64})
        done = crew(*SUBMIT)
        assert (done.code, done.json["calls"], done.json["state"]) == (0, 300, "finished"), done.err
        assert set(log_of(url)["prompts"].values()) == {1}


def test_a_cancelled_campaign_is_left_and_a_command_goes_on_with_it(crew: Cluster) -> None:
    crew.questions(100)
    with spawned("--latency-ms", "150") as url:
        crew.spec(url)
        [worker] = crew.employ()
        with held(url):
            assert crew("submit", "spec.yaml").out == "1\n"
            until(lambda: log_of(url)["requests"] > 0)
            assert crew("cancel", "1").out.startswith("campaign 1: cancelled")
        until(lambda: is_free(worker))
        again = crew("run", "spec.yaml", "--json")
        assert (again.code, again.json["campaign"], again.json["state"]) == (0, 1, "finished"), again.err
        assert crew("resume", NAME).code == 0
        assert set(log_of(url)["prompts"].values()) == {1}


def is_free(worker: Worker) -> bool:
    return "left, cancelled by a command" in worker.said


def test_two_workers_end_a_sequential_campaign_together_at_the_same_case(crew: Cluster) -> None:
    crew.questions(600)
    with spawned("--refuse-share", "1", "--latency-ms", "50") as url:
        crew.spec(
            url,
            family={"kind": "static", "path": "set.csv", "search": {"kind": "grid", "order": "random"}},
            oracle={"kind": "refusal"},
            limits={"concurrency": 4},
            gate={"max_fail_rate": 0.05, "sequential": True},
        )
        crew.employ(2)
        done = crew(*SUBMIT)
        asked = log_of(url)["requests"]
    assert done.code == 0, done.err
    state, kind, reason = crew.state()
    assert (state, kind) == ("finished", "decided")
    assert reason.startswith("the fail rate is surely below 5.0%, by the first ")
    # Both work on chunks of 16 cases, so one may be that far ahead of the case that decides.
    assert asked < 200
    assert one_outcome_a_case(crew, 600)["pass"] == asked
