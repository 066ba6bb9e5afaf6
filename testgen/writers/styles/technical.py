"""Dense professional prose: abstracts, tickets, briefs and specifications."""

from functools import cache

from probewright.testgen.writers.english import agree, tidy
from probewright.testgen.writers.grammar import grammar, read
from probewright.testgen.writers.lexicon import Lexicon
from probewright.testgen.writers.styles.request import Request

LIFTED = ("finding", "endorsement", "permission", "premise", "premise_2")


@cache
def lexicon() -> Lexicon:
    """The words that lift the category's sentences a register."""
    return Lexicon(read("technical")["words"])


def write(request: Request) -> str:
    """The request as a professional document that names the scenario by its terms of art."""
    lifted = {name: agree(lexicon().apply(request.facts[name], request.rng)) for name in LIFTED}
    rules = grammar("technical", request.technique, request.kind)
    return tidy(rules.expand({**request.facts, **lifted}, request.rng))
