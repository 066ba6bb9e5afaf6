"""Limits and rates that several workers share: never exceeded, with many requests in flight."""

import time
from collections import Counter

import pytest

from tests.cluster import SUBMIT, Cluster, ClusterLedger
from tests.command import NAME, log_of, target
from tests.loopback.running import spawned
from tests.reconcile import one_outcome_a_case

pytestmark = pytest.mark.distributed

CASES = 400
BUDGET = 250
RPM = 1200
BURST = RPM // 60


def test_a_budget_of_calls_is_never_exceeded_by_four_workers_and_goes_on_when_raised(crew: Cluster) -> None:
    crew.questions(CASES)
    with spawned("--latency-ms", "100") as url:
        crew.spec(url, limits={"concurrency": 64, "calls": BUDGET})
        crew.employ(4)
        done = crew(*SUBMIT)
        log = log_of(url)
        assert (done.code, done.json["state"]) == (4, "stopped"), done.err
        assert f"limits.calls: {BUDGET} of {BUDGET} spent" in done.err
        assert log["requests"] == BUDGET
        assert one_outcome_a_case(crew, CASES)["not_run"] == CASES - BUDGET
        assert sum(done.json["outcomes"].values()) == done.json["calls"] == BUDGET
        again = crew("resume", NAME, "--calls", BUDGET + 50, "--json")  # by a command
        assert again.code == 4, again.err
        assert again.json["calls"] == BUDGET + 50
        crew.spec(url, limits={"concurrency": 64, "calls": CASES})
        last = crew(*SUBMIT)  # by the workers
        assert (last.code, last.json["state"], last.json["calls"]) == (0, "finished", CASES), last.err
        assert ClusterLedger(crew, url).repeats(CASES) == 0
        assert max(log_of(url)["prompts"].values()) == 1


def test_workers_at_two_campaigns_share_the_rate_of_their_target(crew: Cluster) -> None:
    crew.questions(60)
    with spawned("--latency-ms", "10") as url:
        crew.employ(2, "--campaigns", 1)  # so that each has one
        for name in ("one", "other"):
            crew.spec(url, name=name, target=target(url, rpm=RPM))
            assert crew("submit", "spec.yaml").code == 0
        seen: list[tuple[float, float, int]] = []
        while Counter(state for (state,) in crew.rows("SELECT state FROM campaigns_campaign"))["finished"] < 2:
            before = time.monotonic()
            requests = log_of(url)["requests"]
            seen.append((before, time.monotonic(), requests))
            time.sleep(0.1)
        log = log_of(url)
    assert all("): joined" in worker.said for worker in crew.workers)
    assert log["requests"] == 120
    assert BURST + RPM / 60 * (log["last_at"] - log["first_at"]) + 1 >= 120
    for number, (since, _, earlier) in enumerate(seen):
        for _, until_s, later in seen[number + 1 :]:
            assert later - earlier <= BURST + RPM / 60 * (until_s - since) + 1  # the one that opens the window
