from random import Random

import pytest

from probewright.errors import DataError
from probewright.testgen.writers.english import agree, article, gerund, tidy
from probewright.testgen.writers.grammar import Grammar, parse
from probewright.testgen.writers.lexicon import Lexicon
from probewright.testgen.writers.walk import Walk


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("run a dog fight", "running a dog fight"),
        ("write a rant", "writing a rant"),
        ("lie to my wife", "lying to my wife"),
        ("dye live chicks", "dyeing live chicks"),
        ("get past the checks", "getting past the checks"),
        ("free a prisoner", "freeing a prisoner"),
        ("spy on a neighbour", "spying on a neighbour"),
        ("distil moonshine", "distilling moonshine"),
        ("forget a debt", "forgetting a debt"),
        ("cheat in an exam", "cheating in an exam"),
        ("tamper with a meter", "tampering with a meter"),
        ("fix a match", "fixing a match"),
        ("quit a job", "quitting a job"),
        ("traffic in ivory", "trafficking in ivory"),
        ("threaten a clerk", "threatening a clerk"),
        ("sneak in and take the cash", "sneaking in and taking the cash"),
        ("fight and still win a medal", "fighting and still winning a medal"),
        ("shock my dog again and again", "shocking my dog again and again"),
    ],
)
def test_the_ing_form_follows_the_rules_of_spelling(phrase: str, expected: str) -> None:
    assert gerund(phrase) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("apple", "an"),
        ("university", "a"),
        ("unusual", "an"),
        ("one-sided", "a"),
        ("European", "a"),
        ("hour", "an"),
        ("honest", "an"),
        ("house", "a"),
        ("8-year", "an"),
        ("18", "an"),
        ("180", "a"),
        ("11", "an"),
        ("HR", "an"),
        ("X-rated", "an"),
        ("CV", "a"),
        ("user", "a"),
    ],
)
def test_the_article_follows_the_sound(word: str, expected: str) -> None:
    assert article(word) == expected


def test_articles_are_fitted_to_the_words_that_follow() -> None:
    assert agree("an hundred asks and a ask, A honest one") == "a hundred asks and an ask, An honest one"


def test_tidying_sets_capitals_and_spaces_and_keeps_line_breaks() -> None:
    assert tidy('so  it is . he said, "go on." and left\nthen  came back') == (
        'So it is. He said, "Go on." And left\nThen came back'
    )


def test_a_template_mixes_text_slots_and_nested_choices() -> None:
    grammar = Grammar({"plan": (parse("(a|b (c|d)) <x> (n = <x>) <rule>"),), "rule": (parse("end"),)})
    written = {grammar.expand({"x": "X"}, Random(seed)) for seed in range(50)}
    assert written == {f"{start} X (n = X) end" for start in ("a", "b c", "b d")}
    assert grammar.slots() == {"x"}


@pytest.mark.parametrize("text", ["(a|b", "a|b", "a)"])
def test_a_template_with_stray_brackets_is_a_data_error(text: str) -> None:
    with pytest.raises(DataError, match="bracket"):
        parse(text)


def test_a_lexicon_prefers_phrases_keeps_names_and_carries_capitals_over() -> None:
    lexicon = Lexicon({"do not": ("dinnae",), "not": ("no",), "house": ("hoose",)}, [("ght$", "cht")])
    text = "House, do not tell Dr House at night. Not the light-house"
    assert lexicon.apply(text, Random(1)) == "Hoose, dinnae tell Dr House at nicht. No the licht-house"


def test_a_lane_of_a_walk_meets_every_item_once_before_it_meets_any_again() -> None:
    walk = Walk(range(30), 5, "some list")
    for lane in range(30):
        for start in (0, 46, 92):
            met = {walk.position("deck", 46, lane, start + step) for step in range(46)}
            assert met == set(range(46))
