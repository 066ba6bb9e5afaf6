"""Cancelling, taking over, leaving: who may work on a campaign, and how it is told to stop."""

import signal
import time
from pathlib import Path

import pytest

from tests.cluster import SUBMIT, Cluster, Worker, cluster, until
from tests.command import NAME, ended, log_of, target
from tests.loopback.running import spawned
from tests.servers import Server

pytestmark = pytest.mark.distributed

STUCK_MS = "600000"
SLOW_MS = "1000"
SECRET = "PROBEWRIGHT_SECRET_OF_THE_TEST"  # a name, not a value
NOBODY = "amqp://guest:{}@127.0.0.1:9//"  # the port of discard, where nobody listens
IDLE_S = 3.0


def has_left(worker: Worker, why: str) -> bool:
    return f"left, {why}" in worker.said


def test_a_campaign_cancelled_from_another_process_is_left_by_all_and_goes_on_when_submitted_again(
    crew: Cluster,
) -> None:
    crew.questions(200)
    with spawned("--latency-ms", SLOW_MS) as url:
        crew.spec(url)
        workers = crew.employ(2)
        with crew.start(*SUBMIT) as submitted:
            until(lambda: all("): joined" in worker.said for worker in workers) and log_of(url)["requests"] > 8)
            assert crew("cancel", NAME).code == 0
            done = ended(submitted)
        assert (done.code, done.json["state"]) == (130, "stopped")
        assert "cancelled by a command" in done.err
        until(lambda: all("): left" in worker.said for worker in workers))
        assert sum(done.json["outcomes"].values()) == log_of(url)["requests"] < 200  # what was in flight came in
        again = crew("cancel", NAME)
        assert (again.code, again.err) == (2, "probewright: campaign 1 does not run: it is stopped\n")
        crew.spec(url, limits={"concurrency": 64})
        last = crew(*SUBMIT)
        assert (last.code, last.json["campaign"], last.json["state"]) == (0, 1, "finished")
        assert set(log_of(url)["prompts"].values()) == {1}


def test_a_command_refuses_a_campaign_of_workers_and_they_leave_one_of_a_command_alone(crew: Cluster) -> None:
    with spawned("--latency-ms", STUCK_MS) as url:
        [worker] = crew.employ()
        crew.spec(url, name="theirs")
        assert crew("submit", "spec.yaml").code == 0
        until(lambda: log_of(url)["requests"] == 8)
        for words in (("run", "spec.yaml"), ("submit", "spec.yaml")):
            refused = crew(*words)
            assert refused.code == 2
            assert f"'theirs' (1) is being run by process {worker.process.pid}" in refused.err
            assert len(refused.err.splitlines()) == 1
        crew.spec(url, name="mine")
        with crew.start("run", "spec.yaml") as running:
            until(lambda: log_of(url)["requests"] == 16)
            refused = crew("submit", "spec.yaml")
            assert f"'mine' (2) is being run by process {running.pid}" in refused.err
            time.sleep(1.5)  # three looks of the worker
            assert "campaign 2" not in worker.said
            running.kill()
            running.communicate()
        time.sleep(1.5)
        assert "campaign 2" not in worker.said  # whoever started it by a command goes on with it
        assert crew("cancel", "theirs").code == 0
        for _ in range(2):  # the second cuts what is in flight
            worker.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert worker.wait() == 0


def test_a_worker_that_is_told_to_leave_brings_its_answers_in_and_another_goes_on(crew: Cluster) -> None:
    with spawned("--latency-ms", "2000") as url:
        crew.questions(40)
        crew.spec(url, limits={"concurrency": 20})
        [first] = crew.employ()
        with crew.start(*SUBMIT) as submitted:
            until(lambda: log_of(url)["requests"] == 20)
            assert first.end() == 0
            assert has_left(first, "the worker leaves")
            assert crew.answered() == 20
            assert crew.state() == ("running", "", "")
            crew.employ()
            done = ended(submitted)
        assert done.code == 0, done.err
        assert set(log_of(url)["prompts"].values()) == {1}


def test_a_secret_that_a_worker_has_not_stops_the_campaign_with_the_reason(crew: Cluster) -> None:
    crew.employ()
    crew.variables[SECRET] = "only the command knows it"
    with spawned() as url:
        crew.spec(url, target=target(url, api_key=f"env:{SECRET}"))
        done = crew(*SUBMIT)
        assert log_of(url)["requests"] == 0
    assert (done.code, done.json["state"]) == (2, "stopped")
    assert f"{SECRET} is not set" in done.err
    assert crew.state()[1] == "setup"
    assert "Traceback" not in done.err


def test_a_broker_that_does_not_answer_keeps_nobody_from_finding_work(
    tmp_path: Path, postgresql: Server, redis_server: Server
) -> None:
    broker = NOBODY.format("a-password-that-no-log-may-hold")
    with (
        cluster(tmp_path, postgresql, redis_server, PROBEWRIGHT_BROKER_URL=broker) as crew,
        spawned() as url,
    ):
        crew.spec(url)
        crew.employ(2)
        done = crew(*SUBMIT)
        assert done.code == 0, done.err
        assert "the broker cannot be reached" in done.err
        assert "a-password" not in done.err


def test_workers_that_start_together_on_an_empty_database_make_its_tables_once(
    tmp_path: Path, postgresql: Server
) -> None:
    with cluster(tmp_path, postgresql, None, has_tables=False) as crew:
        crew.employ(3)
        assert crew.rows("SELECT count(*) FROM campaigns_campaign") == [(0,)]


def test_an_idle_worker_uses_little_cpu_whatever_lies_around(crew: Cluster) -> None:
    with spawned("--latency-ms", STUCK_MS) as url:
        [worker] = crew.employ()
        crew.spec(url, name="stopped", target=target(url, api_key=f"env:{SECRET}"))
        crew.variables[SECRET] = "only the command knows it"
        assert crew(*SUBMIT).code == 2
        crew.spec(url, name="in flight")
        crew("submit", "spec.yaml")
        until(lambda: log_of(url)["requests"] == 8)
        time.sleep(1)
        before = worker.cpu_s
        time.sleep(IDLE_S)
        assert worker.cpu_s - before < IDLE_S / 4
        worker.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert worker.end() == 0
