"""Worlds about a fictional organ: its regions, cells and hormones, their diseases, tests and treatments.

To ask about an organ that does not exist is Glianorex's idea (Griot et al. 2024, arXiv:2406.02394). Here every name and
every fact is drawn from a seed, so that a world that no model was trained on is always at hand.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import TypeAlias

from probewright.seeds import generator
from probewright.testgen.worlds.consistency import check
from probewright.testgen.worlds.domain import Domain, RelationData, load
from probewright.testgen.worlds.telling import Teller, fill
from probewright.testgen.worlds.things import Things
from probewright.testgen.worlds.world import Chapter, Fact, Relation, World

DOMAIN = "organ"

Values: TypeAlias = Mapping[tuple[str, str], str]  # by subject and relation


def invent(seed: int) -> World:
    """The world of ``seed``: the same one in every process. It holds together."""
    domain = load(DOMAIN)
    things = Things(domain, seed)
    nouns = {**things.nouns, "organ": things.of("organ")[0]}
    drawn = _drawn(domain, generator(seed, "relations"))
    values = _values(drawn, things, generator(seed, "values"))
    teller = Teller(generator(seed, "sentences"))
    world = World(
        name=nouns["organ"],
        domain=DOMAIN,
        seed=seed,
        title=fill(domain.title, nouns),
        entities=things.names,
        relations={name: _relation(name, data, nouns) for name, data in drawn.items()},
        facts=tuple(
            fact
            for chapter in domain.chapters
            for subject in things.of(chapter.kind)
            if not chapter.having or (subject, chapter.having) in values
            for fact in _told(subject, drawn, values, fill(chapter.title, nouns), teller)
        ),
        chapters=tuple(Chapter(fill(data.title, nouns), fill(data.opening, nouns)) for data in domain.chapters),
    )
    check(world)
    return world


def _drawn(domain: Domain, rng: Random) -> dict[str, RelationData]:
    """The relations of one world, in the file's order: the core, and some of the others of each kind."""
    chosen = {name for name, data in domain.relations.items() if data.is_core or data.subject not in domain.drawn}
    for kind, count in domain.drawn.items():
        others = [name for name, data in domain.relations.items() if data.subject == kind and not data.is_core]
        chosen.update(rng.sample(others, count))
    return {name: data for name, data in domain.relations.items() if name in chosen}


def _values(drawn: Mapping[str, RelationData], things: Things, rng: Random) -> Values:
    """What is so. Relations of one pool share out the subjects between them."""
    pools: dict[str, list[str]] = {}
    for name, data in drawn.items():
        pools.setdefault(data.pool or name, []).append(name)
    values = {}
    for names in pools.values():
        data = drawn[names[0]]
        subjects = things.of(data.subject)
        dealt = zip(rng.sample(subjects, len(subjects)), things.values(data.value, len(subjects), rng), strict=True)
        for at, (subject, value) in enumerate(dealt):
            values[subject, names[at % len(names)]] = value
    return values


def _relation(name: str, data: RelationData, nouns: Mapping[str, str]) -> Relation:
    kind = data.value if isinstance(data.value, str) else ""
    return Relation(name, data.subject, kind, data.pool or name, fill(data.question, nouns), data.after)


def _told(
    subject: str, drawn: Mapping[str, RelationData], values: Values, chapter: str, teller: Teller
) -> Iterator[Fact]:
    """All facts about ``subject``; no two sentences in a row begin alike."""
    sentence = ""
    for name, data in drawn.items():
        if (subject, name) in values:
            value = values[subject, name]
            sentence = teller.sentence(data.sentences, {"subject": subject, "value": value}, sentence)
            yield Fact(subject, name, value, sentence, chapter)
