"""`probewright serve`: the pages and the worker beside them, as processes that are killed."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.command import PATIENCE_S, Command, ended, log_of
from tests.loopback.running import spawned


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def until(is_so: Callable[[], bool]) -> None:
    """Waits for what other processes do."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/login/", timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def workers_of(parent: int) -> list[int]:
    """The process numbers of the workers for campaigns that ``parent`` started."""
    threads = Path(f"/proc/{parent}/task").iterdir()
    children = [child for thread in threads for child in (thread / "children").read_text().split()]
    return [int(child) for child in children if b"--with-parent" in Path(f"/proc/{child}/cmdline").read_bytes()]


@contextmanager
def served(command: Command) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server that answers, and its port."""
    port = free_port()
    with command.start("serve", "--port", port) as process:
        try:
            until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None
            yield process, port
        finally:
            process.kill()


def test_a_campaign_that_is_submitted_runs_beside_the_pages_and_a_signal_ends_both(command: Command) -> None:
    with spawned() as url, served(command) as (process, port):
        [worker] = workers_of(process.pid)
        done = command("submit", command.spec(url), "--wait", "--json")
        assert done.code == 0, done.err
        assert sum(done.json["outcomes"].values()) == 40
        assert set(log_of(url)["prompts"].values()) == {1}
        process.send_signal(signal.SIGTERM)
        said = ended(process)
        assert said.code == 0
        assert f"http://127.0.0.1:{port}/" in said.err
        assert "probewright user add" in said.err
        assert "Traceback" not in said.err
        assert not Path(f"/proc/{worker}").exists()


def test_a_worker_that_is_killed_is_started_again_and_goes_on(command: Command) -> None:
    command.questions(120)
    with spawned("--latency-ms", "100") as url, served(command) as (process, _):
        [first] = workers_of(process.pid)
        command("submit", command.spec(url))
        until(lambda: log_of(url)["requests"] > 20)
        subprocess.run(["kill", "-9", str(first)], check=True)
        until(lambda: command.rows("SELECT state FROM campaigns_campaign") == [("finished",)])
        assert command.rows("SELECT count(*) FROM campaigns_transcript") == [(120,)]
        repeats = sum(log_of(url)["prompts"].values()) - 120
        assert repeats <= 8 + 16


def test_the_worker_and_the_pages_end_with_a_server_that_is_killed(command: Command) -> None:
    with served(command) as (process, port):
        [worker] = workers_of(process.pid)
        process.kill()
        process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists() and not answers(port))


def test_a_taken_port_is_one_line(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("serve", "--port", port)
    assert done.code == 2
    assert done.err == (
        f"probewright: 127.0.0.1:{port} cannot be listened at: Address already in use; give another --port\n"
    )


def test_a_running_campaign_is_cancelled_from_elsewhere_and_resumed(command: Command) -> None:
    command.questions(150)
    with spawned("--latency-ms", "800") as url, served(command):
        command("submit", command.spec(url))
        until(lambda: log_of(url)["requests"] > 8)
        assert command("cancel", "1").code == 0
        again = command("cancel", "1")
        assert (again.code, again.err) == (2, "probewright: campaign 1 does not run: it is stopped\n")
        until(lambda: command.rows("SELECT count(*) FROM campaigns_shift WHERE lease_until IS NOT NULL") == [(0,)])
        assert log_of(url)["requests"] < 150
        resumed = command("resume", "1", "--json")
        assert resumed.code == 0, resumed.err
        assert sum(resumed.json["outcomes"].values()) == 150
        assert set(log_of(url)["prompts"].values()) == {1}
