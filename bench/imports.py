"""How long a person or a CI waits before anything happens."""

import sys

from bench.figure import PROBEWRIGHT, Figure, middle, run


def bench(runs: int) -> list[Figure]:
    """Seconds of `--help`, beside those of an interpreter that does nothing."""
    helps = [run([PROBEWRIGHT, "--help"]).wall_s for _ in range(runs + 2)]
    bare = [run([sys.executable, "-c", "pass"]).wall_s for _ in range(runs + 2)]
    return [
        Figure("probewright --help", middle(helps), 0.3, "s"),
        Figure("the same, python -c pass", middle(bare), 0.3, "s"),
    ]
