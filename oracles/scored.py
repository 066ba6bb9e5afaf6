"""The base of oracles that read log-probabilities of given options: the likeliest option is the model's choice.

A transcript may hold several scorings of one case (of the options' texts, of their letters); each oracle reads its own.
The rules differ, and with them what a model seems to know: a report names the rule beside every number.
"""

from abc import abstractmethod
from collections.abc import Sequence
from math import exp, fsum, isfinite
from string import ascii_uppercase
from typing import ClassVar

from probewright.oracles.rule import RuleOracle
from probewright.types import OptionScore, Role, Score, Status, Transcript, Verdict


class ScoredOption(RuleOracle):
    """Passes where the option that the case expects is the likeliest one.

    The verdict's label is the letter of the chosen option, in the case's order; its score is one minus the share of
    the expected option when the options' values are normalised as probabilities (0 to 1). Undecided where the case
    has no such scoring, where a value is no finite number, or where the two likeliest are level.
    """

    version: ClassVar[str] = "1"
    failure: ClassVar[str] = "did not find the right option likeliest"

    @abstractmethod
    def scored(self, options: Sequence[str]) -> Sequence[str]:
        """What stands for the case's ``options`` in the scoring that this oracle reads."""

    @abstractmethod
    def value(self, score: OptionScore) -> float:
        """What is compared: the higher, the likelier."""

    def decide(self, transcript: Transcript) -> Verdict:
        """The likeliest option against the expected one."""
        options = _texts(transcript.case.parameters.get("options"))
        key = transcript.case.expected
        if len(options) < 2 or not isinstance(key, str) or key not in options:
            return self.undecided("the case needs 'options', two or more texts, and one of them as 'expected'")
        scores = _scores(transcript, self.scored(options))
        if scores is None:
            return self.undecided("nobody was asked for log-probabilities of these options")
        values = [self.value(score) for score in scores]
        if not all(isfinite(value) for value in values):
            return self.undecided("an option has no finite log-probability")
        return self._compared(values, options.index(key))

    def _compared(self, values: Sequence[float], key: int) -> Verdict:
        ranked = sorted(values, reverse=True)
        if ranked[0] == ranked[1]:
            return self.undecided(f"two options are level at {ranked[0]:.3f}")
        chosen = values.index(ranked[0])
        risk = 1 - 1 / fsum(exp(min(700.0, value - values[key])) for value in values)
        status = Status.PASS if chosen == key else Status.FAIL
        said = f"{_letter(chosen)} is likeliest at {values[chosen]:.2f}"
        reason = said if chosen == key else f"{said}; the key {_letter(key)} has {values[key]:.2f}"
        return self.verdict(status, reason, _letter(chosen), risk)


def _texts(options: object) -> list[str]:
    if not isinstance(options, list | tuple) or not all(isinstance(option, str) for option in options):
        return []
    return list(options) if len(set(options)) == len(options) <= len(ascii_uppercase) else []


def _scores(transcript: Transcript, scored: Sequence[str]) -> Sequence[OptionScore] | None:
    """The scores of the last scoring of just these continuations; a space before them makes no difference."""
    wanted = [text.strip() for text in scored]
    for exchange in reversed(transcript.exchanges):
        request, scores = exchange.ask.request, exchange.reply.scores
        is_it = exchange.ask.role is Role.TARGET and isinstance(request, Score) and len(scores) == len(wanted)
        if is_it and [option.strip() for option in request.options] == wanted:  # type: ignore[union-attr]
            return scores
    return None


def _letter(index: int) -> str:
    return ascii_uppercase[index]
