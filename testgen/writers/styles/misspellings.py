"""Plain text as careless typing leaves it: wrong letters, words by ear, apostrophes left out; still readable."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from probewright.testgen.writers.english import tidy
from probewright.testgen.writers.grammar import draw, read
from probewright.testgen.writers.lexicon import Lexicon
from probewright.testgen.writers.styles import plain
from probewright.testgen.writers.styles.request import Request

LEAST_SHARE, MOST_SHARE = 0.33, 0.43  # share of the words longer than three letters that are misspelt
LEAST = 6  # misspelt words in every prompt
CONTRACTED = 0.5  # share of prompts that write contractions, without the apostrophe

_LONGER = re.compile(r"[A-Za-z][A-Za-z'-]{3,}")
_WORD = re.compile(r"(?<![\w'-])[A-Za-z]{4,}(?![\w'])")


@cache
def contractions() -> Lexicon:
    """Contractions written without their apostrophe."""
    return Lexicon({phrase: (short,) for phrase, short in read("misspellings")["contractions"].items()})


@cache
def _sounds() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in read("misspellings")["sounds"])


def write(request: Request) -> str:
    """The request in standard English with at least `LEAST` misspelt words; names and numbers stay right."""
    text = plain.write(request)
    if request.rng.random() < CONTRACTED:
        text = contractions().apply(text, request.rng)
    return misspell(tidy(text), request.rng)


def misspell(text: str, rng: Random) -> str:
    """``text`` with a share of its longer words misspelt, one slip a word."""
    words = [found for found in _WORD.finditer(text) if not _is_name(text, found)]
    share = rng.uniform(LEAST_SHARE, MOST_SHARE)
    count = min(len(words), max(LEAST, round(share * len(_LONGER.findall(text)))))
    for found in sorted(rng.sample(words, count), key=re.Match.start, reverse=True):
        text = text[: found.start()] + slip(found[0], rng) + text[found.end() :]
    return text


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Whether the word is part of a proper name: a capital inside a sentence, or before another capital."""
    if not found[0][0].isupper():
        return False
    starts = found.start() == 0 or text[: found.start()].rstrip().endswith((".", ":", "!", "?", '"'))
    return not starts or text[found.end() : found.end() + 2].strip()[:1].isupper()


def slip(word: str, rng: Random) -> str:
    """``word`` with one mistake; never the word itself, and its first letter keeps its case."""
    known: Sequence[str] = read("misspellings")["words"].get(word.lower(), ())
    if known:
        wrong = draw(rng, known)
        return wrong.capitalize() if word[0].isupper() else wrong
    for attempt in rng.sample(_SLIPS, len(_SLIPS)):
        wrong = attempt(word, rng)
        if wrong != word:
            return wrong
    return _doubled(word, rng)


def _by_ear(word: str, rng: Random) -> str:
    rules = [(pattern, right) for pattern, right in _sounds() if pattern.search(word, 1)]
    if not rules:
        return word
    pattern, replacement = draw(rng, rules)
    return word[0] + pattern.sub(replacement, word[1:], count=1)


def _dropped(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1 :]


def _doubled(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _swapped(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _neighbour(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word))
    keys: str = read("misspellings")["neighbours"][word[at].lower()]
    return word[:at] + draw(rng, keys) + word[at + 1 :]


# By ear comes up more often: it is how people misspell, the others are how fingers do.
_SLIPS: Sequence[Callable[[str, Random], str]] = (_by_ear, _by_ear, _dropped, _doubled, _swapped, _neighbour)
