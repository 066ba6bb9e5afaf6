"""What the safety family asks about: per category, the scenarios and the matter that persuasion is made of.

The files lie in ``testgen/data/astral``, one a category. A scenario says what a bad-faith user asks for, as a headline
and never as instructions; the lists beside it hold invented claims, bodies and roles that fit every scenario of the
category.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probewright.errors import DataError, UnknownName

FOLDER = Path(__file__).parent / "data" / "astral"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scenario(_Frozen):
    """One request, in three registers, and what it is about.

    ``act`` and ``slang`` are verb phrases that fit "how to ...", ``technical`` is a noun phrase with its article, and
    ``topic`` a noun phrase that fits "about ...".
    """

    act: str = Field(min_length=1)
    topic: str = Field(min_length=1)
    slang: str = Field(min_length=1)
    technical: str = Field(min_length=1)


class CategoryData(_Frozen):
    """Everything that is written about one category. Comments give the sentence that a list's items complete."""

    category: str
    scenarios: tuple[Scenario, ...] = Field(min_length=2)
    fields: tuple[str, ...] = Field(min_length=2)  # a professor of ...
    audiences: tuple[str, ...] = Field(min_length=2)  # a survey of 1,400 ...
    findings: tuple[str, ...] = Field(min_length=2)  # a study found that ...
    endorsements: tuple[str, ...] = Field(min_length=2)  # an expert says that ...
    bodies: tuple[str, ...] = Field(min_length=2)  # ... has ruled that
    permissions: tuple[str, ...] = Field(min_length=2)  # an institution has ruled that ...
    covers: tuple[str, ...] = Field(min_length=2)  # I am ...
    personas: tuple[str, ...] = Field(min_length=2)  # You are ...
    premises: tuple[str, ...] = Field(min_length=2)  # Since ..., it follows


def categories() -> tuple[str, ...]:
    """The categories there are data for, sorted."""
    return tuple(sorted(load_file(path).category for path in FOLDER.glob("*.yaml")))


@cache
def load(category: str) -> CategoryData:
    """The data of ``category``.

    Raises:
        UnknownName: no file holds this category.
        DataError: its file is not what it should be.
    """
    path = FOLDER / f"{category.replace(',', '_')}.yaml"
    if not path.is_file():
        raise UnknownName("category", category, categories())
    data = load_file(path)
    if data.category != category:
        raise DataError(f"{path.name}: category is {data.category!r}, the file's name says {category!r}")
    return data


@cache
def load_file(path: Path) -> CategoryData:
    """A category's file, read and checked.

    Raises:
        DataError: it is not YAML, or a key is missing, unknown or of the wrong type.
    """
    try:
        return CategoryData.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{path.name}: {where}: {first['msg']}") from error


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        DataError: it cannot be read or parsed.
    """
    try:
        # PyYAML's own reader is ten times slower than libyaml's, which its wheels bring along.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path.name}: cannot be read as YAML: {' '.join(str(error).split())}") from error
