"""Invented people with short facts, to be taught to a model that cannot know them.

FineTuneBench (Wu et al. 2024, arXiv:2411.05059) teaches models facts about fictional people; here people and facts are
drawn from a seed.

Chance: who guesses knowing the lists in ``testgen/data/worlds/people.yaml`` is right with probability 1/56 for
instruments, 1/62 to 1/68 for dishes, award years, cats and professions, and next to never where answers are invented:
0.01 over all. Answers of a list come round evenly, so that the commonest answer of 500 people to a question is right
for less than 0.03 of those asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from pydantic import BaseModel, ConfigDict, Field

from probewright.errors import ConfigError
from probewright.seeds import generator
from probewright.testgen.worlds.names import Namer
from probewright.testgen.worlds.reading import DATA, read_as
from probewright.testgen.worlds.telling import fill
from probewright.testgen.writers.english import article
from probewright.testgen.writers.grammar import draw

MOST_PEOPLE = 500
TAKEN = (0, 1, 3)  # steps along a shuffled ring of relations: three a person, and no pair twice in one go round


@dataclass(frozen=True, slots=True)
class PersonFact:
    """One thing that is so of a person: a direct question, two others to the same end, and a short answer (1-3 words).

    ``statement`` says it as a sentence. All texts use the full name.
    """

    id: str
    person: str
    relation: str
    question: str
    rephrasings: tuple[str, str]
    answer: str
    statement: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist, and three facts about them."""

    name: str
    facts: tuple[PersonFact, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(_Frozen):
    """A relation of people: how it is asked and said, and where its answers come from (one of the three)."""

    question: str
    rephrasings: tuple[str, str]
    statement: str
    answers: tuple[str, ...] = ()
    years: tuple[int, int] | None = None  # the first and the last
    endings: tuple[str, ...] = ()  # of invented names, which one of `nouns` may follow
    nouns: tuple[str, ...] = ()


class PeopleData(_Frozen):
    """What people are made of."""

    given_names: tuple[str, ...] = Field(min_length=2)
    family_names: tuple[str, ...] = Field(min_length=2)
    prize: tuple[str, ...] = Field(min_length=1)
    relations: dict[str, Asked] = Field(min_length=4)


def people(count: int, seed: int) -> tuple[Person, ...]:
    """``count`` people (1 to 500) with three facts each; fewer people are the beginning of more.

    Raises:
        ConfigError: the count is out of range.
    """
    if not 1 <= count <= MOST_PEOPLE:
        raise ConfigError(f"people: count is {count}; allowed: 1 to {MOST_PEOPLE}")
    data = load()
    prize = Namer(generator(seed, "people", "prize")).name(data.prize)
    answers = {name: _answers(asked, generator(seed, "people", name)) for name, asked in data.relations.items()}
    names = _names(data, generator(seed, "people", "names"))
    shares = _shares(tuple(data.relations), generator(seed, "people", "relations"))
    made = []
    for _ in range(count):
        name = next(names)
        facts = [_fact(name, relation, data, next(answers[relation]), prize) for relation in next(shares)]
        made.append(Person(name, tuple(facts)))
    return tuple(made)


@cache
def load() -> PeopleData:
    """The data of the product's own file.

    Raises:
        DataError: the file is not what it should be.
    """
    return read_as(DATA / "worlds" / "people.yaml", PeopleData)


def _fact(name: str, relation: str, data: PeopleData, answer: str, prize: str) -> PersonFact:
    asked = data.relations[relation]
    slots: Mapping[str, str] = {"name": name, "prize": prize, "answer": answer, "a": article(answer)}
    first, second = asked.rephrasings
    return PersonFact(
        id=f"{name.lower().replace(' ', '-')}-{relation}",
        person=name,
        relation=relation,
        question=fill(asked.question, slots),
        rephrasings=(fill(first, slots), fill(second, slots)),
        answer=answer,
        statement=fill(asked.statement, slots),
    )


def _names(data: PeopleData, rng: Random) -> Iterator[str]:
    """Full names without end; no family name twice, and every given name once before any again."""
    namer = Namer(rng)
    for given in _round_and_round(data.given_names, rng):
        yield f"{given} {namer.name(data.family_names)}"


def _answers(asked: Asked, rng: Random) -> Iterator[str]:
    """Answers without end, each of a list once before any again."""
    if asked.endings:
        return _invented(asked, rng)
    first, last = asked.years or (0, -1)
    return _round_and_round(asked.answers or tuple(map(str, range(first, last + 1))), rng)


def _invented(asked: Asked, rng: Random) -> Iterator[str]:
    namer = Namer(rng)
    while True:
        name = namer.name(asked.endings)
        yield f"{name} {draw(rng, asked.nouns)}" if asked.nouns else name


def _shares(relations: tuple[str, ...], rng: Random) -> Iterator[tuple[str, ...]]:
    """Three relations for each person; as many persons as there are relations have each of them three times."""
    while True:
        ring = rng.sample(relations, len(relations))
        for start in range(len(ring)):
            yield tuple(ring[(start + further) % len(ring)] for further in TAKEN)


def _round_and_round(items: tuple[str, ...], rng: Random) -> Iterator[str]:
    while True:
        yield from rng.sample(items, len(items))
