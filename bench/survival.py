"""2,000 cases against a server that fails as real ones do: 429, 500, dropped connections, requests stalled for ever."""

from bench.figure import Figure, middle
from bench.measured import measured
from tests.loopback.faults import Fault

CASES = 2000
IN_FLIGHT = 64
LATENCY_MS = 50
TIMEOUT_S = 10
RATES = {Fault.RATE_LIMITED: 0.05, Fault.SERVER_FAULT: 0.02, Fault.DROP: 0.01, Fault.STALL: 0.005}
BUDGET_S = 20.0


def bench(runs: int) -> list[Figure]:
    """The figures of a run under faults. An attempt may take 10 s, so a single stalled request costs that much."""
    windows, requests = zip(*(campaign(seed) for seed in range(runs)), strict=True)
    name = f"send window, {CASES:,} cases, {sum(RATES.values()):.1%} faults"
    return [
        Figure(f"{name}, median", middle(windows), BUDGET_S, "s"),
        Figure(f"{name}, slowest", max(windows), BUDGET_S, "s"),
        Figure("requests / cases plus faults injected", max(requests), 1, "ratio"),
    ]


def campaign(seed: int) -> tuple[float, float]:
    """The send window in seconds, and requests for each case and each fault that the server injected: 1 is right."""
    faults = [word for fault, rate in RATES.items() for word in ("--fault", f"{fault}={rate}")]
    server = ["--latency-ms", str(LATENCY_MS), "--seed", str(seed), *faults]
    with measured(CASES, IN_FLIGHT, server, timeout_s=TIMEOUT_S) as done:
        injected = sum(count for step, count in done.log["steps"].items() if step != Fault.NONE)
        return done.window_s, done.log["requests"] / (CASES + injected)
