"""Numbers in prose: digits in the usual notations, percent, scale words, fractions, number words and ranges."""

import math
import re
from typing import NamedTuple

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORD_VALUES: dict[str, int] = {word: i for i, word in enumerate(_UNITS.split())} | {
    word: 20 + 10 * i for i, word in enumerate(_TENS.split())
}
SCALES: dict[str, float] = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
}
_SUFFIXES: dict[str, float] = {
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    **{name: scale for name, scale in SCALES.items() if name != "dozen"},
}

_WORD = "|".join(sorted([*WORD_VALUES, *SCALES], key=len, reverse=True))
_DIGITS = r"(?:\d{1,3}(?:[,.'\u00a0\u202f ]\d{3}){1,6}(?:[.,]\d{1,9})?(?!\d)|\d{1,40}(?:[.,]\d{1,40})?|\.\d{1,40})"
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<sign>[-−+]|minus |negative )?[€$£¥]?(?:(?P<fraction>\d{{1,9}}/\d{{1,9}})(?![\w/])|"
    rf"(?P<digits>{_DIGITS})(?:(?:e|\s?[x×*]\s?10\^?)(?P<exponent>[-−+]?\d{{1,3}}))?(?:(?:st|nd|rd|th)\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b)|\s?(?P<scale>k|m|bn|hundred|thousand|million|billion|"
    r"trillion)\b)?)(?![.,:/]?\d)"
    rf"|\b(?P<words>(?:{_WORD})(?:(?:[ -]|,? and )(?:{_WORD})){{0,12}})\b(?P<wordpercent>\s?(?:%|percent\b|"
    rf"per cent\b))?"
)
_THOUSANDS_ONLY = re.compile(r"\d{1,3}([,.'\u00a0\u202f ])\d{3}(?:\1\d{3})*")
_NOT_DIGITS = re.compile(r"[,.'\u00a0\u202f ]")


class Number(NamedTuple):
    """A number as it stands in a text.

    ``value`` is the usual reading; ``other`` the second one where the notation allows two ("1.234"), else None.
    ``is_percent`` where a percent sign follows (``value`` is not divided by 100).
    """

    value: float
    other: float | None
    is_percent: bool
    start: int
    end: int
    is_word: bool


def numbers(text: str) -> list[Number]:
    """The numbers of ``text`` (lower case), in order. Numbers too large for a float are left out."""
    return [number for match in _NUMBER.finditer(text) if (number := _number(match)) is not None]


def _number(match: re.Match[str]) -> Number | None:
    value, other = _values(match)
    if not math.isfinite(value):
        return None
    sign = -1.0 if match["sign"] and not match["sign"].startswith("+") else 1.0
    is_percent = bool(match["percent"] or match["wordpercent"])
    return Number(
        sign * value,
        None if other is None else sign * other,
        is_percent,
        match.start(),
        match.end(),
        bool(match["words"]),
    )


def _values(match: re.Match[str]) -> tuple[float, float | None]:
    if match["words"]:
        return words_value(match["words"]), None
    if match["fraction"]:
        top, bottom = match["fraction"].split("/")
        return (float(top) / float(bottom) if float(bottom) else math.inf), None
    scale = _SUFFIXES.get(match["scale"] or "", 1.0)
    if match["exponent"]:
        scale *= 10.0 ** int(match["exponent"].replace("−", "-"))
    value, other = _digits_value(match["digits"])
    return value * scale, None if other is None else other * scale


def _digits_value(digits: str) -> tuple[float, float | None]:
    groups = _THOUSANDS_ONLY.fullmatch(digits)
    if groups and groups[1] not in ".,":
        return float(_NOT_DIGITS.sub("", digits)), None
    if groups and digits.count(groups[1]) > 1:
        return float(_NOT_DIGITS.sub("", digits)), None
    if groups:
        # One separator before three digits: a comma usually groups, a point is usually decimal. Keep both readings.
        whole, decimal = float(_NOT_DIGITS.sub("", digits)), float(digits.replace(",", "."))
        return (whole, decimal) if groups[1] == "," else (decimal, whole)
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return float(_NOT_DIGITS.sub("", digits)), None
    return float(_NOT_DIGITS.sub("", digits[:last]) + "." + digits[last + 1 :]), None


def words_value(words: str) -> float:
    """The value of number words: ``"two hundred and five thousand"`` is 205000."""
    total = current = 0.0
    for word in re.findall(r"[a-z]+", words):
        if word in WORD_VALUES:
            current += WORD_VALUES[word]
        elif word in {"hundred", "dozen"}:
            current = (current or 1.0) * SCALES[word]
        elif word in SCALES:
            total += (current or 1.0) * SCALES[word]
            current = 0.0
    return total + current
