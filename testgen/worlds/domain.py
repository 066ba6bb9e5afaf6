"""What a kind of world is made of, as written in ``testgen/data/worlds/<domain>.yaml``."""

from functools import cache
from random import Random
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from probewright.testgen.worlds.reading import DATA, read_as


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NamedKind(_Frozen):
    """How the things of a kind are named: ``Talvovine``, with a noun ``Talvovine lobe``.

    The things of one world share their ending, unless ``is_mixed``, and their noun, so that no name stands out. There
    is one thing of the kind if ``is_single``.
    """

    endings: tuple[str, ...] = Field(min_length=1)
    nouns: tuple[str, ...] = ()
    is_single: bool = False
    is_mixed: bool = False
    has_given_name: bool = False


class Quantity(_Frozen):
    """Numbers from ``low`` to ``high``, at least a ``step`` apart, written with equally many digits.

    The last ``decimals`` digits stand behind the point. A clock's 905 is 09:05.
    """

    low: int = Field(ge=0)
    high: int
    step: int = Field(ge=1)
    decimals: int = Field(default=0, ge=0, le=3)
    unit: str = ""
    is_clock: bool = False

    def sample(self, rng: Random, count: int) -> list[str]:
        """``count`` distinct values, each with its unit, in random order."""
        low, high = (_minutes(self.low), _minutes(self.high)) if self.is_clock else (self.low, self.high)
        steps = range(low + rng.randrange(self.step), high + 1, self.step)
        return [self._written(number) for number in rng.sample(steps, count)]

    def _written(self, number: int) -> str:
        if self.is_clock:
            return f"{number // 60:02d}:{number % 60:02d}"
        return f"{number / 10**self.decimals:.{self.decimals}f} {self.unit}".strip()


def _minutes(clock: int) -> int:
    return clock // 100 * 60 + clock % 100


Value: TypeAlias = Quantity | str


class RelationData(_Frozen):
    """A relation: which kind it is about, what its values are (a kind or a quantity), and how it is said and asked."""

    subject: str
    value: Value
    sentences: tuple[str, ...] = Field(min_length=1)
    question: str = ""
    pool: str = ""
    after: str = ""
    is_core: bool = False

    @model_validator(mode="after")
    def _names_both_sides(self) -> "RelationData":
        for sentence in self.sentences:
            if "<subject>" not in sentence or "<value>" not in sentence:
                raise ValueError(f"{sentence!r} must hold <subject> and <value>")
        return self


class ChapterData(_Frozen):
    """A chapter about every thing of ``kind``, or about those that have the relation ``having``."""

    title: str
    kind: str
    opening: str
    having: str = ""


class Domain(_Frozen):
    """All that the worlds of one kind have in common. Comments in the file say what the parts are."""

    title: str
    sizes: tuple[int, ...] = Field(min_length=1)
    kinds: dict[str, NamedKind]
    given_names: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    drawn: dict[str, int]
    relations: dict[str, RelationData]
    chapters: tuple[ChapterData, ...]

    @model_validator(mode="after")
    def _knows_every_kind(self) -> "Domain":
        for name, relation in self.relations.items():
            kinds = [relation.subject, *([relation.value] if isinstance(relation.value, str) else [])]
            for kind in kinds:
                if kind not in self.kinds and kind not in self.words:
                    raise ValueError(f"relation {name!r}: {kind!r} is neither one of the kinds nor of the words")
        return self


@cache
def load(name: str) -> Domain:
    """The domain ``name``.

    Raises:
        DataError: its file is not what it should be.
    """
    return read_as(DATA / "worlds" / f"{name}.yaml", Domain)
