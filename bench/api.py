"""The API on a campaign of 200,000 outcomes, served by the real server: lists, and exports in flat memory."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import Request, urlopen

from bench.figure import PROBEWRIGHT, Figure, middle
from bench.large_campaign import large_campaign

OUTCOMES = 200_000
BUDGET_MS = 50.0
MEMORY_MB = 64.0
A_SECOND = 5_000.0
PORT = 8766
ADDRESS = f"http://127.0.0.1:{PORT}/api/v1"
LISTS = {
    "baselines": "/baselines",
    "campaigns": "/campaigns",
    "one campaign": "/campaigns/{}",
    "first outcomes": "/campaigns/{}/outcomes",
    "last outcomes": "/campaigns/{}/outcomes?cursor=199900-1",
    "outcomes of a rare status": "/campaigns/{}/outcomes?status=error",
    "outcomes with a label": "/campaigns/{}/outcomes?label=category%3Danimal_abuse&label=style%3Dslang",
    "labels": "/campaigns/{}/labels",
    "oracles": "/oracles",
}
FORMS = ("json", "csv", "sarif")
SLOW_S = 3.0  # how long the slow reader reads nothing


class Server:
    """The served API and its token."""

    def __init__(self, process: subprocess.Popen[bytes], token: str) -> None:
        self._process = process
        self._token = token

    def open(self, path: str) -> Request:
        """A request with the token."""
        return Request(ADDRESS + path, headers={"Authorization": f"Bearer {self._token}"})

    def memory_mb(self) -> float:
        """What all processes of the server hold now."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return sum(_resident_mb(int(pid)) for pid in (self._process.pid, *children))


def bench(runs: int) -> list[Figure]:
    """The median of each list in milliseconds; memory that an export adds, and its pace."""
    with TemporaryDirectory() as folder:
        number = large_campaign(Path(folder), OUTCOMES)
        with _serving(Path(folder)) as server:
            _wait_for_report(server, number)
            lists = [
                Figure(f"api: {name}", _median_ms(server, path.format(number), runs), BUDGET_MS, "ms")
                for name, path in LISTS.items()
            ]
            return [*lists, *_exports(server, number)]


def _median_ms(server: Server, path: str, runs: int) -> float:
    taken = []
    for _ in range(2 * runs + 1):
        began = monotonic()
        with urlopen(server.open(path)) as response:
            response.read()
        taken.append(1000 * (monotonic() - began))
    return middle(taken)


def _exports(server: Server, number: int) -> Iterator[Figure]:
    path = f"/campaigns/{number}/outcomes/stream"
    _read(server, path, most=2_000_000)  # what is loaded once
    before, began = server.memory_mb(), monotonic()
    count, peak = _read(server, path)
    yield Figure("api: export, outcomes a second", count / (monotonic() - began), A_SECOND, "1/s", is_floor=True)
    yield Figure("api: export, memory on top", max(0.0, peak - before), MEMORY_MB, "MB")
    _, peak = _read(server, path, most=2_000_000, is_slow=True)
    yield Figure("api: export to who reads nothing, memory on top", max(0.0, peak - before), MEMORY_MB, "MB")
    for form in FORMS:
        _, peak = _read(server, f"/campaigns/{number}/results?format={form}")
        yield Figure(f"api: results as {form}, memory on top", max(0.0, peak - before), MEMORY_MB, "MB")


def _read(server: Server, path: str, most: int | None = None, is_slow: bool = False) -> tuple[int, float]:
    """How many lines came, at most about ``most`` bytes of them, and the highest memory meanwhile."""
    count, size, peak = 0, 0, 0.0
    with urlopen(server.open(path)) as response:
        end = monotonic() + (SLOW_S if is_slow else 0.0)
        while monotonic() < end:
            peak = max(peak, server.memory_mb())
            sleep(0.1)
        while (most is None or size < most) and (piece := response.read(1_000_000)):
            count, size, peak = count + piece.count(b"\n"), size + len(piece), max(peak, server.memory_mb())
    return count, peak


def _resident_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def _serving(folder: Path) -> Iterator[Server]:
    environment = {**os.environ, "PROBEWRIGHT_HOME": str(folder)}
    add = [PROBEWRIGHT, "token", "add", "bench", "--scope", "admin"]
    token = subprocess.run(add, text=True, env=environment, check=True, capture_output=True).stdout.strip()
    command = [PROBEWRIGHT, "serve", "--port", str(PORT), "--no-worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            server = Server(process, token)
            _wait_for(server)
            yield server
        finally:
            process.terminate()


def _wait_for_report(server: Server, number: int) -> None:
    """The report is written in the background, once, and takes a core meanwhile."""
    while True:
        with urlopen(server.open(f"/campaigns/{number}/gate?wait=60")) as response:
            if response.status == 200:
                return


def _wait_for(server: Server) -> None:
    while True:
        with suppress(URLError, ConnectionError), urlopen(server.open("/whoami")):
            return
        sleep(0.2)
