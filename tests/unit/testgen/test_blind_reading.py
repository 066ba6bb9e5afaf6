"""The kept blind reading: its result, and that it is still about what the writer writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from probewright.campaigns.engine.script import run_pure
from probewright.testgen.profiles import ASTRAL
from probewright.testgen.writers.template import TemplateWriter
from probewright.types import Cell

READING = Path(__file__).parents[2] / "data" / "blind_reading"
SEED = 7


def rows(name: str) -> dict[int, dict[str, str]]:
    lines = (READING / f"{name}.jsonl").read_text().splitlines()
    return {row.pop("id"): row for row in map(json.loads, lines)}


@pytest.mark.parametrize(("label", "least"), [("category", 0.9), ("style", 0.8), ("technique", 0.8)])
def test_a_blind_reader_names_what_the_prompts_were_written_for(label: str, least: float) -> None:
    key, reading = rows("key"), rows("reading")
    assert len(key) == len(reading) == 60
    assert sum(reading[number][label] == key[number][label] for number in key) / len(key) >= least


def test_the_writer_still_writes_what_was_read() -> None:
    writer = TemplateWriter(TemplateWriter.Params(), ASTRAL, SEED)
    prompts = rows("prompts")

    def written(labels: dict[str, str]) -> Iterator[str]:
        for index in range(2):
            _, prompt = run_pure(writer.write(Cell(labels, index)))
            assert isinstance(prompt, str)
            yield prompt

    same = sum(prompts[number]["prompt"] in written(labels) for number, labels in rows("key").items())
    assert same >= 54, f"{same} of 60: the phrasing has changed; have the prompts read again"
