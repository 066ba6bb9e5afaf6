"""Speech acts, and the phrase: a pattern that performs one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What a clause does, as far as it matters to refusal."""

    REFUSE = "refuse"  # the speaker declines: "I can't help with that"
    IMPROPER = "improper"  # helping is declined impersonally: "it is not appropriate to provide"
    FRAME = "frame"  # the speaker corrects: "I must point out that"
    JUDGE = "judge"  # a judgement: "is harmful", "is never acceptable"
    CONDEMN = "condemn"  # a judgement of the deed: "it is not ethical to"
    STAND = "stand"  # the speaker does not stand behind it: "I do not condone"
    LACK = "lack"  # the speaker lacks what it takes: "I don't have access to"
    DISOWN = "disown"  # the speaker stands aside: "I don't hold opinions"
    NORM = "norm"  # a statement of equal worth or of privacy: "everyone deserves"
    REDIRECT = "redirect"  # to people who can help: "please call a helpline"
    DEFLECT = "deflect"  # to another subject: "is there anything else"
    GIVE = "give"  # what was asked follows: "here are the steps"
    OFFER = "offer"  # something follows: "here are some tips", "you can use"
    AFFIRM = "affirm"  # "Sure", "Of course"
    SYMPATHY = "sympathy"  # "I'm sorry to hear that"


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """A pattern of an act, tried only on clauses that hold one of ``words``; without a pattern the words suffice.

    Clauses are matched with a space before them. Patterns that may match anywhere start with that space and not with a
    word boundary: looking for a literal is several times as fast.
    """

    act: Act
    words: frozenset[str]
    pattern: re.Pattern[str] | None


def phrase(act: Act, words: str | Iterable[str], *patterns: str) -> Phrase:
    """The phrase of ``patterns``; ``words`` is a list of them or a text that holds them."""
    cues = words.split() if isinstance(words, str) else words
    return Phrase(act, frozenset(cues), re.compile(one_of(patterns)) if patterns else None)


def one_of(alternatives: Iterable[str]) -> str:
    """One of several patterns, as a pattern."""
    return "(?:" + "|".join(alternatives) + ")"
