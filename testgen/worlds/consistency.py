"""Whether a world holds together: every fact well formed, and no two that contradict each other."""

import re
from collections.abc import Iterator

from probewright.errors import DataError, unknown
from probewright.testgen.worlds.world import Fact, Relation, World


def check(world: World) -> None:
    """Does nothing for a world that holds together.

    Raises:
        DataError: a fact is not well formed, or two facts contradict each other; one line that quotes them.
    """
    for fact in world.facts:
        _check_form(world, fact)
    for first, second, why in _contradictions(world):
        raise DataError(f"world {world.name}: {first.sentence!r} contradicts {second.sentence!r}: {why}")


def _check_form(world: World, fact: Fact) -> None:
    where = f"world {world.name}: {fact.sentence!r}: "
    if fact.relation not in world.relations:
        raise DataError(where + unknown("relation", fact.relation, world.relations))
    relation = world.relations[fact.relation]
    for kind, name in ((relation.subject, fact.subject), (relation.value, fact.value)):
        if kind and name not in world.entities[kind]:
            raise DataError(where + unknown(kind, name, world.entities[kind]))
        if name not in fact.sentence:
            raise DataError(f"{where}{name!r} is missing from the sentence")
    titles = [chapter.title for chapter in world.chapters]
    if fact.chapter not in titles:
        raise DataError(where + unknown("chapter", fact.chapter, titles))


def _contradictions(world: World) -> Iterator[tuple[Fact, Fact, str]]:
    values: dict[tuple[str, str], Fact] = {}
    subjects: dict[tuple[str, str], Fact] = {}
    for fact in world.facts:
        relation = world.relations[fact.relation]
        first = values.setdefault((fact.subject, relation.name), fact)
        if first is not fact:
            yield first, fact, f"{fact.subject} has one value for {relation.name!r}, to be stated once"
        first = subjects.setdefault((fact.value, relation.pool), fact)
        if first is not fact:
            yield first, fact, f"{fact.value} is the value of one subject only for {relation.pool!r}"
    for relation in world.relations.values():
        yield from _out_of_order(world, relation)


def _out_of_order(world: World, relation: Relation) -> Iterator[tuple[Fact, Fact, str]]:
    later = [fact for fact in world.facts if fact.relation == relation.name]
    earlier = [fact for fact in world.facts if fact.relation == relation.after]
    for first in earlier:
        for second in later:
            if _number(second) <= _number(first):
                yield first, second, f"{relation.name!r} is later than {relation.after!r}"


def _number(fact: Fact) -> float:
    found = re.search(r"\d+(?:\.\d+)?", fact.value)
    if found is None:
        raise DataError(f"the value {fact.value!r} of {fact.sentence!r} is no number")
    return float(found[0])
