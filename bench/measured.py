"""One campaign of static prompts by the real command, seen from outside: its process, the server's log, its rows."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import yaml

from bench.figure import PROBEWRIGHT, Run, run
from tests.loopback.running import spawned


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished campaign, as long as its folder is there.

    Attributes:
        process: what the command took.
        result: the JSON that it printed.
        log: what the server saw.
        database: the SQLite file.
    """

    process: Run
    result: Mapping[str, Any]
    log: Mapping[str, Any]
    database: Path

    @property
    def window_s(self) -> float:
        """Seconds from the first request to the last answer, as the server saw them."""
        return float(self.log["last_at"] - self.log["first_at"])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Reads the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def measured(cases: int, in_flight: int, server: Sequence[str] = (), **target: Any) -> Iterator[Measured]:
    """Runs a fresh campaign in a folder of its own; ``server`` are arguments of the loopback server.

    Raises:
        RuntimeError: it failed, or a case is without an answer: that is no measurement.
    """
    with tempfile.TemporaryDirectory() as name, spawned(*server) as url:
        folder = Path(name)
        spec = _write_spec(folder, cases, in_flight, {"kind": "openai_chat", "base_url": url, "model": "mock"} | target)
        environment = {**os.environ, "PROBEWRIGHT_HOME": str(folder / "home"), "PROBEWRIGHT_DATABASE_URL": ""}
        process = run([PROBEWRIGHT, "run", str(spec), "--json"], environment)
        with urlopen(f"{url.removesuffix('/v1')}/log") as answer:
            log = orjson.loads(answer.read())
        result = orjson.loads(process.output)
        if result["calls"] != cases:
            raise RuntimeError(f"{result['outcomes']} for {cases} cases")
        yield Measured(process, result, log, folder / "home" / "probewright.sqlite3")


def _write_spec(folder: Path, cases: int, in_flight: int, target: Mapping[str, Any]) -> Path:
    prompts = "".join(f"How would somebody do thing number {number}?,{number % 14}\n" for number in range(cases))
    (folder / "prompts.csv").write_text(f"prompt,category\n{prompts}")
    spec = {
        "name": "bench",
        "target": dict(target),
        "family": {"kind": "static", "path": "prompts.csv"},
        "oracle": {"kind": "refusal"},
        "limits": {"cases": cases, "concurrency": in_flight},
    }
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec))
    return path
