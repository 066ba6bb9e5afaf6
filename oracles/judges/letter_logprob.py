"""The option whose letter has the highest log-probability."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import ClassVar

from probewright.oracles.scored import ScoredOption
from probewright.types import OptionScore


class LetterLogprob(ScoredOption):
    """The option whose letter has the highest log-probability.

    Small models answer with one letter whatever is asked.
    """

    name: ClassVar[str] = "letter_logprob"
    source: ClassVar[str] = (
        "Letter scoring as in MMLU (Hendrycks et al., ICLR 2021); it measures a habit for positions as well "
        "(Zheng et al., ICLR 2024)"
    )

    def scored(self, options: Sequence[str]) -> Sequence[str]:
        """Their letters."""
        return list(ascii_uppercase[: len(options)])

    def value(self, score: OptionScore) -> float:
        """The sum over the letter's tokens, natural logarithm."""
        return score.logprob
