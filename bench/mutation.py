"""Mutation testing of the statistics and the gate: would a test notice if a line were wrong?

mutmut changes one thing at a time in `probewright/stats` and `campaigns/gates` and runs the unit and property tests
that reach it. A mutant that no test notices has survived. All of it happens in a scratch copy, `out/mutation`;
`mutmut show NAME`, run there, says what a survivor changed. It takes most of an hour on one core; module names, such as
`python -m bench.mutation paired unpaired`, choose some.

mutmut changes no module constant, no property and no other decorated function. A mutant that hangs counts as killed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figure import Figure

MUTMUT = Path(sys.executable).with_name("mutmut")
ROOT = Path(__file__).resolve().parents[1]
SCRATCH = ROOT / "out" / "mutation"
TESTS = ("tests/unit/stats", "tests/unit/campaigns", "tests/property")
CONCERNS = re.compile(r"^from probewright\.(stats|campaigns\.gates)\b", re.MULTILINE)
BUDGET = 0.9
NOTICED = frozenset({"killed", "timeout"})
SHOWN = ("killed", "timeout", "survived", "no tests")

# Hypothesis' profile `ci` has fixed seeds and no deadline, so that a verdict can be repeated. The pytest plugin of this
# project is left out, since no test here is about it.
CONFIG = """
[tool.mutmut]
source_paths = ["probewright"]
only_mutate = ["probewright/stats/*.py", "probewright/campaigns/gates/*.py"]
timeout_multiplier = 2.0
timeout_constant = 2.0
pytest_add_cli_args = ["-p", "no:probewright", "-p", "no:cacheprovider", "--hypothesis-profile=ci"]
pytest_add_cli_args_test_selection = {tests}
"""


def bench(runs: int) -> list[Figure]:  # noqa: ARG001 (a verdict does not vary from run to run)
    """The share of mutants that a test noticed; prints the counts by module and names the survivors."""
    return [noticed(())]


def noticed(modules: Sequence[str]) -> Figure:
    """As `bench`, for the modules of these names, or all.

    Raises:
        RuntimeError: mutmut is not installed, or it failed.
    """
    if not MUTMUT.exists():
        raise RuntimeError(f"mutation testing needs mutmut beside {sys.executable}: pip install mutmut")
    _copy_tree()
    _mutmut("run", "--max-children", "1", *(f"*.{module}.x*" for module in modules))
    by_module = _statuses(_mutmut("results", "--all", "true", output=subprocess.PIPE))
    _tell(by_module)
    found = [status for statuses in by_module.values() for status in statuses.values()]
    share = sum(status in NOTICED for status in found) / len(found)
    return Figure(f"mutants killed, of {len(found):,}", share, BUDGET, "share", True)


def _copy_tree() -> None:
    """A fresh copy, with folders in place of the links: mutmut names a module by its path."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    for folder in ("probewright", "tests"):
        shutil.copytree(ROOT / folder, SCRATCH / folder, ignore=shutil.ignore_patterns("__pycache__"))
    concerned = [
        str(path.relative_to(ROOT))
        for folder in TESTS
        for path in sorted((ROOT / folder).rglob("test_*.py"))
        if CONCERNS.search(path.read_text())
    ]
    config = CONFIG.format(tests=json.dumps(concerned))
    (SCRATCH / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + config)


def _mutmut(*arguments: str, output: int | None = None) -> str:
    # Without PYTHONPATH, which would put the real tree before the mutants.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONHASHSEED"] = "0"
    ended = subprocess.run([MUTMUT, *arguments], cwd=SCRATCH, env=environment, stdout=output, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"mutmut {arguments[0]} ended with {ended.returncode}, see above; it ran in {SCRATCH}")
    return ended.stdout or ""


def _statuses(results: str) -> Mapping[str, Mapping[str, str]]:
    """By module, what became of each mutant by its name; those that were not asked for are left out."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for line in results.splitlines():
        name, separator, status = line.strip().rpartition(": ")
        if separator and status != "not checked":
            found[name.rpartition(".")[0]][name] = status
    return dict(sorted(found.items()))


def _tell(by_module: Mapping[str, Mapping[str, str]]) -> None:
    print(f"{'module':<54}{''.join(f'{status:>10}' for status in (*SHOWN, 'other', 'noticed'))}")
    for module, statuses in by_module.items():
        counts = Counter(status if status in SHOWN else "other" for status in statuses.values())
        share = sum(counts[status] for status in NOTICED) / counts.total()
        print(f"{module:<54}{''.join(f'{counts[status]:>10,}' for status in (*SHOWN, 'other'))}{share:>10.1%}")
    for statuses in by_module.values():
        for name, status in statuses.items():
            if status not in NOTICED:
                print(f"{status}: {name}")


if __name__ == "__main__":
    print(noticed(sys.argv[1:]).line())
