"""100,000 cases at zero latency: memory stays flat, and the last tenth is as fast as the first."""

import os
import threading
import time
from bisect import bisect_left
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure
from bench.measured import Measured, measured

CASES = 100_000
IN_FLIGHT = 64
TENTH = CASES // 10
JUDGED_AT = "SELECT created_at FROM campaigns_verdict ORDER BY id LIMIT 1 OFFSET {}"
SAMPLE_S = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


class CpuClock(threading.Thread):
    """Follows how much CPU a process has used. What else runs on the machine slows its wall clock, not this one."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._stat = Path()
        self._at: list[float] = []  # seconds since 1970
        self._used: list[float] = []  # CPU seconds by then

    def follow(self, pid: int) -> None:
        """Starts to follow a process; ends with it."""
        self._stat = Path(f"/proc/{pid}/stat")
        self.start()

    def run(self) -> None:
        """Takes samples."""
        while True:
            try:
                fields = self._stat.read_text().rpartition(")")[2].split()
            except OSError:
                return
            self._at.append(time.time())
            self._used.append((int(fields[11]) + int(fields[12])) / TICKS)
            time.sleep(SAMPLE_S)

    def used_s(self, began: float, ended: float) -> float:
        """CPU seconds between two moments, each taken at the sample that follows it."""
        first, last = (min(bisect_left(self._at, moment), len(self._at) - 1) for moment in (began, ended))
        return self._used[last] - self._used[first]


def bench(runs: int) -> list[Figure]:  # noqa: ARG001 (one run takes minutes; its tenths are compared with each other)
    """The figures of one long campaign."""
    clock = CpuClock()
    with measured(CASES, IN_FLIGHT, started=clock.follow) as done:
        first, last = tenth(done, 0), tenth(done, CASES - TENTH)
        return [
            Figure(f"peak memory, {CASES:,} cases", done.process.peak_mb, 200, "MB"),
            Figure("last tenth / first, by the wall clock", (last[1] - last[0]) / (first[1] - first[0]), 1.1, "ratio"),
            Figure("the same, by its CPU seconds", clock.used_s(*last) / clock.used_s(*first), 1.1, "ratio"),
            Figure("cases a second, start and report included", CASES / done.process.wall_s, 500, "1/s", is_floor=True),
            Figure("the whole command", done.process.wall_s, 200, "s"),
        ]


def tenth(done: Measured, first: int) -> tuple[float, float]:
    """When a tenth of the cases was judged, from case number ``first`` on, in the order of verdicts."""
    ends = [done.rows(JUDGED_AT.format(place))[0][0] for place in (first, first + TENTH - 1)]
    began, ended = (datetime.fromisoformat(end).replace(tzinfo=UTC).timestamp() for end in ends)
    return began, ended
