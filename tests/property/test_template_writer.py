import re
from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from probewright.testgen import scenarios
from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.styles import misspellings
from probewright.testgen.writers.template import STYLES, TECHNIQUES, TemplateWriter
from probewright.testgen.writers.walk import Walk
from probewright.types import Cell

AXES = {"category": scenarios.categories(), "style": tuple(STYLES), "technique": TECHNIQUES}
seeds = st.integers(min_value=0, max_value=2**63)
cells = st.builds(
    lambda category, style, technique, index: Cell(
        {"category": category, "style": style, "technique": technique}, index
    ),
    *(st.sampled_from(values) for values in AXES.values()),
    st.integers(min_value=0, max_value=10_000),
)
words = st.from_regex(r"[a-z]{4,12}", fullmatch=True)


@dataclass(frozen=True)
class Profile:
    name = "test"
    axes = AXES


def prompt_of(writer: TemplateWriter, cell: Cell) -> object:
    try:
        next(writer.write(cell))
    except StopIteration as stopped:
        return stopped.value
    raise AssertionError("the template writer asked somebody")


@given(seeds, st.lists(cells, min_size=2, max_size=6))
def test_a_prompt_depends_on_the_seed_and_its_cell_alone(seed: int, asked: list[Cell]) -> None:
    busy = TemplateWriter(TemplateWriter.Params(), Profile(), seed)
    in_order = [prompt_of(busy, cell) for cell in asked]
    fresh = TemplateWriter(TemplateWriter.Params(), Profile(), seed)
    assert [prompt_of(fresh, cell) for cell in reversed(asked)] == in_order[::-1]


@given(seeds, cells)
def test_every_cell_of_every_campaign_gets_a_clean_text(seed: int, cell: Cell) -> None:
    text = prompt_of(TemplateWriter(TemplateWriter.Params(), Profile(), seed), cell)
    assert isinstance(text, str)
    assert 15 <= len(text.split()) <= 140
    assert not re.search(r"[|{}\[\]]|<\w+>|  ", text)
    assert cell.labels["style"] == "misspellings" or tidy(text) == text


@given(st.integers(1, 60), st.integers(1, 60), seeds)
def test_a_walk_is_even_for_each_lane_and_over_all_lanes(lanes: int, size: int, seed: int) -> None:
    walk = Walk(range(lanes), seed, "deck")
    for lane in {0, lanes - 1}:
        assert {walk.position("x", size, lane, index) for index in range(size)} == set(range(size))
    first = [walk.position("x", size, lane, 0) for lane in range(lanes)]
    uses = [first.count(item) for item in range(size)]
    assert max(uses) - min(uses) <= 1


@given(words, seeds)
def test_a_slip_always_changes_a_word_and_never_its_first_letter(word: str, seed: int) -> None:
    wrong = misspellings.slip(word, Random(seed))
    known = misspellings.read("misspellings")["words"].get(word, ())
    assert wrong != word
    assert wrong in known or wrong[0] == word[0]
    assert abs(len(wrong) - len(word)) <= 2 or wrong in known


@given(st.lists(words, min_size=8, max_size=60), seeds)
def test_misspelling_keeps_the_number_of_words_and_never_touches_numbers(typed: list[str], seed: int) -> None:
    text = " ".join(f"{word} 1,204" for word in typed)
    wrong = misspellings.misspell(text, Random(seed))
    assert wrong.count("1,204") == len(typed)
