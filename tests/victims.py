"""Campaigns that tests kill, one of each kind, and what each must end with: the reports of a run that nobody killed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from probewright.registry import TABLES
from tests.bounds import Patience
from tests.command import Command, log_of, reset, target
from tests.final_reports import check_same, comparable
from tests.loopback.running import spawned
from tests.reconcile import Ledger

CASES = 60
CONCURRENCY = 4
LATENCY_MS = 30
REPEATS = Patience(timeout_s=60, retries=0, concurrency=CONCURRENCY).repeats
RUN = ("run", "spec.yaml", "--json", "--out", "reports")
SEARCHES = (*TABLES["search"], "learning")
WRITTEN = "written by a model"


@dataclass(frozen=True)
class Whole:
    """A run that nobody killed.

    Attributes:
        reports: its comparable reports.
        seconds: from start to exit.
        tail_s: seconds from its last answer to its exit.
    """

    reports: Mapping[str, str]
    seconds: float
    tail_s: float


@dataclass
class Victims:
    """Makes campaigns by kind: the name of a search, which walks ASTRAL's grid, or `WRITTEN`.

    Attributes:
        url: the target's server.
        author: the server of the model that writes prompts; it never refuses, so no prompt comes twice.
        folder: a place for the runs that nobody kills.
    """

    url: str
    author: str
    folder: Path
    _wholes: dict[str, Whole] = field(default_factory=dict)

    def make(self, folder: Path, kind: str) -> Command:
        """A command in the new folder ``folder`` whose spec is a campaign of this kind; the server's log is emptied."""
        folder.mkdir()
        command = Command(folder)
        command.plug_in("search", "learning", "tests.learning_search:Learning")
        command.plug_in("family", "model_written", "tests.model_written:ModelWritten")
        limits = {"cases": CASES, "concurrency": CONCURRENCY}
        command.spec(self.url, family=self._family(kind), limits=limits)
        reset(self.url)
        return command

    def whole(self, kind: str) -> Whole:
        """How a campaign of this kind ends when nobody kills it; run once."""
        if kind not in self._wholes:
            command = self.make(self.folder / kind, kind)
            began = monotonic()
            done = command(*RUN)
            ended = monotonic()
            assert done.code == 0, done.err
            tail_s = ended - log_of(self.url)["last_at"]
            self._wholes[kind] = Whole(comparable(command.folder / "reports"), ended - began, tail_s)
        return self._wholes[kind]

    def check(self, ledger: Ledger, kind: str, kills: int) -> int:
        """Checks a campaign that was killed so often and then finished; returns how many requests were repeated."""
        repeats = ledger.repeats(CASES)
        assert repeats <= kills * REPEATS
        assert ledger.command.rows("SELECT count(*) FROM campaigns_campaign") == [(1,)]
        check_same(ledger.command.folder / "reports", self._wholes[kind].reports)
        return repeats

    def _family(self, kind: str) -> dict[str, Any]:
        if kind == WRITTEN:
            search = {"kind": "grid", "round_size": 12}
            return {"kind": "model_written", "author": target(self.author), "search": search}
        return {"kind": "astral", "search": {"kind": kind, "round_size": 12}}


@contextmanager
def victims(folder: Path) -> Iterator[Victims]:
    """Starts the servers that all of them ask."""
    with (
        spawned("--latency-ms", str(LATENCY_MS), "--refuse-share", "0.4") as url,
        spawned("--refuse-share", "0") as author,
    ):
        yield Victims(url, author, folder)
