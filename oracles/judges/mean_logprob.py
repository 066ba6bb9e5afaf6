"""The option whose text has the highest log-probability per token."""

from collections.abc import Sequence
from math import nan
from typing import ClassVar

from probewright.oracles.scored import ScoredOption
from probewright.types import OptionScore


class MeanLogprob(ScoredOption):
    """The option whose text has the highest log-probability per token.

    It favours long options whose later tokens follow from the first.
    """

    name: ClassVar[str] = "mean_logprob"
    source: ClassVar[str] = "Log-probability per token, as in GPT-3's evaluation (Brown et al., 2020, section 2.4)"

    def scored(self, options: Sequence[str]) -> Sequence[str]:
        """The options' own texts."""
        return options

    def value(self, score: OptionScore) -> float:
        """The mean over the option's tokens, natural logarithm."""
        return score.logprob / score.tokens if score.tokens else nan
