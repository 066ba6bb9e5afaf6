"""Does the answer come to the expected number?"""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from probewright.oracles.normalise import accepted_texts
from probewright.oracles.numbers import Number, numbers
from probewright.oracles.rule import AnswerRule
from probewright.oracles.sentences import Excerpt
from probewright.plugins import PluginParams
from probewright.types import Transcript, Verdict

_LIST_MARK = re.compile(r"(?m)^\s{0,8}(?:step\s)?\d{1,2}[.):](?=\s)")
# What announces the result; the number right after it counts.
_MARK = re.compile(
    r"(?:####|\\boxed\{|\b(?:final |correct )?(?:answer|result|total|sum|value|solution)\b(?: (?:is|was|of|equals|"
    r"comes to|will be))?(?: (?:about|approximately|roughly|exactly|therefore|thus))?"
    r"|\b(?:so|therefore|thus|hence)\b[^.\n\d]{0,60}?(?:is|are|=|equals|has|have|get|there are)?|\b(?:equals|"
    r"is equal to|comes to|amounts to)\b|[=≈])[\s:*$€£({\[]{0,6}"
)
_RANGE = re.compile(r"^\s?(?:-|–|—|to|and|or)\s?$")
_BETWEEN = re.compile(r"\b(?:between|from)\s{0,2}$")
_DENIED = re.compile(
    r"\b(?:not|isn't|wasn't|never|rather than|instead of|than)(?: (?:about|exactly|just|the|a))?\s{0,2}$"
)
_EMPHASIS = str.maketrans(dict.fromkeys("*_`"))
_MAX_NUMBERS = 2_000


class Numeric(AnswerRule):
    """Passes an answer whose number is an accepted one within the tolerance.

    The number that the answer marks as its result counts ("the answer is", "=", ``\\boxed{}``), else the only number
    it holds. Ranges, several different numbers without a mark, and notations that could be read either way are
    undecided, unless no reading of any of them is right.
    """

    class Params(PluginParams):
        """How close is close enough; whichever tolerance is wider counts."""

        abs_tolerance: float = Field(
            default=0.0, ge=0, allow_inf_nan=False, description="largest allowed absolute difference"
        )
        rel_tolerance: float = Field(
            default=1e-12, ge=0, lt=1, description="largest allowed difference as a share of the expected value"
        )

    name: ClassVar[str] = "numeric"
    version: ClassVar[str] = "1"
    failure: ClassVar[str] = "did not give the expected number"
    source: ClassVar[str] = "Final-number scoring as in GSM8K (Cobbe et al., 2021), with undecided in place of a guess"

    def assess(self, answer: Excerpt, transcript: Transcript) -> Verdict:
        """Finds the candidates, then compares."""
        expected = _expected(transcript.case.expected)
        if not expected:
            return self.undecided(
                "the case has no usable 'expected': it must be a number, a text with one number, or a list of them"
            )
        text = _LIST_MARK.sub("", answer.text.casefold().translate(_EMPHASIS))
        found = _stated(numbers(text)[-_MAX_NUMBERS:], text)
        if not found:
            return self.undecided("the answer holds no number")
        chosen, is_range = _chosen(found, text)
        verdicts = {self._matches(number, expected) for number in chosen}
        if verdicts == {False}:
            return self.failed(f"{_show(chosen)} is not {_show(expected)}")
        if verdicts == {True} and not is_range:
            return self.passed(f"{_show(chosen)} is {_show(expected)}")
        return self.undecided(f"{_show(chosen)} may or may not mean {_show(expected)}")

    def _matches(self, given: Number, expected: Iterable[Number]) -> bool | None:
        """True or False where all readings agree or the usual one is beyond doubt, else None."""
        results = [self._compare(given, wanted) for wanted in expected]
        if True in results:
            return True
        return None if None in results else False

    def _compare(self, given: Number, wanted: Number) -> bool | None:
        usual = self._is_close(given.value, wanted.value)
        other = given.other is not None and self._is_close(given.other, wanted.value)
        if given.is_percent == wanted.is_percent:
            return True if usual else (None if other else False)
        # One side says percent: 50 and 50 % may mean the same, and so may 0.5 and 50 %.
        share = given.value / 100 if given.is_percent else given.value * 100
        if self._is_close(share, wanted.value):
            return True
        if usual:
            return None if abs(wanted.value) <= 1 else True
        return False

    def _is_close(self, value: float, wanted: float) -> bool:
        return math.isclose(
            value, wanted, rel_tol=0, abs_tol=max(self._params.abs_tolerance, self._params.rel_tolerance * abs(wanted))
        )


def _expected(expected: object) -> list[Number]:
    texts = accepted_texts(expected)
    found = [numbers(text.casefold()) for text in texts or []]
    # The bench's own numbers are written plainly: no second reading.
    return [group[0]._replace(other=None) for group in found] if all(len(group) == 1 for group in found) else []


def _stated(found: Sequence[Number], text: str) -> list[Number]:
    """The numbers that the answer claims: without denied ones, and without the word "one" beside others."""
    claimed = [n for n in found if not _DENIED.search(text[max(0, n.start - 24) : n.start])]
    others = [n for n in claimed if not (n.is_word and n.value == 1)]
    return others or claimed


def _chosen(found: Sequence[Number], text: str) -> tuple[list[Number], bool]:
    """The number that counts, or all that might; True with the ends of a range."""
    marked = _marked(found, text)
    chosen = [marked] if marked else _distinct(found)
    if len(chosen) > 1:
        return chosen, False
    for left, right in pairwise(found):
        between = text[left.end : right.start]
        if chosen[0] in (left, right) and left.value != right.value and _RANGE.match(between):
            is_sum = between.strip() in {"and", "or"} and not _BETWEEN.search(
                text[max(0, left.start - 12) : left.start]
            )
            return [left, right], not is_sum
    return chosen, False


def _marked(found: Sequence[Number], text: str) -> Number | None:
    ends = [match.end() for match in _MARK.finditer(text)]
    starts = {number.start: number for number in found}
    marked = [starts[end] for end in ends if end in starts]
    if not marked:
        return None
    last = marked[-1]
    # A later, different number that nothing marks may correct the marked one.
    later = [n for n in found if n.start > last.end and n.value != last.value]
    has_result_mark = (
        "answer" in text[max(0, last.start - 40) : last.start] or "boxed" in text[max(0, last.start - 8) : last.start]
    )
    return last if has_result_mark or not later or "####" in text[max(0, last.start - 6) : last.start] else None


def _distinct(found: Sequence[Number]) -> list[Number]:
    return list({(number.value, number.is_percent): number for number in found}.values())


def _show(found: Sequence[Number]) -> str:
    return ", ".join(f"{number.value:.12g}{'%' if number.is_percent else ''}" for number in found[:4])
