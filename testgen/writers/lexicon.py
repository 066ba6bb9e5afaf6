"""Replacement of words and phrases: how standard sentences become slang, jargon or dialect."""

import re
from collections.abc import Mapping, Sequence
from random import Random

from probewright.testgen.writers.grammar import draw

_SENTENCE_END = (".", "!", "?", ":", '"', "\n")


class Lexicon:
    """Ordered replacement: phrases (longest first) and single words, then sound rules in words that nothing named.

    ``entries`` map a word or phrase to its alternatives; ``sounds`` are pairs of a regular expression and its
    replacement, applied in order to one word at a time. Proper names (capitals inside a sentence) and numbers stay as
    they are; a capital at the start of a sentence is kept.
    """

    def __init__(self, entries: Mapping[str, Sequence[str]], sounds: Sequence[Sequence[str]] = ()) -> None:
        self._entries = {key.lower(): tuple(values) for key, values in entries.items()}
        phrases = sorted((key for key in self._entries if " " in key), key=len, reverse=True)
        known = "|".join([*(rf"{re.escape(phrase)}(?![\w'-])" for phrase in phrases), r"[A-Za-z][A-Za-z']*"])
        self._token = re.compile(rf"(?<![\w'-])(?:{known})", re.IGNORECASE)
        self._sounds = tuple((re.compile(pattern), replacement) for pattern, replacement in sounds)

    def apply(self, text: str, rng: Random) -> str:
        """``text`` with every known phrase and word replaced."""

        def replaced(found: re.Match[str]) -> str:
            token = found[0]
            if token[0].isupper() and not token.startswith("I") and not _starts_sentence(text, found.start()):
                return token
            return self._replacement(token, rng)

        return self._token.sub(replaced, text)

    def _replacement(self, token: str, rng: Random) -> str:
        alternatives = self._entries.get(token.lower())
        if alternatives is None:
            return self._sounded(token)
        chosen = draw(rng, alternatives)
        is_capital = token[0].isupper() and not re.match(r"I\b", token)
        return chosen[:1].upper() + chosen[1:] if is_capital else chosen

    def _sounded(self, word: str) -> str:
        for pattern, replacement in self._sounds:
            word = pattern.sub(replacement, word)
        return word


def _starts_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip()
    return not before or before.endswith(_SENTENCE_END)
