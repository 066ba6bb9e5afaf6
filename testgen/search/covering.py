"""Covering arrays: every combination of t axis values in as few tests as a greedy construction finds."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import covertable
from covertable import sorters
from pydantic import Field

from probewright.errors import ConfigError
from probewright.seeds import generator
from probewright.testgen.search.sweep import Sweep, SweepParams
from probewright.types import Axes, Items, Space

ATTEMPTS = 32  # the greedy construction often ends a row above the lower bound; another salt then meets it


class CoveringParams(SweepParams):
    """Parameters of the search `covering`."""

    strength: int = Field(default=2, ge=1, le=6, description="t: how many axes' values are combined, 2 for pairs")


class Covering(Sweep):
    """A t-way covering array a pass: each t-tuple of values of t different axes occurs in at least one row.

    Source: Kuhn, Kacker, Lei, "Introduction to Combinatorial Testing" (2013), chapter 4. The array is built greedily by
    the library covertable; later passes are other arrays, drawn from other salts. A set of items has no pairs to cover:
    all of it is asked, as `grid` does.
    """

    Params = CoveringParams

    def __init__(self, params: Any, space: Space, seed: int) -> None:
        self._strength: int = params.strength
        if not isinstance(space, Items) and self._strength > len(space.values):
            raise ConfigError(
                f"search covering: strength {self._strength} is more than the {len(space.values)} axes; "
                f"allowed: 1 to {len(space.values)}"
            )
        self.criterion = "per-cell" if isinstance(space, Items) else f"{self._strength}-way"
        super().__init__(params, space, seed)

    def rows(self, axes: Axes, pass_number: int) -> Sequence[Mapping[str, str]]:
        """The smallest of a few covering arrays, its rows in an order drawn from the seed."""
        smallest = prod(sorted(map(len, axes.values.values()))[-self._strength :])
        arrays = (self._array(axes, f"{self._seed}:{pass_number}:{attempt}") for attempt in range(ATTEMPTS))
        rows = next(arrays)
        for other in arrays:
            if len(rows) <= smallest:
                break
            rows = min(rows, other, key=len)
        generator(self._seed, "covering", pass_number).shuffle(rows)
        return rows

    def _array(self, axes: Axes, salt: str) -> list[dict[str, str]]:
        factors = {name: list(values) for name, values in axes.values.items()}
        array = covertable.make(factors, strength=self._strength, sorter=sorters.hash, salt=salt)
        return [{name: row[name] for name in factors} for row in array]
