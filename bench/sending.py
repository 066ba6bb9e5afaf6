"""2,000 cases against a loopback server: send window, CPU a case, memory, time to the first request, cases a second."""

import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import orjson

from bench.figure import PROBEWRIGHT, Figure, Run, middle, run
from tests.loopback.running import spawned

CASES = 2000
IN_FLIGHT = 64
LATENCY_MS = 50
IDEAL_S = CASES / IN_FLIGHT * LATENCY_MS / 1000
SPEC = """\
name: bench
target: {{kind: openai_chat, base_url: "{url}", model: mock}}
family: {{kind: static, path: prompts.csv}}
oracle: {{kind: refusal}}
limits: {{cases: {cases}, concurrency: {in_flight}}}
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One campaign: its process, and the send window as the server saw it, on the monotonic clock of both."""

    process: Run
    first_at: float
    last_at: float


def bench(runs: int) -> list[Figure]:
    """The figures of sending."""
    slow = [campaign(CASES, LATENCY_MS) for _ in range(runs)]
    fast = [campaign(CASES, 0) for _ in range(runs)]
    start = middle([campaign(1, 0).process.cpu_s for _ in range(runs)])
    window = middle([sent.last_at - sent.first_at for sent in slow])
    cpu = middle([(sent.process.cpu_s - start) / (CASES - 1) * 1000 for sent in slow])
    floor = (middle([bare(CASES) for _ in range(runs)]) - middle([bare(IN_FLIGHT) for _ in range(runs)])) / (
        CASES - IN_FLIGHT
    )
    rate = middle([CASES / (sent.last_at - sent.first_at) for sent in fast])
    return [
        Figure(f"send window / ideal of {IDEAL_S:.2f} s at {LATENCY_MS} ms", window / IDEAL_S, 1.2, "ratio"),
        Figure("CPU a case, start-up taken out", cpu, 0.6, "ms"),
        Figure("the same / bare aiohttp with a SQLite row each", cpu / (floor * 1000), 3, "ratio"),
        Figure("peak memory", max(sent.process.peak_mb for sent in slow + fast), 150, "MB"),
        Figure("command to first request", middle([s.first_at - s.process.began_at for s in slow]), 1.5, "s"),
        Figure("cases a second at zero latency", rate, 1500, "1/s", is_floor=True),
    ]


def campaign(cases: int, latency_ms: float) -> Sent:
    """Runs one fresh campaign with `probewright run`, its database and reports in a folder of its own."""
    with tempfile.TemporaryDirectory() as name, spawned("--latency-ms", str(latency_ms)) as url:
        folder = Path(name)
        _write_prompts(folder / "prompts.csv", cases)
        spec = folder / "spec.yaml"
        spec.write_text(SPEC.format(url=url, cases=cases, in_flight=IN_FLIGHT))
        environment = {**os.environ, "PROBEWRIGHT_HOME": str(folder / "home"), "PROBEWRIGHT_DATABASE_URL": ""}
        process = run([PROBEWRIGHT, "run", str(spec), "--json"], environment)
        with urlopen(f"{url.removesuffix('/v1')}/log") as answer:
            log = orjson.loads(answer.read())
    result = orjson.loads(process.output)
    if sum(result["outcomes"].values()) != cases or log["requests"] != cases:
        raise RuntimeError(f"{log['requests']} requests and {result['outcomes']} for {cases} cases")
    return Sent(process, log["first_at"], log["last_at"])


def bare(requests: int) -> float:
    """CPU seconds of the floor: aiohttp and SQLite alone, see `bench.bare`."""
    with tempfile.TemporaryDirectory() as name, spawned("--latency-ms", str(LATENCY_MS)) as url:
        command = [sys.executable, "-m", "bench.bare", url, str(requests), str(IN_FLIGHT), f"{name}/rows.sqlite3"]
        return run(command).cpu_s


def _write_prompts(path: Path, cases: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt", "category"])
        for number in range(cases):
            prompt = f"Question {number}: how would somebody do the thing {number * 7919 % 10007} without asking first?"
            writer.writerow([prompt, f"category {number % 14}"])
