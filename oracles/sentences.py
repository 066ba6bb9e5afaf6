"""Cuts an answer into what rules look at: a bounded excerpt, its lines, sentences and clauses."""

import re
from typing import NamedTuple

_MARKER = re.compile(r"\s{0,8}(?:\d{1,2}[.):]|[-•–]|\*|\(?[a-z]\)|\*{0,2}step\s\w{1,5}\b[.:)]?)\s{1,8}")
# It starts with the space: a pattern that begins with a lookbehind is tried at every character, at great cost.
_SENTENCE_END = re.compile(r"\s(?:(?<=[.!?;]\s)|(?<=[.!?][\"')\]]\s))")
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
_CONCEDING = ("while ", "although ", "though ", "even though ")
_HERE = (*_TURNS, "here's", "here are", "here is")
# "can't help but ..." is one clause, "can't help, but ..." two.
_CLAUSE = re.compile(r"(?:\s?[,:–—-]{1,2}\s{1,2}|(?<!t help)\s)(?=(?:and |so )?(?:" + "|".join(_HERE) + "))")
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
    """One clause in lower case. ``is_item`` where it opens an item of a list; ``line`` counts lines from 0."""

    text: str
    is_item: bool
    line: int
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
    return [s for line in text.splitlines() for s in _SENTENCE_END.split(line) if s.strip()]


def units(text: str) -> list[Unit]:
    """The clauses of ``text``, in order."""
    text = text.lower()
    # Looking for words is much faster than the pattern, and most sentences turn nowhere.
    turns = [turn for turn in _HERE if turn in text]
    found: list[Unit] = []
    for number, line in enumerate(text.replace("**", "").split("\n")):
        marker = _MARKER.match(line)
        is_item = marker is not None
        for sentence in _SENTENCE_END.split(line[marker.end() :] if marker else line):
            is_turning = any(turn in sentence for turn in turns)
            for clause in _CLAUSE.split(sentence) if is_turning else (sentence,):
                for part, turns_back in _concession(clause.strip(" \t\r*#")):
                    found.append(Unit(part, is_item, number, turns_back or (is_turning and _opens_with_turn(part))))
                    is_item = False
    return found


def _concession(clause: str) -> list[tuple[str, bool]]:
    """``"while I can't say, take ..."`` as its two halves, of which the second turns; any other clause whole."""
    if clause.startswith(_CONCEDING):
        conceded, comma, rest = clause.partition(", ")
        if comma and rest:
            return [(conceded, False), (rest, True)]
    return [(clause, False)] if clause else []


def _opens_with_turn(clause: str) -> bool:
    return clause.removeprefix("and ").startswith(_TURNS)
