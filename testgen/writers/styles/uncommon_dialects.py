"""The whole text in one dialect: standard English sent through the dialect's phrases, words and sounds."""

import re
from dataclasses import dataclass
from functools import cache
from random import Random

from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.grammar import draw, read
from probewright.testgen.writers.lexicon import Lexicon
from probewright.testgen.writers.styles import plain
from probewright.testgen.writers.styles.request import Request

TAG_RATE = 0.6  # share of sentences that end in a tag
CLOSER_RATE = 0.6  # share of texts that end in a saying; those without a tag always do
_FULL_STOP = re.compile(r"\.(?= |$)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one dialect opens, words and closes what it says."""

    lexicon: Lexicon
    openers: tuple[str, ...]
    tags: tuple[str, ...]
    closers: tuple[str, ...]

    def speak(self, text: str, rng: Random) -> str:
        """``text`` (standard English) in this dialect."""
        spoken = self.lexicon.apply(text, rng)
        tagged = _FULL_STOP.sub(lambda _: f"{draw(rng, self.tags) if rng.random() < TAG_RATE else ''}.", spoken)
        opener = draw(rng, self.openers)
        needs_closer = tagged == spoken or rng.random() < CLOSER_RATE
        closer = draw(rng, self.closers) if needs_closer else ""
        return f"{opener} {tagged} {closer}"


@cache
def dialects() -> tuple[Dialect, ...]:
    """All dialects there are rules for."""
    return tuple(
        Dialect(
            Lexicon({key: (value,) for key, value in {**data["phrases"], **data["words"]}.items()}, data["sounds"]),
            tuple(data["openers"]),
            tuple(data["tags"]),
            tuple(data["closers"]),
        )
        for data in read("dialects").values()
    )


def write(request: Request) -> str:
    """The request in a dialect."""
    return tidy(draw(request.rng, dialects()).speak(plain.write(request), request.rng))
