"""The things of a world that is being made: named when first asked for."""

from collections.abc import Sequence
from random import Random

from probewright.seeds import generator
from probewright.testgen.worlds.domain import Domain, Quantity, Value
from probewright.testgen.worlds.names import Namer
from probewright.testgen.writers.grammar import draw


class Things:
    """Names by kind, all different, and what a thing of a kind is called in this world (``nouns``)."""

    def __init__(self, domain: Domain, seed: int) -> None:
        rng = generator(seed, "things")
        self._domain = domain
        self._rng = rng
        self._namer = Namer(rng)
        self._size = draw(rng, domain.sizes)
        self._endings = {name: (draw(rng, kind.endings),) for name, kind in domain.kinds.items()}
        self._given = rng.sample(domain.given_names, len(domain.given_names))
        self._made: dict[str, tuple[str, ...]] = {}
        self.nouns = {name: draw(rng, kind.nouns) for name, kind in domain.kinds.items() if kind.nouns}

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Every name made so far, by kind."""
        return dict(self._made)

    def of(self, kind: str) -> tuple[str, ...]:
        """The things of ``kind`` that facts are about: equally many of every kind, or a single one."""
        if kind not in self._made:
            self._make(kind, 1 if self._domain.kinds[kind].is_single else self._size)
        return self._made[kind]

    def values(self, value: Value, count: int, rng: Random) -> Sequence[str]:
        """``count`` different values in random order.

        Where facts are about such things too, these things; else new ones that no other relation has.
        """
        if isinstance(value, Quantity):
            return value.sample(rng, count)
        if value in self._domain.words:
            self._made[value] = tuple(rng.sample(self._domain.words[value], count))
            return self._made[value]
        if any(relation.subject == value for relation in self._domain.relations.values()):
            return rng.sample(self.of(value), count)
        return self._make(value, count)

    def _make(self, kind: str, count: int) -> tuple[str, ...]:
        new = tuple(self._name(kind) for _ in range(count))
        self._made[kind] = self._made.get(kind, ()) + new
        return new

    def _name(self, kind: str) -> str:
        form = self._domain.kinds[kind]
        name = self._namer.name(form.endings if form.is_mixed else self._endings[kind])
        if form.has_given_name:
            return f"{self._given.pop()} {name}"
        return f"{name} {self.nouns[kind]}" if form.nouns else name
