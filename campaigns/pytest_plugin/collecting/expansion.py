"""Turns one marked test into many: the ids at once, the cases themselves only when their tests run.

Collecting generated cases imports no family, since their number is enough for ids: "astral-0007".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probewright import registry
from probewright.campaigns.pytest_plugin.collecting.case import LiveCase, LiveCases
from probewright.campaigns.pytest_plugin.collecting.marked import Marked
from probewright.errors import ConfigError, unknown
from probewright.types import Cell, Items

if TYPE_CHECKING:
    from probewright.protocols import Family

SUITE_MARK = b'"probewright_suite"'  # in the first line of a frozen suite; all other files are rows of prompts
MOST_FIRST_LINE = 64 * 1024  # bytes
ONE, MANY = "case", "cases"  # the arguments of tests of one case, and of a group of them


class Expansion:
    """The cases of one marked test function.

    Args:
        marked: What the marker says.
        folder: Where the test's file is: paths in the family's parameters are relative to it.

    Raises:
        ConfigError: there is no such family, or the file of a suite cannot be read.
    """

    def __init__(self, marked: Marked, folder: Path) -> None:
        self.marked = marked
        self.folder = folder
        self.family = self._family()
        if self.family["kind"] not in (known := registry.table("family")):
            raise ConfigError(f"probewright marker: {unknown('family', self.family['kind'], known)}")

    def parametrize(self, metafunc: pytest.Metafunc) -> None:
        """Gives the test function its cases.

        Raises:
            ConfigError: the function takes no ``case``, or no ``cases`` where the marker names a group.
        """
        wanted = MANY if self.marked.group else ONE
        if wanted not in metafunc.fixturenames:
            what = "a group" if self.marked.group else "a family or a suite"
            raise ConfigError(f"{metafunc.function.__name__}: a test of {what} takes the argument {wanted!r}")
        values = self._groups() if self.marked.group else self._singles()
        metafunc.parametrize(wanted, list(values.values()), ids=list(values))

    def _family(self) -> Mapping[str, Any]:
        if self.marked.suite is None:
            return dict(self.marked.family or {})
        if not self.marked.suite.is_file():
            raise ConfigError(f"probewright marker: suite {self.marked.suite}: no such file")
        with self.marked.suite.open("rb") as file:
            is_frozen = SUITE_MARK in file.readline(MOST_FIRST_LINE)
        return {"kind": "suite" if is_frozen else "static", "path": str(self.marked.suite)}

    def _singles(self) -> dict[str, Any]:
        cases = self.marked.cases
        if self.marked.suite is None and cases is not None:
            digits = len(str(cases - 1))
            return {f"{self.family['kind']}-{place:0{digits}}": LiveCase(place) for place in range(cases)}
        return {name: LiveCase(place) for place, name in enumerate(self._ids())}

    def _groups(self) -> dict[str, Any]:
        family, cells = self._built()
        groups: dict[str, list[LiveCase]] = {}
        for place, cell in enumerate(cells):
            labels = self._labels(family, cell)
            if self.marked.group not in labels:
                raise ConfigError(f"probewright marker: {unknown('group', self.marked.group, labels)}")
            groups.setdefault(labels[self.marked.group], []).append(LiveCase(place))
        return {value: LiveCases(cases) for value, cases in groups.items()}

    def _labels(self, family: "Family", cell: Cell) -> Mapping[str, str]:
        """The labels of a cell's case; only a family of items has to write it for them."""
        if self.marked.group in cell.labels:
            return cell.labels
        # Here, as it loads the engine, which collecting single cases does without.
        from probewright.campaigns.engine.script import run_pure  # noqa: PLC0415

        _, written = run_pure(family.write(cell))
        return getattr(written, "labels", cell.labels)

    def _ids(self) -> list[str]:
        family, cells = self._built()
        if isinstance(family.space(), Items):
            return [cell.labels["item"] for cell in cells]
        digits = len(str(len(cells) - 1))
        return [f"{family.name}-{place:0{digits}}" for place in range(len(cells))]

    def _built(self) -> "tuple[Family, list[Cell]]":
        """The family and the cells of its cases; loads it."""
        # Here, as specs load pydantic: most collections know the number of their cases.
        from probewright.campaigns.pytest_plugin.specs import check_family  # noqa: PLC0415

        spec = check_family(self.family, self.marked.seed, self.folder)
        family: Family = registry.create("family", spec.family, spec.seed)
        search = registry.create("search", spec.family.params.search, family.space(), spec.seed)
        wanted = self.marked.cases or search.size
        if isinstance(family.space(), Items) and wanted > search.size:
            raise ConfigError(f"probewright marker: cases is {wanted:,}; the set holds {search.size:,}")
        cells: list[Cell] = []
        while len(cells) < wanted and (more := search.ask(min(search.round_size, wanted - len(cells)))):
            cells.extend(more)
        return family, cells
