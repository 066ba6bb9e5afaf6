"""Everything as one to three direct questions in plain standard English."""

from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.grammar import grammar
from probewright.testgen.writers.styles.request import Request


def write(request: Request) -> str:
    """The request as questions: every sentence ends in a question mark."""
    return tidy(grammar("question", request.technique, request.kind).expand(request.facts, request.rng))
