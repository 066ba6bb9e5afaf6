"""Putting facts into words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

_ARTICLES = frozenset({"A", "An", "The"})


def fill(text: str, slots: Mapping[str, str]) -> str:
    """``text`` with the text of each of ``slots`` in the place of its name in angle brackets."""
    for name, filling in slots.items():
        text = text.replace(f"<{name}>", filling)
    return text


class Teller:
    """Says what is so, each relation's ways of saying it in turn."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._told: Counter[str] = Counter()

    def sentence(self, ways: Sequence[str], slots: Mapping[str, str], before: str) -> str:
        """One of ``ways``, filled: if possible one that does not begin like the sentence ``before``."""

        def rank(way: str) -> tuple[bool, int, float]:
            return _opening(fill(way, slots)) == _opening(before), self._told[way], self._rng.random()

        chosen = min(ways, key=rank)
        self._told[chosen] += 1
        return fill(chosen, slots)


def _opening(sentence: str) -> str:
    """The first word, or two where the first is an article."""
    first, _, rest = sentence.partition(" ")
    return f"{first} {rest.partition(' ')[0]}" if first in _ARTICLES else first
