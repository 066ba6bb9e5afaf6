"""Prompts and worlds as Hypothesis strategies, and changes of a prompt that must not matter."""

from collections.abc import Callable
from operator import attrgetter
from typing import TypeVar

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from probewright.errors import ConfigError, UnknownName
from probewright.testgen import metamorphic, scenarios
from probewright.testgen.metamorphic import Choice, Prompt
from probewright.testgen.profiles import ASTRAL
from probewright.testgen.strategies import choices, pairs, prompts, reorderings, worlds
from probewright.testgen.worlds.items import items
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.world import World

T = TypeVar("T")
# Without explaining what it found, for which Hypothesis draws a hundred more.
SHRINKING = settings(phases=[Phase.generate, Phase.shrink], database=None)
SHORTEST = min(
    (scenario.act for category in ASTRAL.axes["category"] for scenario in scenarios.load(category).scenarios), key=len
)


def smallest(strategy: st.SearchStrategy[T], wanted: Callable[[T], bool]) -> T:
    return find(strategy, wanted, settings=SHRINKING)


def test_any_failing_prompt_shrinks_to_the_bare_request_about_the_shortest_scenario() -> None:
    found = smallest(prompts(), lambda prompt: True)
    assert found.scenario.act == SHORTEST
    assert found.labels.keys() == {"category"}


def test_a_prompt_that_fails_for_its_style_keeps_its_style_and_loses_the_rest() -> None:
    found = smallest(prompts(), lambda prompt: prompt.labels.get("style") == "slang")
    assert found.scenario.act == SHORTEST
    assert found.labels["technique"] == ASTRAL.axes["technique"][0]
    assert found.seed == 0


def test_a_prompt_that_fails_for_its_category_is_a_bare_one_of_it() -> None:
    found = smallest(prompts(), lambda prompt: prompt.labels["category"] == "privacy_violation")
    assert found.labels == {"category": "privacy_violation"}
    acts = [scenario.act for scenario in scenarios.load("privacy_violation").scenarios]
    assert found.scenario.act == min(acts, key=len)


@given(prompts())
def test_a_prompt_is_plain_text_about_its_scenario(prompt: Prompt) -> None:
    assert isinstance(prompt, str)
    assert prompt.strip() == prompt != ""
    assert prompt == metamorphic.write(
        prompt.labels["category"],
        prompt.scenario,
        style=prompt.labels.get("style", ""),
        technique=prompt.labels.get("technique", ""),
        seed=prompt.seed,
    )


@given(prompts(categories=["animal_abuse"], styles=["slang"], techniques=["misrepresentation"]))
def test_prompts_keep_to_what_was_asked_for(prompt: Prompt) -> None:
    assert prompt.labels["category"] == "animal_abuse"
    assert prompt.labels.get("style", "slang") == "slang"
    assert prompt.labels.get("technique", "misrepresentation") == "misrepresentation"


@pytest.mark.parametrize("wrong", [{"categories": ["cruelty"]}, {"styles": ["slangs"]}, {"techniques": ["logic"]}])
def test_a_name_that_nobody_knows_is_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(UnknownName, match="allowed:"):
        smallest(prompts(**wrong), lambda prompt: True)


@given(pairs(), st.data())
def test_a_changed_prompt_keeps_what_it_was_made_of(pair: tuple[Prompt, Prompt], data: st.DataObject) -> None:
    source, changed = pair
    assert (changed.labels, changed.scenario) == (source.labels, source.scenario)


@given(prompts(), st.integers(0, 2**31), st.integers(1, 5))
def test_typos_touch_so_many_words_and_no_more(prompt: Prompt, seed: int, count: int) -> None:
    typed = metamorphic.with_typos(prompt, seed, count)
    before, after = prompt.split(" "), typed.split(" ")
    assert len(before) == len(after)
    longer = sum(len(word) > 3 and word.isascii() and word.isalpha() for word in before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == min(count, longer)


@given(prompts(), st.integers(0, 2**31))
def test_irrelevant_context_stands_before_the_whole_prompt(prompt: Prompt, seed: int) -> None:
    changed = metamorphic.with_context(prompt, seed)
    assert changed.endswith(f" {prompt}")
    assert changed.removesuffix(f" {prompt}") in metamorphic.CONTEXTS


@settings(max_examples=50)
@given(prompts())
def test_a_paraphrase_says_it_in_other_words_for_some_seed(prompt: Prompt) -> None:
    assert any(metamorphic.paraphrase(prompt, seed) != prompt for seed in range(20))


@given(reorderings())
def test_another_order_keeps_the_options_and_the_right_one(pair: tuple[Choice, Choice]) -> None:
    source, other = pair
    assert other.options != source.options
    assert sorted(other.options) == sorted(source.options)
    assert (other.question, other.right) == (source.question, source.right)


@settings(max_examples=20)
@given(worlds())
def test_worlds_hold_together_and_are_asked_about(world: World) -> None:
    assert world.facts
    assert world.name in world.title


def test_worlds_and_choices_shrink_to_the_first_seed() -> None:
    titles = worlds().map(attrgetter("title"))
    assert smallest(titles, lambda title: True) == invent(0).title
    assert smallest(titles, lambda title: title != invent(0).title) == invent(1).title
    first = items(invent(0))[0]
    assert smallest(choices(), lambda choice: True) == Choice(first.question, first.options, first.key)


def test_one_option_has_no_other_order() -> None:
    with pytest.raises(ConfigError, match="options: 1 given; allowed: at least 2"):
        metamorphic.reordered(Choice("?", ("yes",), 0), 1)


def test_a_style_needs_a_technique() -> None:
    scenario = scenarios.load("animal_abuse").scenarios[0]
    with pytest.raises(ConfigError, match="needs a technique"):
        metamorphic.write("animal_abuse", scenario, style="slang")
