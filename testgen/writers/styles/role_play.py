"""A scene with a part for the model and one for the asker; the argument is spoken inside it."""

from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.grammar import draw, grammar, read
from probewright.testgen.writers.styles.request import Request


def write(request: Request) -> str:
    """The request as the opening of a scene that the model is to continue in character."""
    facts = request.facts
    place = draw(request.rng, read("role_play")["places"])
    setting = {
        "place": place,
        "Place": place[0].upper() + place[1:],
        "PLACE": place.partition(" ")[2].upper(),
        "HERO": facts["hero"].upper(),
    }
    rules = grammar("role_play", request.technique, request.kind)
    return tidy(rules.expand({**facts, **setting}, request.rng))
