"""Do the options alone, or the question's letters, give away the key? Guessers that know no world, over many of them.

A guesser's score is the mean over worlds of its share of right guesses; its Monte Carlo error is one standard error of
that mean, from the spread between worlds, since the items of one world are not independent.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from math import sqrt
from statistics import fmean, stdev

import pytest

from probewright.seeds import generator
from probewright.testgen.worlds.items import Item, items
from probewright.testgen.worlds.organ import invent

WORLDS = 120
CHANCE = 0.25

Guesser = Callable[[Sequence[Item]], list[int]]  # the place guessed for each item of one world; it reads no keys
Worth = Callable[[str, Item], float]  # of an option of an item


@cache
def worlds() -> tuple[tuple[Item, ...], ...]:
    """The items of many worlds: of every other one all, of the rest the first 60, as a campaign asks them."""
    return tuple(items(invent(seed), 60 if seed % 2 else None) for seed in range(WORLDS))


def score(guesser: Guesser, chosen: Callable[[Item], bool] = lambda item: True) -> tuple[float, float]:
    """The mean share of right guesses, and its Monte Carlo error."""
    shares = []
    for world in worlds():
        asked = [item for item in world if chosen(item)]
        shares.append(fmean(place == item.key for place, item in zip(guesser(asked), asked, strict=True)))
    return fmean(shares), stdev(shares) / sqrt(len(shares))


def most(worth: Worth) -> Guesser:
    """Guesses the option of greatest worth; among equals any, by a draw from the item's own text."""

    def place(item: Item) -> int:
        draw = generator(0, item.question, *item.options)
        return max(range(4), key=lambda at: (worth(item.options[at], item), draw.random()))

    return lambda asked: [place(item) for item in asked]


def ranked(order: int) -> Guesser:
    """Guesses the option at ``order`` of the sorted ones; numbers of equally many digits sort as texts."""
    return lambda asked: [sorted(range(4), key=lambda at: item.options[at])[order] for item in asked]


@cache
def letters(text: str) -> Counter[str]:
    return Counter(text.lower())


def letters_shared(one: str, other: str) -> int:
    first, second = letters(one), letters(other)
    return sum(min(count, second[letter]) for letter, count in first.items())


def likeness(option: str, item: Item) -> float:
    return sum(letters_shared(option, other) for other in item.options)


def by_offers(sign: int) -> Guesser:
    """Guesses what is offered most often (or, with -1, least often) in the whole set."""

    def guess(asked: Sequence[Item]) -> list[int]:
        offers = Counter(option for item in asked for option in item.options)
        return most(lambda option, _: sign * offers[option])(asked)

    return guess


def by_mentions(asked: Sequence[Item]) -> list[int]:
    """Guesses what other questions name most often."""
    questions = "\n".join(item.question for item in asked)
    return most(lambda option, _: questions.count(option))(asked)


def one_to_one(asked: Sequence[Item]) -> list[int]:
    """Knows that each value of a relation is the key once: matches items to options by augmenting paths."""
    guesses: dict[str, int] = {}
    together: dict[tuple[str, str], list[Item]] = {}
    for item in asked:
        together.setdefault((item.relation, item.chapter), []).append(item)
    for group in together.values():
        taken: dict[str, Item] = {}
        for item in group:
            assert _matched(item, taken, set())
        guesses.update({item.id: item.options.index(option) for option, item in taken.items()})
    return [guesses[item.id] for item in asked]


def _matched(item: Item, taken: dict[str, Item], seen: set[str]) -> bool:
    for option in sorted(set(item.options) - seen):
        seen.add(option)
        if option not in taken or _matched(taken[option], taken, seen):
            taken[option] = item
            return True
    return False


def is_quantity(item: Item) -> bool:
    return item.options[0][0].isdigit()


GUESSERS: dict[str, Guesser] = {
    "longest": most(lambda option, _: len(option)),
    "shortest": most(lambda option, _: -len(option)),
    "first of the alphabet": ranked(0),
    "second of the alphabet": ranked(1),
    "third of the alphabet": ranked(2),
    "last of the alphabet": ranked(3),
    "most offered": by_offers(1),
    "least offered": by_offers(-1),
    "most named in questions": by_mentions,
    "most like the others": most(likeness),
    "least like the others": most(lambda option, item: -likeness(option, item)),
    "most letters of the question": most(lambda option, item: letters_shared(option, item.question)),
    "fewest letters of the question": most(lambda option, item: -letters_shared(option, item.question)),
    "most vowels": most(lambda option, _: sum(letter in "aeiou" for letter in option)),
    "always the first place": lambda asked: [0] * len(asked),
    "always the last place": lambda asked: [3] * len(asked),
    "each value once": one_to_one,
}


@pytest.mark.parametrize("name", GUESSERS)
def test_who_knows_no_world_guesses_at_chance(name: str) -> None:
    share, error = score(GUESSERS[name])
    assert error < 0.006
    # Places are balanced by design, so that their error is close to nothing: 0.002 is what an odd count leaves.
    assert abs(share - CHANCE) <= max(4 * error, 0.002)


@pytest.mark.parametrize("order", range(4), ids=["smallest", "second", "third", "largest"])
def test_the_key_of_a_quantity_is_at_each_rank_equally_often(order: int) -> None:
    share, error = score(ranked(order), is_quantity)
    assert error < 0.007
    assert abs(share - CHANCE) <= 4 * error


def test_one_relation_that_gave_its_key_away_would_be_noticed() -> None:
    def informed(asked: Sequence[Item]) -> list[int]:
        return [item.key if item.relation == "secretes" else 0 for item in asked]

    share, error = score(informed)
    assert share - CHANCE > 8 * max(error, 0.001)
