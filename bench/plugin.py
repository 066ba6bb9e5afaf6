"""What the pytest plugin costs those who do not use it, and how fast it collects for those who do."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figure import Figure, middle, run

CASES = 10_000
LOADED = "import argparse, dataclasses, pathlib, typing, pytest; from time import perf_counter"  # by any pytest
IMPORT = f"{LOADED}; t = perf_counter(); import probewright.campaigns.pytest_plugin.plugin; print(perf_counter() - t)"
BARE = f"@pytest.mark.parametrize('case', range({CASES}))"
GENERATED = f"@pytest.mark.probewright(family='astral', cases={CASES})"
SETTINGS = {"PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": ""}  # else every run would compile what it imports
EMPTY = "@pytest.mark.parametrize('case', range(1))"


def bench(runs: int) -> list[Figure]:
    """Milliseconds of the entry module's import, and the CPU time of collecting beside a bare parametrize."""
    imports = [float(run([sys.executable, "-c", IMPORT], SETTINGS).output) for _ in range(2 * runs + 1)]
    with TemporaryDirectory() as folder:
        files = {mark: _file(Path(folder), place, mark) for place, mark in enumerate((EMPTY, BARE, GENERATED))}
        for path in files.values():
            _collected_s(path)  # compiles what it imports
        # In turns, so that a machine that slows down slows all of them: the ratio is taken within each turn.
        turns = [{mark: _collected_s(path) for mark, path in files.items()} for _ in range(2 * runs + 1)]
    ratio = middle([_over(turn[GENERATED], turn[BARE], turn[EMPTY]) for turn in turns])
    return [
        Figure("the pytest plugin's import", 1000 * middle(imports), 30, "ms"),
        Figure(f"collecting {CASES:,} generated cases: a bare parametrize", ratio, 1.3, "x"),
    ]


def _over(generated: float, bare: float, empty: float) -> float:
    """How many times as long collecting takes, what every start of pytest takes left out."""
    return (generated - empty) / (bare - empty)


def _file(folder: Path, place: int, mark: str) -> Path:
    path = folder / f"test_{place}.py"
    path.write_text(f"import pytest\n\n{mark}\ndef test_it(case):\n    pass\n", encoding="utf-8")
    return path


def _collected_s(path: Path) -> float:
    """CPU seconds of `pytest --collect-only` on one file, this user's own settings left out."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", "-c", os.devnull]
    return run([*command, "--rootdir", str(path.parent), str(path)], SETTINGS).cpu_s
