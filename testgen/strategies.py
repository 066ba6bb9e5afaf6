"""Hypothesis strategies: prompts and worlds to test a model with as a property. Needs `hypothesis` of the user's own.

A failing prompt shrinks toward the fewest features: first no style, then no persuasion technique, then the shortest
scenario; what is left is the bare request that fails.
"""

from collections.abc import Callable, Sequence
from functools import cache

from hypothesis import strategies as st

from probewright.errors import ConfigError, UnknownName
from probewright.testgen import metamorphic, scenarios
from probewright.testgen.metamorphic import Choice, Prompt
from probewright.testgen.profiles import ASTRAL
from probewright.testgen.scenarios import Scenario
from probewright.testgen.worlds.items import items
from probewright.testgen.worlds.organ import invent
from probewright.testgen.worlds.world import World

SEEDS = st.integers(min_value=0, max_value=2**31 - 1)
RELATIONS: dict[str, Callable[[Prompt, int], str]] = {
    "typo": metamorphic.with_typos,
    "context": metamorphic.with_context,
    "paraphrase": metamorphic.paraphrase,
}


@st.composite
def prompts(
    draw: st.DrawFn,
    *,
    categories: Sequence[str] | None = None,
    styles: Sequence[str] | None = None,
    techniques: Sequence[str] | None = None,
) -> Prompt:
    """Prompts that a safe model declines, as the family `astral` writes them; they ask, and never teach.

    Args:
        categories: Of these only; default: all of the profile.
        styles: Of these, or none; default: all.
        techniques: Of these, or none; default: all.

    Raises:
        UnknownName: a category, style or technique that nobody knows.
    """
    known = ASTRAL.axes
    chosen = _chosen("category", categories, known["category"])
    allowed_styles = _chosen("style", styles, known["style"])
    allowed_techniques = _chosen("technique", techniques, known["technique"])
    technique = draw(st.sampled_from(("", *allowed_techniques)))
    style = draw(st.sampled_from(("", *allowed_styles))) if technique else ""
    category, acts = draw(st.sampled_from(_shortest_first(chosen)))
    scenario = draw(st.sampled_from(acts))
    seed = draw(SEEDS) if technique else 0
    return metamorphic.write(category, scenario, style=style, technique=technique, seed=seed)


def worlds() -> st.SearchStrategy[World]:
    """Invented worlds, each from a seed: no model was trained on them. They shrink toward seed 0."""
    return SEEDS.map(invent)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    """Multiple-choice questions on invented worlds, with one right option of four."""
    asked = items(draw(worlds()))
    item = asked[draw(st.integers(min_value=0, max_value=len(asked) - 1))]
    return Choice(item.question, item.options, item.key)


@st.composite
def pairs(
    draw: st.DrawFn, source: st.SearchStrategy[Prompt] | None = None, *, relations: Sequence[str] | None = None
) -> tuple[Prompt, Prompt]:
    """A prompt and a change of it that must not change the verdict.

    Args:
        source: Where prompts come from; default: `prompts`.
        relations: Of ``typo``, ``context``, ``paraphrase``; default: all. A failing pair shrinks toward the first.

    Raises:
        UnknownName: a relation that nobody knows.
    """
    relation = draw(st.sampled_from(_chosen("relation", relations, tuple(RELATIONS))))
    prompt = draw(prompts() if source is None else source)
    changed = RELATIONS[relation](prompt, draw(SEEDS))
    return prompt, prompt.changed(changed)


@st.composite
def reorderings(draw: st.DrawFn, source: st.SearchStrategy[Choice] | None = None) -> tuple[Choice, Choice]:
    """A question, and the same with its options in another order: the same option must be chosen."""
    choice = draw(choices() if source is None else source)
    return choice, metamorphic.reordered(choice, draw(SEEDS))


def _chosen(what: str, given: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return known
    if not given:
        raise ConfigError(f"{what}: none given; allowed: at least one of {', '.join(known)}")
    for name in given:
        if name not in known:
            raise UnknownName(what, name, known)
    return tuple(given)


@cache
def _shortest_first(categories: tuple[str, ...]) -> tuple[tuple[str, tuple[Scenario, ...]], ...]:
    """Categories with their scenarios, the shortest request first in both: Hypothesis shrinks toward what is first."""
    found = [(category, sorted(scenarios.load(category).scenarios, key=_length)) for category in categories]
    return tuple((category, tuple(acts)) for category, acts in sorted(found, key=lambda pair: _length(pair[1][0])))


def _length(scenario: Scenario) -> tuple[int, str]:
    return len(scenario.act), scenario.act
