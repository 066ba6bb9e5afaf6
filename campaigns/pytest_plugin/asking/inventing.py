"""The fixture ``world``: an invented world from a seed, with its textbook and its questions."""

from functools import cache

from probewright.testgen.worlds.items import Item, items
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.world import World


class Invent:
    """Invents worlds: the same seed gives the same world in every process."""

    def __call__(self, seed: int = 0) -> World:
        """The world of a seed: a fictional organ, which no model was trained on."""
        return _invented(seed)

    def items(self, seed: int = 0, count: int | None = None) -> tuple[Item, ...]:
        """Multiple-choice questions that the textbook of a world answers; all of them where no count is given.

        Raises:
            ConfigError: the world has fewer.
        """
        return items(_invented(seed), count)


@cache
def _invented(seed: int) -> World:
    return invent(seed)
