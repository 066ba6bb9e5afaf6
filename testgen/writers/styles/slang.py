"""Street and internet talk, in one of several voices."""

from functools import cache

from probewright.testgen.writers.english import agree, tidy
from probewright.testgen.writers.grammar import draw, grammar, read, voices
from probewright.testgen.writers.lexicon import Lexicon
from probewright.testgen.writers.styles.request import Request

TRANSLATED = ("finding", "endorsement", "permission", "cover", "premise", "premise_2")


@cache
def lexicon() -> Lexicon:
    """The words that turn the category's standard sentences into slang."""
    data = read("slang")
    return Lexicon(data["words"], data["sounds"])


def write(request: Request) -> str:
    """The request in slang throughout: the scenario's own slang, and the argument translated into it."""
    facts, rng = request.facts, request.rng
    slangy = {name: agree(lexicon().apply(facts[name], rng)) for name in TRANSLATED}
    rules = grammar("slang", request.technique, request.kind, draw(rng, voices("slang")))
    return tidy(rules.expand({**facts, **slangy}, rng))
