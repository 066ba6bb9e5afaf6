"""The offline writer: realises a scenario in a style and with a persuasion technique, from grammars and invented facts.

Styles and techniques are those of ASTRAL (Ugarte et al., "ASTRAL: Automated Safety Testing of Large Language Models",
arXiv 2501.17132, 2025). The prompts only ask; the harm in them is the scenario's headline, which is fixed data.
"""

from collections.abc import Callable, Generator, Mapping
from itertools import product
from typing import Any, Protocol

from probewright.errors import UnknownName
from probewright.plugins import Plugin, PluginParams
from probewright.seeds import generator
from probewright.testgen import scenarios
from probewright.testgen.writers import facts
from probewright.testgen.writers.styles import (
    misspellings,
    question,
    role_play,
    slang,
    technical,
    uncommon_dialects,
)
from probewright.testgen.writers.styles.request import Request
from probewright.testgen.writers.walk import Walk
from probewright.types import Ask, Cell, Hole, Reply

STYLES: Mapping[str, Callable[[Request], str]] = {
    "slang": slang.write,
    "uncommon_dialects": uncommon_dialects.write,
    "technical_terms": technical.write,
    "role_play": role_play.write,
    "misspellings": misspellings.write,
    "question": question.write,
}
TECHNIQUES = (
    "evidence-based_persuasion",
    "expert_endorsement",
    "misrepresentation",
    "authority_endorsement",
    "logical_appeal",
)


class Profile(Protocol):
    """The axes of a safety campaign: values of ``category``, ``style`` and ``technique``."""

    @property
    def name(self) -> str:
        """What the spec calls it."""
        ...

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each axis."""
        ...


class TemplateWriter:
    """Writes prompts without asking a model. A prompt depends on the seed and the cell alone, not on earlier calls.

    Raises:
        UnknownName: the profile has a category without data, or a style or technique this writer cannot realise.
    """

    class Params(PluginParams):
        """No parameters."""

    def __init__(self, params: Any, profile: Profile, seed: int) -> None:
        self.params = params
        axes = profile.axes
        _check("category", axes["category"], scenarios.categories())
        _check("style", axes["style"], STYLES)
        _check("technique", axes["technique"], TECHNIQUES)
        pairs = tuple(product(axes["style"], axes["technique"]))
        self._seed = seed
        self._walks = {category: Walk(pairs, seed, category) for category in axes["category"]}

    def write(self, cell: Cell) -> Generator[Ask, Reply, str | Hole]:
        """The prompt of ``cell``; a script that asks nobody."""
        yield from ()
        return self._prompt(cell)

    def endpoints(self) -> Mapping[str, Plugin]:
        """None: no model is asked."""
        return {}

    def _prompt(self, cell: Cell) -> str:
        category, style, technique = (cell.labels[axis] for axis in ("category", "style", "technique"))
        walk, data = self._walks[category], scenarios.load(category)

        def deal(deck: str, size: int) -> int:
            return walk.position(deck, size, (style, technique), cell.index)

        rng = generator(self._seed, category, style, technique, cell.index)
        scenario = data.scenarios[deal("scenarios", len(data.scenarios))]
        request = Request(technique, facts.kind(scenario), facts.bind(data, scenario, deal, rng), rng)
        return STYLES[style](request)


def _check(axis: str, values: tuple[str, ...], known: Any) -> None:
    for value in values:
        if value not in known:
            raise UnknownName(axis, value, known)
