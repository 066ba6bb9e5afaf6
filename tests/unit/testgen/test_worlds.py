import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from probewright.errors import ConfigError, DataError, UnknownName
from probewright.testgen.worlds import domain
from probewright.testgen.worlds.consistency import check
from probewright.testgen.worlds.domain import Quantity
from probewright.testgen.worlds.items import items
from probewright.testgen.worlds.names import Namer
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.reading import read_as
from probewright.testgen.worlds.telling import Teller
from probewright.testgen.worlds.world import Fact, World

WORLD = invent(7)
PRINTED = """
from probewright.testgen.worlds.items import items
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.people import people
world = invent(7)
print(world, world.textbook(), items(world), people(20, 7))
"""


def stated(relation: str) -> Fact:
    return next(fact for fact in WORLD.facts if fact.relation == relation)


def changed(old: Fact, new: Fact) -> World:
    return replace(WORLD, facts=tuple(new if fact is old else fact for fact in WORLD.facts))


def printed_with(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run(
        [sys.executable, "-c", PRINTED], env=environment, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return run.stdout


def test_another_process_with_other_hashes_invents_the_same_world_and_people() -> None:
    one = printed_with("1")
    assert one == printed_with("2")
    assert WORLD.textbook() in one


def test_a_textbook_is_its_title_and_its_chapters_in_order() -> None:
    book = WORLD.textbook()
    assert book.startswith(f"# The {WORLD.name}, its hormones and their diseases\n\n## The organ\n")
    places = [book.index(WORLD.chapter(chapter.title)) for chapter in WORLD.chapters]
    assert places == sorted(places)
    assert len(book) == len(f"# {WORLD.title}\n\n") + sum(len(WORLD.chapter(c.title)) + 1 for c in WORLD.chapters) - 1


def test_a_chapter_that_is_not_there_is_answered_with_the_near_miss() -> None:
    with pytest.raises(UnknownName, match="did you mean 'The cells'"):
        WORLD.chapter("The cell")


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_more_items_than_there_are_or_none_are_refused_with_the_number_allowed(count: int) -> None:
    with pytest.raises(ConfigError, match=rf"count is {count}; allowed: 1 to {len(items(WORLD))}"):
        items(WORLD, count)


def test_a_disease_reported_before_its_organ_was_found_contradicts_it() -> None:
    world = next(world for world in map(invent, range(100)) if "reported_in" in world.relations)
    found = next(fact for fact in world.facts if fact.relation == "found_in")
    report = next(fact for fact in world.facts if fact.relation == "reported_in")
    early = replace(report, value="1066", sentence=report.sentence.replace(report.value, "1066"))
    facts = tuple(early if fact is report else fact for fact in world.facts)
    with pytest.raises(DataError, match="contradicts") as caught:
        check(replace(world, facts=facts))
    assert repr(found.sentence) in str(caught.value)
    assert repr(early.sentence) in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"relation": "secrets"}, "unknown relation 'secrets': did you mean 'secretes'"),
        ({"subject": "Nobody"}, "unknown cell 'Nobody'"),
        ({"value": "Nothing"}, "unknown hormone 'Nothing'"),
        ({"sentence": "It secretes something."}, "is missing from the sentence"),
        ({"chapter": "The cellar"}, "unknown chapter 'The cellar'"),
    ],
)
def test_a_fact_that_is_not_well_formed_is_named(changes: dict[str, str], message: str) -> None:
    fact = stated("secretes")
    with pytest.raises(DataError, match=message) as caught:
        check(changed(fact, replace(fact, **changes)))
    assert "\n" not in str(caught.value)


def test_a_relation_with_fewer_than_four_values_cannot_be_asked_for() -> None:
    few = [fact for fact in WORLD.facts if fact.relation == "secretes"][:3]
    with pytest.raises(DataError, match="'secretes' needs 4 or more values"):
        items(replace(WORLD, facts=tuple(few)))


def test_a_namer_that_has_run_out_says_so_instead_of_repeating_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probewright.testgen.worlds.names.MAX_TRIES", 50)
    namer = Namer(Random(1))
    names: list[str] = []
    with pytest.raises(DataError, match="no further name"):
        names.extend(namer.name(["osis"]) for _ in range(100_000))
    assert len(names) == len(set(names)) > 500


def test_a_clock_keeps_to_sixty_minutes_and_a_decimal_to_its_places() -> None:
    clock = Quantity(low=605, high=1430, step=25, is_clock=True).sample(Random(1), 15)
    assert all(int(time[:2]) < 24 and int(time[3:]) < 60 and len(time) == 5 for time in clock)
    grams = Quantity(low=21, high=97, step=3, decimals=1, unit="grams").sample(Random(1), 9)
    assert all(value.endswith(" grams") and value[1] == "." for value in grams)


def test_a_sentence_does_not_begin_like_the_one_before_where_there_is_another_way() -> None:
    ways = ("The <subject> is <value>.", "Truly, the <subject> is <value>.")
    slots = {"subject": "lobe", "value": "soft"}
    assert Teller(Random(1)).sentence(ways, slots, "The lobe is long.") == "Truly, the lobe is soft."
    assert Teller(Random(1)).sentence(ways, slots, "Truly, it is.") == "The lobe is soft."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("title: x", "organ.yaml: sizes: Field required"),
        ("[]", "organ.yaml: content: Input should be"),
        ("a: [", "cannot be read as YAML"),
    ],
)
def test_a_malformed_domain_is_a_data_error_of_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "organ.yaml"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        read_as(path, domain.Domain)
    assert "\n" not in str(caught.value)


def test_every_quantity_is_written_with_equally_many_digits_at_both_ends() -> None:
    for name, relation in domain.load("organ").relations.items():
        if isinstance(relation.value, Quantity) and not relation.value.is_clock:
            assert len(str(relation.value.low)) == len(str(relation.value.high)), name


def test_every_asked_relation_is_said_in_three_ways_and_asked_about_its_subject() -> None:
    for name, relation in domain.load("organ").relations.items():
        if relation.subject != "organ":
            assert len(set(relation.sentences)) == 3, name
            assert relation.question.endswith("?"), name
            assert "<subject>" in relation.question, name
            assert "<value>" not in relation.question, name


def test_the_words_of_a_kind_are_of_one_form() -> None:
    for kind, words in domain.load("organ").words.items():
        assert len(set(words)) == len(words), kind
        if kind != "place":  # nobody asks where the organ lies
            assert len({len(word.split()) for word in words}) == 1, kind
            assert max(map(len, words)) - min(map(len, words)) <= 4, kind
