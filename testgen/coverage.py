"""Coverage: which t-tuples of axis values were really tested, and which are holes.

Only cells whose case was sent and answered count; a cell without a case, or without an answer, covers nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from probewright.types import Axes, Items, Space

MAX_HOLES = 200

Tuple = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the ``total`` things that ``criterion`` asks for were ``covered``; ``holes`` lists missing ones."""

    criterion: str
    covered: int
    total: int
    holes: tuple[Tuple, ...]

    @property
    def share(self) -> float | None:
        """Covered of total, 0 to 1; None where there is nothing to cover."""
        return self.covered / self.total if self.total else None


def measure(space: Space, tested: Iterable[Mapping[str, str]], criterion: str) -> Coverage:
    """Coverage of ``space`` by the labels of the tested cells.

    Args:
        space: Axes, or a set of items.
        tested: The labels of each case that was sent and answered.
        criterion: ``per-cell``, or ``t-way`` for a number t such as ``2-way``.
    """
    if isinstance(space, Items):
        return _items(space, tested)
    strength = len(space.values) if criterion == "per-cell" else int(criterion.partition("-")[0])
    groups = list(combinations(space.values, strength))
    seen = {tuple((axis, labels[axis]) for axis in group) for labels in tested for group in groups}
    total = sum(prod(len(space.values[axis]) for axis in group) for group in groups)
    holes: list[Tuple] = []
    for wanted in _wanted(space, groups):
        if len(holes) == MAX_HOLES or len(seen) == total:
            break
        if wanted not in seen:
            holes.append(wanted)
    return Coverage(criterion, len(seen), total, tuple(holes))


def _wanted(space: Axes, groups: Sequence[tuple[str, ...]]) -> Iterator[Tuple]:
    for group in groups:
        for row in product(*(space.values[axis] for axis in group)):
            yield tuple(zip(group, row, strict=True))


def _items(space: Items, tested: Iterable[Mapping[str, str]]) -> Coverage:
    seen = {labels["item"] for labels in tested}
    missing = [item for item in space.ids if item not in seen]
    holes = tuple((("item", item),) for item in missing[:MAX_HOLES])
    return Coverage("per-cell", len(space.ids) - len(missing), len(space.ids), holes)
