"""Every cell once a pass."""

from collections.abc import Mapping, Sequence
from itertools import product

from probewright.seeds import generator
from probewright.testgen.search.sweep import Sweep
from probewright.types import Axes


class Grid(Sweep):
    """The full product of the axes, in an order drawn from the seed, so that a part of a pass is a fair sample.

    A set of items is walked in its own order, or in one drawn from the seed.
    """

    criterion = "per-cell"

    def rows(self, axes: Axes, pass_number: int) -> Sequence[Mapping[str, str]]:
        """Every combination of one value of each axis, shuffled anew for each pass."""
        names = list(axes.values)
        rows = [dict(zip(names, row, strict=True)) for row in product(*axes.values.values())]
        generator(self._seed, "grid", pass_number).shuffle(rows)
        return rows
