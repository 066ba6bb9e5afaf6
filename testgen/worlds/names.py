"""Invented names: pronounceable, alike in form, never two that could be taken for each other.

The sounds lie in ``testgen/data/worlds/names.yaml``. The names of one kind share their endings, so that nothing but
knowledge tells which of them answers a question.
"""

from collections.abc import Sequence
from functools import cache
from random import Random

from pydantic import BaseModel, ConfigDict, Field

from probewright.errors import DataError
from probewright.testgen.worlds.reading import DATA, read_as
from probewright.testgen.writers.grammar import draw

SHORT_STEMS = 0.5  # share
MAX_TRIES = 10_000


class Sounds(BaseModel):
    """What names are made of, and what none may hold or be. Comments in the file say how the lists go together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    onsets: tuple[str, ...] = Field(min_length=1)
    vowels: tuple[str, ...] = Field(min_length=1)
    pairs: tuple[str, ...] = Field(min_length=1)
    inner: tuple[str, ...] = Field(min_length=1)
    closes: tuple[str, ...] = Field(min_length=1)
    forbidden: tuple[str, ...]
    real: frozenset[str]


@cache
def load_sounds() -> Sounds:
    """The sounds of the product's own file.

    Raises:
        DataError: the file is not what it should be.
    """
    return read_as(DATA / "worlds" / "names.yaml", Sounds)


class Namer:
    """Makes names one after the other; any two differ in at least two letters before the ending."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._sounds = load_sounds()
        self._near: set[str] = set()

    def name(self, endings: Sequence[str]) -> str:
        """A new name with one of ``endings``, which begin with a vowel; its first letter is a capital.

        Raises:
            DataError: no further name can be told apart from those already made.
        """
        for _ in range(MAX_TRIES):
            stem = self._stem()
            name = stem + draw(self._rng, endings)
            near = _one_letter_less(stem)
            if near.isdisjoint(self._near) and _is_easily_spoken(stem) and self._is_allowed(name):
                self._near |= near
                return name.capitalize()
        raise DataError(f"no further name with an ending of {list(endings)} can be told apart; ask for fewer")

    def _stem(self) -> str:
        sounds = self._sounds
        start = self._draw(sounds.onsets) + self._draw(sounds.vowels)
        if self._rng.random() < SHORT_STEMS:
            return start + self._draw(sounds.pairs)
        # One consonant at the start, so that no stem is more than a letter longer than another.
        return start[-2:] + self._draw(sounds.inner) + self._draw(sounds.vowels) + self._draw(sounds.closes)

    def _draw(self, sounds: Sequence[str]) -> str:
        return draw(self._rng, sounds)

    def _is_allowed(self, name: str) -> bool:
        return name not in self._sounds.real and not any(part in name for part in self._sounds.forbidden)


def _is_easily_spoken(stem: str) -> bool:
    """Whether no consonant comes twice, as in "trirt"."""
    consonants = [letter for letter in stem if letter not in "aeiou"]
    return len(set(consonants)) == len(consonants)


def _one_letter_less(stem: str) -> set[str]:
    """The stem and what is left of it without one letter: stems at edit distance 1 share one of these."""
    return {stem, *(stem[:at] + stem[at + 1 :] for at in range(len(stem)))}
