"""An even walk through a list: who draws often meets every item before any of them again."""

from collections.abc import Hashable, Sequence
from math import gcd

from probewright.seeds import generator


class Walk:
    """Deals the items of lists to ``lanes`` (the cells that share the lists), evenly and in a seeded order.

    One lane meets every item of a list once before it meets any again, and lanes that ask equally often together use
    all items about equally often. What a lane gets depends on its own index only, never on the order of the calls.
    """

    def __init__(self, lanes: Sequence[Hashable], seed: int, name: str) -> None:
        self._lanes = tuple(lanes)
        self._seed = seed
        self._name = name
        self._decks: dict[tuple[str, int], tuple[dict[Hashable, int], tuple[int, ...]]] = {}

    def position(self, deck: str, size: int, lane: Hashable, index: int) -> int:
        """Which item (from 0) of the list ``deck`` with ``size`` items ``lane`` gets at its ``index`` (from 0)."""
        ranks, order = self._deck(deck, size)
        lanes = len(self._lanes)
        # Where lanes and size share a factor, a lane's stride comes back to its start too soon: shift it by one then.
        shift = index // (size // gcd(size, lanes))
        return order[(ranks[lane] + lanes * index + shift) % size]

    def _deck(self, deck: str, size: int) -> tuple[dict[Hashable, int], tuple[int, ...]]:
        """A seeded rank of every lane, and a seeded order of the items."""
        if (deck, size) not in self._decks:
            rng = generator(self._seed, self._name, deck, size)
            ranks, order = list(range(len(self._lanes))), list(range(size))
            rng.shuffle(ranks)
            rng.shuffle(order)
            self._decks[deck, size] = dict(zip(self._lanes, ranks, strict=True)), tuple(order)
        return self._decks[deck, size]
