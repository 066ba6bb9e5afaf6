"""100,000 cases at zero latency: memory stays flat, and the last tenth is as fast as the first."""

from datetime import datetime
from itertools import pairwise
from statistics import quantiles

from bench.figure import Figure
from bench.measured import Measured, measured

CASES = 100_000
IN_FLIGHT = 64
TENTH = CASES // 10
SLICE = 500  # cases whose time is taken together
JUDGED_AT = f"SELECT created_at FROM campaigns_verdict WHERE id % {SLICE} = 0 ORDER BY id"


def bench(runs: int) -> list[Figure]:  # noqa: ARG001 (one run takes minutes; its tenths are compared with each other)
    """The figures of one long campaign."""
    with measured(CASES, IN_FLIGHT) as done:
        slices = slices_s(done)
        first, last = slices[: TENTH // SLICE], slices[-TENTH // SLICE :]
        return [
            Figure(f"peak memory, {CASES:,} cases", done.process.peak_mb, 200, "MB"),
            Figure("last tenth / first, in seconds", sum(last) / sum(first), 1.1, "ratio"),
            Figure("the same, the quickest quarter of each", quick_s(last) / quick_s(first), 1.1, "ratio"),
            Figure("cases a second, start and report included", CASES / done.process.wall_s, 500, "1/s", is_floor=True),
            Figure("the whole command", done.process.wall_s, 200, "s"),
        ]


def slices_s(done: Measured) -> list[float]:
    """Seconds between every 500th verdict and the next."""
    moments = [datetime.fromisoformat(at) for (at,) in done.rows(JUDGED_AT)]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


def quick_s(slices: list[float]) -> float:
    """The lower quartile: what a slice takes while nothing else wants the machine."""
    return quantiles(slices, n=4)[0]
