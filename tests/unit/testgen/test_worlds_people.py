import re
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.errors import ConfigError
from probewright.testgen.worlds.people import MOST_PEOPLE, Asked, PersonFact, load, people

seeds = st.integers(0, 2**63)
EVERYBODY = people(MOST_PEOPLE, 3)
FACTS = [fact for person in EVERYBODY for fact in person.facts]
LISTED = {name: len(asked.answers) for name, asked in load().relations.items() if asked.answers}


def words(text: str, fact: PersonFact) -> set[str]:
    """The words of a question without the person's name."""
    return set(re.findall(r"[a-z']+", text.replace(fact.person, "").lower()))


@given(seeds, st.integers(1, 40))
@settings(max_examples=25)
def test_a_seed_has_its_people_and_fewer_of_them_are_the_beginning_of_more(seed: int, count: int) -> None:
    some = people(count, seed)
    assert some == people(count + 20, seed)[:count]
    assert {person.name for person in some} != {person.name for person in people(count, seed + 1)}


@given(seeds)
@settings(max_examples=25)
def test_each_person_has_three_facts_on_three_relations_that_say_what_they_ask(seed: int) -> None:
    for person in people(16, seed):
        assert len({fact.relation for fact in person.facts}) == len(person.facts) == 3
        for fact in person.facts:
            assert fact.person == person.name
            for text in (fact.question, *fact.rephrasings):
                assert person.name in text
                assert text.endswith("?")
                assert fact.answer.lower() not in text.lower()
            assert person.name in fact.statement
            assert fact.answer in fact.statement
            assert 1 <= len(fact.answer.split()) <= 3
            assert not re.search(r"[<>]|  ", " ".join((fact.question, *fact.rephrasings, fact.statement)))


def test_five_hundred_people_are_all_different() -> None:
    assert len({person.name for person in EVERYBODY}) == MOST_PEOPLE
    assert len({person.name.split()[1] for person in EVERYBODY}) == MOST_PEOPLE
    assert len({fact.id for fact in FACTS}) == len(FACTS)
    assert len({fact.question for fact in FACTS}) == len(FACTS)


def test_relations_come_equally_often() -> None:
    counts = Counter(fact.relation for fact in FACTS)
    assert len(counts) == 8
    assert max(counts.values()) - min(counts.values()) <= 3


@pytest.mark.parametrize("relation", load().relations)
def test_the_best_single_guess_at_a_relation_is_right_for_fewer_than_one_in_thirty(relation: str) -> None:
    answers = Counter(fact.answer for fact in FACTS if fact.relation == relation)
    assert answers.most_common(1)[0][1] / answers.total() < 1 / 30
    assert 1 / LISTED.get(relation, 60) <= 1 / 50


def test_answers_of_ten_people_repeat_nothing() -> None:
    for seed in range(50):
        answers = Counter((fact.relation, fact.answer) for person in people(10, seed) for fact in person.facts)
        assert set(answers.values()) == {1}


@pytest.mark.parametrize("relation", load().relations)
def test_a_rephrasing_has_other_words_than_the_question_and_than_the_other_one(relation: str) -> None:
    fact = next(fact for fact in FACTS if fact.relation == relation)
    texts = (fact.question, *fact.rephrasings)
    for one, other in combinations(texts, 2):
        mine, yours = words(one, fact), words(other, fact)
        assert len(mine & yours) / len(mine | yours) < 0.45, (one, other)
    assert len({text.split(fact.person)[0] for text in texts}) == 3


@pytest.mark.parametrize("relation", load().relations)
def test_a_relation_has_one_source_of_answers_and_no_answer_twice(relation: str) -> None:
    asked: Asked = load().relations[relation]
    assert sum(map(bool, (asked.answers, asked.years, asked.endings))) == 1
    assert len(set(asked.answers)) == len(asked.answers)


@pytest.mark.parametrize("count", [0, MOST_PEOPLE + 1])
def test_too_many_people_or_none_are_refused_with_what_is_allowed(count: int) -> None:
    with pytest.raises(ConfigError, match=f"count is {count}; allowed: 1 to {MOST_PEOPLE}"):
        people(count, 1)
