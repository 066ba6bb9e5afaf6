"""One measured figure beside its budget, and how commands are measured."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

PROBEWRIGHT = str(Path(sys.executable).with_name("probewright"))


@dataclass(frozen=True, slots=True)
class Figure:
    """``measured`` in ``unit``, against a ``budget`` that it should stay under, or reach where ``is_floor``."""

    name: str
    measured: float
    budget: float
    unit: str
    is_floor: bool = False

    @property
    def is_within(self) -> bool:
        """Whether the budget holds."""
        return self.measured >= self.budget if self.is_floor else self.measured <= self.budget

    def line(self) -> str:
        """The figure as a line of the table."""
        name = f"{self.name} ({self.unit})"
        mark = "" if self.is_within else "  MISSED"
        bound = ">=" if self.is_floor else "<="
        return f"{name:<58} {self.measured:>10.3g} {bound}{self.budget:>8.4g}  {self.measured / self.budget:.2f}{mark}"


@dataclass(frozen=True, slots=True)
class Run:
    """What one finished process took: CPU and wall seconds, peak memory, and when it began on the monotonic clock."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    began_at: float
    output: bytes


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end.

    Raises:
        RuntimeError: it failed; a bench of a failing command measures nothing.
    """
    began = monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, monotonic() - began, usage.ru_maxrss / 1024, began, output)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return median(values)
