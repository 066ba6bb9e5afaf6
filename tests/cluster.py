"""Several workers as real processes around one PostgreSQL and one Redis, and the commands that give them work."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier
from redis import Redis

from tests.command import EXECUTABLE, PATIENCE_S, Command
from tests.reconcile import Ledger
from tests.servers import Server

NUMBERS = count(1)
PASSWORD = "a-password-that-no-log-may-hold"  # both servers let in whoever has any
SUBMIT = ("submit", "spec.yaml", "--wait", "--json", "--out", "reports")
GRACE_S = 30.0  # for a worker to end gently on a slow machine: requests in flight have 10 s of it
POLL_S = 0.02
READY = "ready for"


class Worker:
    """One process `probewright worker`, what it says goes to a file."""

    def __init__(self, command: Command, *words: object) -> None:
        self._log = command.folder / f"worker-{next(NUMBERS)}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(EXECUTABLE), "worker", *map(str, words)],
                cwd="/",  # what a spec names is found from anywhere
                env=command.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        """All it said so far."""
        return self._log.read_text()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it gently; gives its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it ended after a signal."""
        try:
            return self.process.wait(GRACE_S)
        finally:
            self.process.kill()


@dataclass
class Cluster(Command):
    """Commands and workers that share the two servers named by ``variables``."""

    workers: list[Worker] = field(default_factory=list)

    @property
    def living(self) -> list[Worker]:
        """The workers that run."""
        return [worker for worker in self.workers if worker.is_alive]

    def employ(self, number: int = 1, *words: object) -> list[Worker]:
        """Starts workers and waits until they look for work."""
        new = [self.hire(*words) for _ in range(number)]
        until(lambda: all(READY in worker.said or not worker.is_alive for worker in new))
        assert all(worker.is_alive for worker in new), [worker.said for worker in new]
        return new

    def hire(self, *words: object) -> Worker:
        """Starts a worker and does not wait for it."""
        self.workers.append(Worker(self, *words))
        return self.workers[-1]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Reads the database beside whoever writes it."""
        if (url := self.variables.get("PROBEWRIGHT_DATABASE_URL")) is None:
            return super().rows(query)
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode()).fetchall()

    def state(self) -> tuple[str, str, str]:
        """State, kind of stop and its reason of the latest campaign."""
        [row] = self.rows("SELECT state, stop_kind, stop_reason FROM campaigns_campaign ORDER BY id DESC LIMIT 1")
        return row[0], row[1], row[2]

    def answered(self) -> int:
        """How many answers are committed."""
        [(answers,)] = self.rows("SELECT count(*) FROM campaigns_exchange")
        return int(answers)

    def dismiss(self) -> None:
        """Ends all workers gently and checks what they said: one line a matter, and no password."""
        living = self.living
        for worker in living:
            worker.process.send_signal(signal.SIGTERM)
        codes = [worker.wait() for worker in living]
        for worker in self.workers:
            said = worker.said
            assert "Traceback" not in said, said
            assert PASSWORD not in said
            assert "Warning" not in said, said
        assert codes == [0] * len(codes), [worker.said for worker in living]


class ClusterLedger(Ledger):
    """A ledger over PostgreSQL, whose tables are there from the start."""

    def _has_tables(self) -> bool:
        return True


def until(is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Waits for what other processes do."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(POLL_S)


def fresh_database(server: Server, template: str = "template1") -> str:
    """The URL of a new database at ``server``, a copy of ``template``, which is empty unless told otherwise."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    place = urlsplit(server.url)
    return f"postgresql://postgres:{PASSWORD}@{place.hostname}:{place.port}/{name}"


@cache
def with_tables(server: Server) -> str:
    """The name of a database at ``server`` that has all tables and nothing in them, made once."""
    url = fresh_database(server)
    made = Command(Path(mkdtemp()), {"PROBEWRIGHT_DATABASE_URL": url})("outcomes", "nothing")
    assert made.code == 2, made.err
    return url.rpartition("/")[2]


@contextmanager
def cluster(
    folder: Path, postgres: Server, redis: Server | None, *, has_tables: bool = True, **variables: str
) -> Iterator[Cluster]:
    """A cluster without workers yet, over an empty database of its own; its workers are dismissed at the end."""
    template = with_tables(postgres) if has_tables else "template1"
    shared = {"PROBEWRIGHT_DATABASE_URL": fresh_database(postgres, template)}
    if redis is not None:
        with Redis.from_url(redis.url) as client:
            client.flushall()  # runs are told apart by their campaign's number, and each database counts from 1
        shared["PROBEWRIGHT_REDIS_URL"] = redis.url.replace("redis://", f"redis://default:{PASSWORD}@")
    made = Cluster(folder, shared | variables)
    try:
        yield made
        made.dismiss()
    finally:
        for worker in made.living:
            worker.kill()
