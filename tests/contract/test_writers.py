"""What every registered writer keeps to."""

from itertools import product
from random import Random
from typing import Any

import pytest

from probewright import registry
from probewright.testgen.profiles import PROFILES
from probewright.types import Cell, Hole
from tests.contract.plugins import play

PROFILE = PROFILES["astral"]
CELLS = [
    Cell(dict(zip(PROFILE.axes, row, strict=True)), index)
    for row in product(*PROFILE.axes.values())
    for index in (0, 1)
]


def _is_free(name: str) -> bool:
    fields = registry.load("writer", name).Params.model_fields
    return not any(field.is_required() for field in fields.values())


@pytest.fixture(params=sorted(filter(_is_free, registry.TABLES["writer"])))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(name: str, seed: int = 7) -> Any:
    kind = registry.load("writer", name)
    return kind(kind.Params(), PROFILE, seed)


def test_the_template_writer_is_under_test() -> None:
    assert _is_free("template")


def test_a_prompt_depends_on_the_seed_and_the_cell_alone(name: str) -> None:
    writer, other = make(name), make(name)
    shuffled = Random(1).sample(CELLS, len(CELLS))
    assert {id(cell): play(writer.write(cell))[0] for cell in CELLS} == {
        id(cell): play(other.write(cell))[0] for cell in shuffled
    }
    reseeded = make(name, 8)
    assert [play(reseeded.write(cell))[0] for cell in CELLS] != [play(writer.write(cell))[0] for cell in CELLS]


def test_a_prompt_is_text_of_one_piece_or_a_hole_of_its_cell(name: str) -> None:
    writer = make(name)
    written = [(cell, *play(writer.write(cell))) for cell in CELLS]
    for cell, prompt, asked in written:
        assert {ask.to for ask in asked} <= set(writer.endpoints())
        if isinstance(prompt, Hole):
            assert prompt.cell == cell
            assert prompt.reason
        else:
            assert prompt.strip() == prompt != ""
            assert "{" not in prompt  # no place of a template was left open
    prompts = [prompt for _, prompt, _ in written if isinstance(prompt, str)]
    assert len(set(prompts)) == len(prompts) > 0
