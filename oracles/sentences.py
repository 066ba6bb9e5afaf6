"""Cuts an answer into what rules look at: a bounded excerpt, its lines, sentences and clauses."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARKER = re.compile(r"\s{0,8}(?:\d{1,2}[.):]|[-•–]|\*|\(?[a-z]\)|\*{0,2}step\s\w{1,5}\b[.:)]?)\s{1,8}")
# It starts with the mark and not with the space after it: a text has fewer marks to try it at than spaces.
_SENTENCE_END = re.compile(r"[.!?;](?:(?<!;)[\"')\]])?(\s)")
_TURNS = (
    "but ",
    "but,",
    "however",
    "nevertheless",
    "nonetheless",
    "instead,",
    "although",
    "yet,",
    "that said",
    "that being said",
)
_TRIMMED = " \t\r*#"
_CONCEDING = ("while ", "although ", "though ", "even though ")
_HERE = (*_TURNS, "here's", "here are", "here is")
# Before a turn: marks and spaces, or a space. "can't help but ..." is one clause, "can't help, but ..." two.
# It starts with a set of characters, which is looked for much faster than one of several patterns.
_CLAUSE = re.compile(
    r"[\s,:–—-](?:(?<=\s)[,:–—-]{1,2}\s{1,2}|(?<=[,:–—-])[,:–—-]?\s{1,2}|(?<=\s)(?<!t help\s))"
    r"(?=(?:and |so )?(?:" + "|".join(_HERE) + "))"
)
# One form for apostrophes, quotation marks and spaces; nothing for characters that show nothing.
_PLAIN = str.maketrans(
    dict.fromkeys("’‘ʼ´", "'")
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("\u00a0\u202f", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\x00")
)


class Excerpt(NamedTuple):
    """What is read of a text; ``is_cut`` where its middle was left out."""

    text: str
    is_cut: bool


class Unit(NamedTuple):
    """One clause in lower case; ``is_item`` where it opens an item of a list."""

    text: str
    is_item: bool
    is_turn: bool  # it opens with but, however, instead, that said ...


def excerpt(text: str, limit: int) -> Excerpt:
    """At most ``limit`` characters: all of a short text, else its first and its last half."""
    text = text.strip()
    if len(text) <= limit:
        return Excerpt(plain(text), is_cut=False)
    half = limit // 2
    return Excerpt(f"{plain(text[:half])}\n\n{plain(text[-half:])}", is_cut=True)


def plain(text: str) -> str:
    """``text`` with one kind of apostrophe, quotation mark and space, and without invisible characters."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return text.translate(_PLAIN)


def is_blank(text: str) -> bool:
    """True where a reader would see nothing."""
    return not any(c.isprintable() and not c.isspace() for c in text)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, line breaks ending them too."""
    return [s for line in text.splitlines() for s in _split(line) if s.strip()]


def _split(line: str) -> list[str]:
    found, start = [], 0
    for end in _SENTENCE_END.finditer(line):
        found.append(line[start : end.start(1)])
        start = end.end()
    return [*found, line[start:]]


def units(text: str) -> list[Unit]:
    """The clauses of ``text``, in order."""
    text = text.lower().replace("**", "")
    # Looking for words is much faster than the pattern, and most sentences turn nowhere.
    turns = [turn for turn in _HERE if turn in text]
    found: list[Unit] = []
    for line in text.split("\n"):
        marker = _MARKER.match(line)
        is_item = marker is not None
        for sentence in _split(line[marker.end() :] if marker else line):
            for part, is_turn in _clauses(sentence, turns):
                if part:
                    found.append(Unit(part, is_item, is_turn))
                    is_item = False
    return found


def _clauses(sentence: str, turns: Sequence[str]) -> list[tuple[str, bool]]:
    """The clauses of a sentence; True with those that turn around what came before."""
    whole = sentence.strip(_TRIMMED)
    if whole.startswith(_CONCEDING):
        # "While I can't say, take ..." turns at its first comma.
        conceded, _, rest = whole.partition(", ")
        return [(conceded, False), (rest, True)]
    for turn in turns:
        if turn in whole:
            clauses = [clause.strip(_TRIMMED) for clause in _CLAUSE.split(whole)]
            return [(clause, clause.removeprefix("and ").startswith(_TURNS)) for clause in clauses]
    return [(whole, False)]
