"""What every invented world, its textbook and its items promise, whatever the seed."""

import re
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.errors import DataError
from probewright.testgen.worlds.consistency import check
from probewright.testgen.worlds.items import Item, items
from probewright.testgen.worlds.names import load_sounds
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.world import Fact, World

seeds = st.integers(0, 2**63)
few = settings(max_examples=40)

SPEAKABLE = re.compile(r"(?!.*[^aeiouy]{4})(?!.*[aeiou]{3})[a-z]+", re.IGNORECASE)
# Real hormones, cells and diseases whose names are built like ours. No invented name may be one of them.
REAL = frozenset(
    re.findall(
        r"\w+",
        """
        insulin glucagon secretin relaxin gastrin ghrelin leptin orexin motilin prolactin oxytocin inhibin adrenalin
        melatonin serotonin dopamine calcitonin cortisol renin heparin noradrenalin zidovudine ketamine morphine
        lymphocytes monocytes leukocytes erythrocytes astrocytes osteocytes hepatocytes melanocytes keratocytes
        fibroblasts osteoblasts neuroblasts melanoblasts myoblasts dermoblasts chromatophores melanophores xanthophores
        necrosis fibrosis cirrhosis sclerosis psoriasis tuberculosis thrombosis stenosis neurosis psychosis lordosis
        kyphosis scoliosis ketosis acidosis keratosis halitosis narcosis siderosis melanosis anemia leukemia uremia
        ischemia bacteremia tularemia lipidemia fungemia melanemia neuropathy retinopathy nephropathy myopathy
        dermopathy gonadopathy hepatopathy
        """,
    )
)


def distance(one: str, other: str) -> int:
    """Levenshtein's edit distance."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        new = [at]
        for place, opposite in enumerate(other, 1):
            new.append(min(row[place] + 1, new[-1] + 1, row[place - 1] + (letter != opposite)))
        row = new
    return row[-1]


def invented_names(world: World) -> list[str]:
    """The words of a world's names that nobody used before: without given names and nouns like "lobe"."""
    kinds = ("organ", "region", "cell", "hormone", "disease", "test", "treatment", "person", "town")
    names = [name for kind in kinds for name in world.entities.get(kind, ())]
    return [next(word for word in reversed(name.split()) if word[0].isupper()) for name in names]


def stated(world: World, item: Item) -> Fact:
    return next(fact for fact in world.facts if fact.sentence == item.sentence)


@given(seeds)
@few
def test_a_seed_has_one_world_and_one_set_of_items(seed: int) -> None:
    world = invent(seed)
    assert world == invent(seed)
    assert items(world) == items(invent(seed))
    assert invent(seed + 1).textbook() != world.textbook()


@given(seeds)
@few
def test_each_fact_is_stated_once_in_its_chapter_and_nowhere_else(seed: int) -> None:
    world = invent(seed)
    book = world.textbook()
    for fact in world.facts:
        assert book.count(fact.sentence) == 1
        assert world.chapter(fact.chapter).count(fact.sentence) == 1
        assert {fact.subject, fact.value} <= {name for name in (fact.subject, fact.value) if name in fact.sentence}
    assert not re.search(r"[<>{}]|  |\.\.", book)


@given(seeds)
@few
def test_names_can_be_told_apart_and_spoken_and_are_no_words_of_medicine(seed: int) -> None:
    world = invent(seed)
    names = invented_names(world)
    for name in names:
        assert SPEAKABLE.fullmatch(name)
        assert name.lower() not in REAL
        assert not [part for part in load_sounds().forbidden if part in name.lower()]
    for one, other in combinations(names, 2):
        assert distance(one.lower(), other.lower()) >= 2


@given(seeds, st.data())
@few
def test_a_fact_that_contradicts_another_is_found_and_both_are_named(seed: int, data: st.DataObject) -> None:
    world = invent(seed)
    fact = data.draw(st.sampled_from([fact for fact in world.facts if world.relations[fact.relation].question]))
    others = [one for one in world.facts if one.relation == fact.relation and one is not fact]
    other = data.draw(st.sampled_from(others))
    taken = replace(fact, value=other.value, sentence=fact.sentence.replace(fact.value, other.value))
    for facts, first in (
        ((*world.facts, taken), fact),  # a second value for one subject
        (tuple(taken if one is fact else one for one in world.facts), other),  # one value for two subjects
        ((*world.facts, replace(fact)), fact),  # the same thing said twice
    ):
        with pytest.raises(DataError) as caught:
            check(replace(world, facts=facts))
        assert repr(first.sentence) in str(caught.value)
        assert "contradicts" in str(caught.value)
        assert "\n" not in str(caught.value)


@given(seeds)
@few
def test_options_are_four_values_of_one_form_and_only_the_key_is_true(seed: int) -> None:
    world = invent(seed)
    asked = items(world)
    assert len(asked) >= 60
    for item in asked:
        fact = stated(world, item)
        assert len(set(item.options)) == 4
        assert item.options[item.key] == fact.value
        relation = world.relations[fact.relation]
        true = {one.value for one in world.facts if (one.subject, one.relation) == (fact.subject, fact.relation)}
        assert true == {fact.value}
        if relation.value:
            assert set(item.options) <= set(world.entities[relation.value])
        assert len({form(option, is_quantity=not relation.value) for option in item.options}) == 1
        assert max(map(len, item.options)) - min(map(len, item.options)) <= 6


def form(option: str, is_quantity: bool) -> tuple[int, str]:
    """How many words there are, and for a quantity its digits, its point and its unit."""
    return len(option.split()), re.sub(r"\d", "0", option) if is_quantity else ""


@given(seeds)
@few
def test_who_has_the_chapter_at_hand_finds_every_option_there_and_only_the_key_beside_the_subject(seed: int) -> None:
    world = invent(seed)
    for item in items(world):
        chapter, fact = world.chapter(item.chapter), stated(world, item)
        assert item.sentence in chapter
        assert all(option in chapter for option in item.options)
        beside = [sentence for sentence in re.split(r"(?<=\.)\s", chapter) if fact.subject in sentence]
        found = {option for option in item.options for sentence in beside if option in sentence}
        assert found == {item.options[item.key]}


@given(seeds, st.integers(1, 120))
@few
def test_keys_of_any_number_of_items_are_balanced_and_fewer_items_begin_more(seed: int, count: int) -> None:
    world = invent(seed)
    some = items(world, count)
    keys = Counter(item.key for item in some)
    assert max(keys[place] for place in range(4)) - min(keys[place] for place in range(4)) <= 1
    assert some == items(world)[:count]


@given(seeds)
@few
def test_every_value_is_offered_four_times_and_is_the_key_once(seed: int) -> None:
    asked = items(invent(seed))
    offered = Counter((group(item), option) for item in asked for option in item.options)
    keys = Counter((group(item), item.options[item.key]) for item in asked)
    assert set(offered.values()) == {4}
    assert set(keys.values()) == {1}
    assert keys.keys() == offered.keys()


def group(item: Item) -> tuple[str, str]:
    return item.relation, item.chapter


@given(seeds)
@few
def test_no_two_items_ask_the_same_and_no_item_holds_its_own_or_another_answer(seed: int) -> None:
    world = invent(seed)
    asked = items(world)
    assert len({item.question for item in asked}) == len({item.id for item in asked}) == len(asked)
    texts = [" | ".join((item.question, *item.options)) for item in asked]
    for item in asked:
        fact = stated(world, item)
        assert fact.value not in item.question
        together = [text for text in texts if fact.subject in text and fact.value in text]
        assert together == [" | ".join((item.question, *item.options))]
