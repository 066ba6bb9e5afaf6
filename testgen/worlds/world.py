"""A world: typed things, relations between them, and the facts that a textbook states, each of them once."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from probewright.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Relation:
    """What can be said of every thing of the kind ``subject``: one value, which belongs to no other subject.

    ``value`` is a kind too, or empty for a quantity. ``question`` asks for the value, with ``<subject>`` for the thing
    asked about; it is empty where nobody asks. The values of one ``pool`` (of one relation, or of several) are of equal
    form, and none of them is said of two subjects. ``after`` names a relation of years that all lie before this one's.
    """

    name: str
    subject: str
    value: str
    pool: str
    question: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """That ``relation`` holds between ``subject`` and ``value`` (a name, a word, or a number with its unit).

    ``sentence`` says so in a way that needs no context, and stands in ``chapter``.
    """

    subject: str
    relation: str
    value: str
    sentence: str
    chapter: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the textbook: its title and the text before its facts, which states none."""

    title: str
    opening: str


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is so in an invented world.

    ``entities`` are the names by kind; ``facts`` stand in the order of the textbook.
    """

    name: str
    domain: str
    seed: int
    title: str
    entities: Mapping[str, tuple[str, ...]]
    relations: Mapping[str, Relation]
    facts: tuple[Fact, ...]
    chapters: tuple[Chapter, ...]

    def textbook(self) -> str:
        """The whole textbook as Markdown: its title, then every chapter."""
        return "\n".join([f"# {self.title}\n", *(self.chapter(chapter.title) for chapter in self.chapters)])

    def chapter(self, title: str) -> str:
        """One chapter as Markdown: its title, its opening, and a paragraph for each thing it is about.

        Raises:
            UnknownName: no chapter has this title.
        """
        openings = {chapter.title: chapter.opening for chapter in self.chapters}
        if title not in openings:
            raise UnknownName("chapter", title, openings)
        stated = groupby((fact for fact in self.facts if fact.chapter == title), key=lambda fact: fact.subject)
        paragraphs = [" ".join(fact.sentence for fact in facts) for _, facts in stated]
        return "\n\n".join([f"## {title}", openings[title], *paragraphs]) + "\n"
