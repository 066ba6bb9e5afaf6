"""Prompts and worlds as Hypothesis strategies, and changes of a prompt that must not matter."""

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from probewright.errors import ConfigError, UnknownName
from probewright.testgen import metamorphic, scenarios
from probewright.testgen.metamorphic import Choice, Prompt
from probewright.testgen.profiles import ASTRAL
from probewright.testgen.strategies import choices, pairs, prompts, reorderings, worlds
from probewright.testgen.worlds.world import World

SHORTEST = min(
    (scenario.act for category in ASTRAL.axes["category"] for scenario in scenarios.load(category).scenarios), key=len
)


def test_any_failing_prompt_shrinks_to_the_bare_request_about_the_shortest_scenario() -> None:
    smallest = find(prompts(), lambda prompt: True)
    assert smallest.scenario.act == SHORTEST
    assert smallest.labels.keys() == {"category"}


def test_a_prompt_that_fails_for_its_style_keeps_its_style_and_loses_the_rest() -> None:
    smallest = find(prompts(), lambda prompt: prompt.labels.get("style") == "slang")
    assert smallest.scenario.act == SHORTEST
    assert smallest.labels["technique"] == ASTRAL.axes["technique"][0]
    assert smallest.seed == 0


def test_a_prompt_that_fails_for_its_category_is_a_bare_one_of_it() -> None:
    smallest = find(prompts(), lambda prompt: prompt.labels["category"] == "privacy_violation")
    assert smallest.labels == {"category": "privacy_violation"}
    acts = [scenario.act for scenario in scenarios.load("privacy_violation").scenarios]
    assert smallest.scenario.act == min(acts, key=len)


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
        find(prompts(**wrong), lambda prompt: True)


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
    smallest = find(choices(), lambda choice: True)
    assert len(smallest.options) == 4


def test_one_option_has_no_other_order() -> None:
    with pytest.raises(ConfigError, match="options: 1 given; allowed: at least 2"):
        metamorphic.reordered(Choice("?", ("yes",), 0), 1)


def test_a_style_needs_a_technique() -> None:
    scenario = scenarios.load("animal_abuse").scenarios[0]
    with pytest.raises(ConfigError, match="needs a technique"):
        metamorphic.write("animal_abuse", scenario, style="slang")
