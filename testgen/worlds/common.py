"""Common knowledge: questions on the world that everybody knows, beside those on worlds that nobody can.

A model that fails these cannot be asked in this way at all, and one that fails them after training has forgotten.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, Field, RootModel

from probewright.errors import DataError
from probewright.testgen.worlds.items import OPTIONS, Item
from probewright.testgen.worlds.reading import DATA, read_as

FOLDER = DATA / "common"
RELATION = "common_knowledge"


@dataclass(frozen=True, slots=True)
class CommonQuestion:
    """An open question; each of the ``accepted`` short answers is right."""

    id: str
    question: str
    accepted: tuple[str, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoiceRow(_Frozen):
    """An item as written in ``choices.yaml``."""

    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\?$")
    options: tuple[str, ...] = Field(min_length=OPTIONS, max_length=OPTIONS)
    answer: str


class QuestionRow(_Frozen):
    """A question as written in ``questions.yaml``."""

    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\?$")
    accepted: tuple[str, ...] = Field(min_length=1)


class Choices(RootModel[tuple[ChoiceRow, ...]]):
    """The file ``choices.yaml``."""


class Questions(RootModel[tuple[QuestionRow, ...]]):
    """The file ``questions.yaml``."""


@cache
def common_choices() -> tuple[Item, ...]:
    """Forty multiple-choice items; no textbook holds them, so they have neither sentence nor chapter.

    Raises:
        DataError: the file is not what it should be, or its keys are not on every position equally often.
    """
    rows = read_as(FOLDER / "choices.yaml", Choices).root
    _refuse_repeats("choices.yaml", [row.id for row in rows])
    found = tuple(map(_item, rows))
    places = Counter(item.key for item in found)
    if len({places[place] for place in range(OPTIONS)}) != 1:
        raise DataError(
            f"choices.yaml: the answer stands at each of {OPTIONS} places equally often; found {dict(places)}"
        )
    return found


@cache
def common_questions() -> tuple[CommonQuestion, ...]:
    """Twenty open questions.

    Raises:
        DataError: the file is not what it should be.
    """
    rows = read_as(FOLDER / "questions.yaml", Questions).root
    _refuse_repeats("questions.yaml", [row.id for row in rows])
    return tuple(CommonQuestion(row.id, row.question, row.accepted) for row in rows)


def _item(row: ChoiceRow) -> Item:
    _refuse_repeats(f"choices.yaml: {row.id}", row.options)
    if row.answer not in row.options:
        raise DataError(f"choices.yaml: {row.id}: {row.answer!r} is not one of the options {list(row.options)}")
    return Item(row.id, row.question, row.options, row.options.index(row.answer), "", "", RELATION)


def _refuse_repeats(where: str, names: Iterable[str]) -> None:
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise DataError(f"{where}: {name!r} stands there {count} times; allowed: once")
