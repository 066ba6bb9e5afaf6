"""Workers, the broker and the database that are killed at seeded random moments: nothing committed is lost."""

import time
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.bounds import Patience
from tests.cluster import SUBMIT, Cluster, ClusterLedger, Worker, until
from tests.command import Command, ended, log_of, reset
from tests.final_reports import check_same, comparable
from tests.loopback.running import spawned
from tests.servers import Server

pytestmark = pytest.mark.distributed

CASES = 280
PLENTY = 10 * CASES
CONCURRENCY = 8
WORKERS = 3
LATENCY_S = 0.5
KILLS = 6
AWAY_S = 3.0
REPEATS = Patience(timeout_s=60, retries=0, concurrency=CONCURRENCY).repeats
LEARNING = {"kind": "astral", "search": {"kind": "learning", "round_size": 40}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with spawned("--latency-ms", str(1000 * LATENCY_S)) as base_url:
        yield base_url


def prepare(command: Command, url: str, **limits: object) -> None:
    """Writes the spec of a campaign whose every round depends on all that came before."""
    command.plug_in("search", "learning", "tests.learning_search:Learning")
    plain = {"cases": CASES, "concurrency": CONCURRENCY, "calls": PLENTY}
    command.spec(url, family=LEARNING, limits=plain | limits)
    reset(url)


@pytest.fixture(scope="module")
def reports(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The reports of a run in one process on SQLite that nobody killed."""
    command = Command(tmp_path_factory.mktemp("whole"))
    prepare(command, url, concurrency=40)  # a round at once
    done = command("run", "spec.yaml", "--json", "--out", "reports")
    assert done.code == 0, done.err
    said = comparable(command.folder / "reports")
    return {name: text.replace("concurrency: 40", f"concurrency: {CONCURRENCY}") for name, text in said.items()}


def check(crew: Cluster, url: str, kills: int, reports: dict[str, str]) -> int:
    """Checks a campaign whose processes were killed so often; gives how many requests were sent a second time."""
    repeats = ClusterLedger(crew, url).repeats(CASES)
    assert repeats <= kills * REPEATS
    check_same(crew.folder / "reports", reports)
    return repeats


def at_work(crew: Cluster) -> list[Worker]:
    return [worker for worker in crew.living if "): joined" in worker.said]


def test_workers_killed_at_random_moments_lose_nothing_committed(
    url: str, reports: dict[str, str], crew: Cluster, record_property: Callable[[str, object], None]
) -> None:
    random = Random(20261123)
    prepare(crew, url)
    crew.employ(WORKERS)
    ledger = ClusterLedger(crew, url)
    with crew.start(*SUBMIT) as submitted:
        for number in range(KILLS):
            sent = (number + random.random()) * (CASES - 50) / KILLS
            until(lambda sent=sent: log_of(url)["requests"] > sent and at_work(crew))
            time.sleep(random.random() * LATENCY_S)
            assert crew.state()[0] == "running"
            random.choice(at_work(crew)).kill()
            ledger.look()
            crew.hire()
        done = ended(submitted)
    assert done.code == 0, done.err
    record_property("repeats", f"{check(crew, url, KILLS, reports)} after {KILLS} kills")


def test_a_broker_and_limiter_that_is_killed_and_comes_back_empty_costs_nothing(
    url: str, reports: dict[str, str], crew: Cluster, redis_server: Server
) -> None:
    prepare(crew, url, calls=CASES)  # counted twice, it would not suffice
    crew.employ(WORKERS)
    ledger = ClusterLedger(crew, url)
    with crew.start(*SUBMIT) as submitted:
        until(lambda: log_of(url)["requests"] > CASES / 4)
        redis_server.kill()
        time.sleep(AWAY_S)
        ledger.look()
        redis_server.start()
        done = ended(submitted)
    assert done.code == 0, done.err
    assert ledger.repeats(CASES) == 0  # so the limit was not overrun either
    expected = {name: text.replace(f"calls: {PLENTY}", f"calls: {CASES}") for name, text in reports.items()}
    check_same(crew.folder / "reports", expected)


def test_a_database_that_is_killed_and_comes_back_loses_nothing_committed(
    url: str, reports: dict[str, str], crew: Cluster, postgresql: Server
) -> None:
    prepare(crew, url)
    crew.employ(WORKERS)
    ledger = ClusterLedger(crew, url)
    with crew.start(*SUBMIT) as submitted:
        until(lambda: log_of(url)["requests"] > CASES / 4)
        ledger.look()
        postgresql.kill()
        time.sleep(AWAY_S)
        postgresql.start()
        ledger.look()
        done = ended(submitted)
    assert done.code == 0, done.err
    assert "waiting for the database" in done.err
    assert len(crew.living) == WORKERS
    check(crew, url, WORKERS, reports)  # it was killed once, and each worker dropped what it had in flight


def test_while_the_broker_is_gone_what_has_no_limits_is_ended_and_what_has_limits_waits(
    url: str, crew: Cluster, redis_server: Server
) -> None:
    reset(url)
    crew.employ()
    redis_server.kill()
    try:
        crew.spec(url, name="limited", limits={"calls": 10_000, "concurrency": 8})
        assert crew("submit", "spec.yaml").code == 0
        crew.spec(url)
        done = crew(*SUBMIT)
        assert done.code == 0, done.err
        assert "the broker cannot be reached" in done.err
        until(lambda: "nothing is sent without knowing the shared limits" in crew.workers[0].said)
        assert set(log_of(url)["prompts"].values()) == {1}
        assert crew.rows("SELECT state FROM campaigns_campaign ORDER BY id") == [("running",), ("finished",)]
    finally:
        redis_server.start()
    until(lambda: crew.rows("SELECT state FROM campaigns_campaign WHERE id = 1") == [("finished",)])
    assert set(log_of(url)["prompts"].values()) == {2}  # two campaigns over the same questions
