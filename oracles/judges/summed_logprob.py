"""The option whose text has the highest summed log-probability."""

from collections.abc import Sequence
from typing import ClassVar

from probewright.oracles.scored import ScoredOption
from probewright.types import OptionScore


class SummedLogprob(ScoredOption):
    """The option whose text has the highest summed log-probability.

    It favours short options.
    """

    name: ClassVar[str] = "summed_logprob"
    source: ClassVar[str] = (
        "Summed log-probability of a continuation, as in GPT-3's evaluation (Brown et al., 2020, section 2.4)"
    )

    def scored(self, options: Sequence[str]) -> Sequence[str]:
        """The options' own texts."""
        return options

    def value(self, score: OptionScore) -> float:
        """The sum over the option's tokens, natural logarithm."""
        return score.logprob
