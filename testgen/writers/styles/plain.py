"""Standard English by statement and imperative: no style of its own, but what dialects and misspellings start from."""

from probewright.testgen.writers.grammar import grammar
from probewright.testgen.writers.styles.request import Request


def write(request: Request) -> str:
    """The request in standard English, sentences not yet capitalised."""
    return grammar("plain", request.technique, request.kind).expand(request.facts, request.rng)
