"""Multiple-choice items of a world: what its textbook answers, and nothing else does.

All four options of an item are values of one pool, stated in the same chapter, each of them true of one subject of
this world: they are of one kind, unit and precision by construction, and three are false for the subject asked about.
A pool's options are shared out on a ring of its subjects, each beside its value: every item takes the values at the
same four distances from its subject, 0 among them. The other distances are drawn, so that each of the four is as likely
as the others to be the true one. Hence every value is offered four times and is the key once, and a quantity's key is
as likely to be the smallest as any other. Questions run in one direction only: no item names together what another asks
to match.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random

from probewright.errors import ConfigError, DataError
from probewright.seeds import generator
from probewright.testgen.worlds.world import Fact, World

OPTIONS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """A question with four options; ``options[key]`` is right. ``sentence``, in ``chapter``, is where it says so."""

    id: str
    question: str
    options: tuple[str, ...]
    key: int
    sentence: str
    chapter: str
    relation: str


def items(world: World, count: int | None = None) -> tuple[Item, ...]:
    """The first ``count`` items of ``world``, or all of them, at least 60.

    They come in one order, mixed from all relations, so fewer items are the beginning of more. The keys of any number
    of them fall on the four positions equally often, give or take one.

    Raises:
        ConfigError: the world has fewer items, or none were asked for.
        DataError: a relation has fewer than four different values.
    """
    rng = generator(world.seed, "items")
    pools: dict[tuple[str, str], list[Fact]] = {}
    for fact in world.facts:
        relation = world.relations[fact.relation]
        if relation.question:
            pools.setdefault((relation.pool, fact.chapter), []).append(fact)
    queues = [_shared_out(world, pool, facts, rng) for (pool, _), facts in pools.items()]
    rng.shuffle(queues)
    mixed = [asked for row in zip_longest(*queues) for asked in row if asked]
    if count is not None and not 1 <= count <= len(mixed):
        raise ConfigError(f"count is {count}; allowed: 1 to {len(mixed)}, the items of the world {world.name}")
    positions = _positions(len(mixed), rng)
    made = [_item(world, fact, wrong, key) for (fact, wrong), key in zip(mixed, positions, strict=True)]
    return tuple(made[:count])


def _shared_out(world: World, pool: str, facts: Sequence[Fact], rng: Random) -> list[tuple[Fact, list[str]]]:
    """The facts of a pool in random order, each with three values that are false for its subject."""
    ring = rng.sample(facts, len(facts))
    if len({fact.value for fact in ring}) < max(OPTIONS, len(ring)):
        raise DataError(f"world {world.name}: {pool!r} needs {OPTIONS} or more values, all different, to be asked for")
    distances = rng.sample(range(1, len(ring)), OPTIONS - 1)
    return [(fact, [ring[(at + distance) % len(ring)].value for distance in distances]) for at, fact in enumerate(ring)]


def _positions(count: int, rng: Random) -> list[int]:
    """Positions of keys: each four in a row hold every position once, in random order."""
    return [position for _ in range(0, count, OPTIONS) for position in rng.sample(range(OPTIONS), OPTIONS)][:count]


def _item(world: World, fact: Fact, wrong: Sequence[str], key: int) -> Item:
    options = [*wrong]
    options.insert(key, fact.value)
    return Item(
        id=f"{fact.relation}-{fact.subject.lower().replace(' ', '-')}",
        question=world.relations[fact.relation].question.replace("<subject>", fact.subject),
        options=tuple(options),
        key=key,
        sentence=fact.sentence,
        chapter=fact.chapter,
        relation=fact.relation,
    )
