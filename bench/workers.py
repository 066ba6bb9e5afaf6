"""One campaign by one worker and by four, on PostgreSQL and Redis, and by `probewright run` on SQLite."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import orjson
import yaml

from bench.figure import PROBEWRIGHT, Figure, middle, run
from bench.measured import measured
from tests.loopback.running import spawned
from tests.servers import postgres, valkey

LATENCY = ("--latency-ms", "500")
IN_FLIGHT = 16
CASES = 1600
WARM_UP = 256  # so that each of four workers has loaded everything once
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Shared:
    """One campaign by several workers: its send window and the workers' CPU, in seconds."""

    window_s: float
    cpu_s: float


def bench(runs: int) -> list[Figure]:
    """The figures of several workers."""
    one = [_campaign(1) for _ in range(runs)]
    four = [_campaign(4) for _ in range(runs)]
    embedded = middle([_embedded() for _ in range(runs)])
    alone, together = middle([shared.cpu_s for shared in one]), middle([shared.cpu_s for shared in four])
    speed = middle([shared.window_s for shared in one]) / middle([shared.window_s for shared in four])
    return [
        Figure("four workers / one worker, cases a second", speed, 3.6, "ratio", is_floor=True),
        Figure("CPU a case, four workers / one worker", together / alone, 1.3, "ratio"),
        Figure("CPU a case, distributed / embedded", alone / embedded, 2.0, "ratio"),
    ]


def _campaign(workers: int) -> Shared:
    """Submits a campaign to so many fresh workers, after one that warmed them up."""
    with _place(workers) as (folder, environment, processes), spawned(*LATENCY) as url:
        _submit(folder, environment, "warm-up", url, WARM_UP)
        _reset(url)
        before = sum(map(_cpu_s, processes))
        _submit(folder, environment, "measured", url, CASES)
        cpu_s = sum(map(_cpu_s, processes)) - before
        log = _log(url)
    if log["requests"] != CASES:
        raise RuntimeError(f"{log['requests']} requests for {CASES} cases")
    return Shared(log["last_at"] - log["first_at"], cpu_s)


def _embedded() -> float:
    """CPU seconds of the same campaign by `probewright run` on SQLite, start-up taken out."""
    with measured(CASES, IN_FLIGHT, LATENCY) as whole, measured(1, IN_FLIGHT, LATENCY) as start:
        return whole.process.cpu_s - start.process.cpu_s


@contextmanager
def _place(workers: int) -> Iterator[tuple[Path, Mapping[str, str], list[int]]]:
    """A folder, the environment of its commands, and the process numbers of running workers."""
    with tempfile.TemporaryDirectory() as name, valkey() as redis, postgres() as database:
        folder = Path(name)
        environment = {
            **os.environ,
            "PROBEWRIGHT_HOME": str(folder / "home"),
            "PROBEWRIGHT_DATABASE_URL": database.url,
            "PROBEWRIGHT_REDIS_URL": redis.url,
        }
        command = [PROBEWRIGHT, "worker"]
        started = [
            subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL) for _ in range(workers)
        ]
        try:
            yield folder, environment, [process.pid for process in started]
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(30)


def _submit(folder: Path, environment: Mapping[str, str], name: str, url: str, cases: int) -> None:
    prompts = "".join(f"How would somebody do thing number {number}?\n" for number in range(cases))
    (folder / f"{name}.csv").write_text(f"prompt\n{prompts}")
    spec = {
        "name": name,
        "target": {"kind": "openai_chat", "base_url": url, "model": "mock"},
        "family": {"kind": "static", "path": f"{name}.csv"},
        "oracle": "refusal",
        "limits": {"concurrency": IN_FLIGHT},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(spec))
    run([PROBEWRIGHT, "submit", str(path), "--wait", "--json"], environment)


def _cpu_s(pid: int) -> float:
    """What a process has taken so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _log(url: str) -> Mapping[str, float]:
    with urlopen(f"{url.removesuffix('/v1')}/log") as answer:
        log: Mapping[str, float] = orjson.loads(answer.read())
    return log


def _reset(url: str) -> None:
    time.sleep(1.0)  # until every worker has left the warm-up
    with urlopen(f"{url.removesuffix('/v1')}/reset", data=b"") as answer:
        answer.read()
