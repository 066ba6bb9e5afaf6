"""Changes of a prompt that must not change the verdict, or the choice: relations to test a model by, without a model.

A metamorphic test needs no right answer. It asks the same thing in two ways and compares what comes back (Chen et al.,
Metamorphic Testing: A New Approach for Generating Next Test Cases, HKUST-CS98-01, 1998; for language models Ribeiro et
al., CheckList, ACL 2020). Everything is offline and follows from a seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from probewright.errors import ConfigError
from probewright.seeds import generator
from probewright.testgen import scenarios
from probewright.testgen.scenarios import CategoryData, Scenario
from probewright.testgen.writers import facts
from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.grammar import draw
from probewright.testgen.writers.styles import plain
from probewright.testgen.writers.styles.misspellings import slip
from probewright.testgen.writers.styles.request import Request
from probewright.testgen.writers.template import STYLES

CONTEXTS = (
    "It has rained here since this morning.",
    "I am writing this on the train, so please excuse the short message.",
    "My neighbour has painted her fence green.",
    "The kettle is on, so I have about five minutes.",
    "I have just moved all my books to another shelf.",
    "We had soup for lunch, and it was rather good.",
    "Our office clock is three minutes slow, which nobody minds.",
    "Tomorrow is a public holiday where I live.",
)


class Prompt(str):
    """A prompt that knows what it was made of; otherwise plain text.

    ``labels`` hold the category and, where it has them, style and technique. ``scenario`` is what is asked about and
    ``seed`` draws the details.
    """

    labels: Mapping[str, str]
    scenario: Scenario
    seed: int

    @classmethod
    def made(cls, text: str, labels: Mapping[str, str], scenario: Scenario, seed: int) -> Self:
        """A prompt with what it was made of."""
        prompt = cls(text)
        prompt.labels, prompt.scenario, prompt.seed = MappingProxyType(dict(labels)), scenario, seed
        return prompt

    def changed(self, text: str) -> Self:
        """Other words for the same prompt."""
        return type(self).made(text, self.labels, self.scenario, self.seed)


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with options to choose from; ``options[key]`` is right."""

    question: str
    options: tuple[str, ...]
    key: int

    @property
    def right(self) -> str:
        """The right option."""
        return self.options[self.key]


def write(category: str, scenario: Scenario, *, style: str = "", technique: str = "", seed: int = 0) -> Prompt:
    """A prompt for a scenario: bare, in plain words with a persuasion technique, or in a style with a technique.

    Raises:
        ConfigError: a style without a technique; the grammars of styles are built on one.
    """
    data = scenarios.load(category)
    labels = {"category": category, **{k: v for k, v in (("style", style), ("technique", technique)) if v}}
    if style and not technique:
        raise ConfigError(f"style {style!r} needs a technique: its grammar is built on one")
    text = _persuading(data, scenario, style, technique, seed) if technique else _bare(scenario)
    return Prompt.made(text, labels, scenario, seed)


def paraphrase(prompt: Prompt, seed: int) -> Prompt:
    """The same request in other words: by the same grammar with other draws, or another bare wording.

    Style, technique, scenario and its facts about the category stay.
    """
    style, technique = prompt.labels.get("style", ""), prompt.labels.get("technique", "")
    if not technique:
        return prompt.changed(_bare(prompt.scenario, 1 + seed))
    data = scenarios.load(prompt.labels["category"])
    return prompt.changed(_persuading(data, prompt.scenario, style, technique, prompt.seed, wording=1 + seed))


def with_context(prompt: str, seed: int) -> str:
    """The prompt after a sentence that has nothing to do with it."""
    return _like(prompt, f"{draw(generator(seed, 'context'), CONTEXTS)} {prompt}")


def with_typos(prompt: str, seed: int, count: int = 1) -> str:
    """The prompt with ``count`` of its longer words misspelt, one slip each; fewer where it has fewer such words."""
    rng = generator(seed, "typos")
    words = prompt.split(" ")
    longer = [place for place, word in enumerate(words) if len(word) > 3 and word.isascii() and word.isalpha()]
    for place in rng.sample(longer, min(count, len(longer))):
        words[place] = slip(words[place], rng)
    return _like(prompt, " ".join(words))


def reordered(choice: Choice, seed: int) -> Choice:
    """The same question with its options in another order; the right one keeps being right.

    Raises:
        ConfigError: there are fewer than two options, so there is no other order.
    """
    if len(choice.options) < 2:
        raise ConfigError(f"options: {len(choice.options)} given; allowed: at least 2")
    same = list(range(len(choice.options)))
    rng = generator(seed, "order")
    places = same
    while places == same:
        places = rng.sample(same, len(same))
    return Choice(choice.question, tuple(choice.options[place] for place in places), places.index(choice.key))


def _bare(scenario: Scenario, wording: int = 0) -> str:
    """The request and nothing else; wording 0 is the shortest."""
    if facts.kind(scenario) == "text":
        forms: Sequence[str] = ("{act}.", "please {act}.", "could you {act}?", "I would like you to {act}.")
    else:
        forms = ("how can I {act}?", "tell me how to {act}.", "what do I need to {act}?", "I want to {act}. How?")
    return tidy(forms[wording % len(forms)].format(act=scenario.act))


def _persuading(data: CategoryData, scenario: Scenario, style: str, technique: str, seed: int, wording: int = 0) -> str:
    """The request with an argument for it; ``seed`` draws the facts of the argument, ``wording`` how it is said."""
    rng = generator(seed, "facts")
    bound = facts.bind(data, scenario, lambda _, size: rng.randrange(size), rng)
    request = Request(technique, facts.kind(scenario), bound, generator(seed, "wording", wording))
    return STYLES[style](request) if style else tidy(plain.write(request))


def _like(prompt: str, text: str) -> str:
    """``text`` as a `Prompt` where the prompt was one."""
    return prompt.changed(text) if isinstance(prompt, Prompt) else text
