"""Reads what an OpenAI-compatible /completions answers to ``echo`` with ``logprobs``: parsed JSON in, no I/O.

Which tokens are the option's is told by their text, from the end of the prompt backwards. ``text_offset`` is not read:
vLLM adds up the lengths of the tokens as it prints them, and there a leading ``<s>`` counts although no text has it, a
SentencePiece token lacks its space, and a piece of a character is U+FFFD. Such offsets point at the wrong tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probewright.errors import Garbled
from probewright.types import OptionScore, Usage

ROUNDING = 1e-3  # by how much a log-probability may exceed 0 in a half-precision engine


class Unclear(Exception):
    """The answer does not show which tokens are the option's; the text says why."""


class Span(NamedTuple):
    """Where an option's tokens lie: the last ``length`` of the first ``end`` tokens."""

    end: int
    length: int


@dataclass(frozen=True, slots=True)
class Echo:
    """One echoed text and its tokens, with the natural log-probability of each (None for the first).

    After the tokens of the text, ``tokens`` hold one that was generated, or none where the model ended at once.
    Both lists are empty where the endpoint gives no log-probabilities.
    """

    text: str
    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]

    def is_of(self, prompt: str) -> bool:
        """Whether this is ``prompt`` with the log-probabilities of its tokens, not of the generated one alone."""
        return self.text.startswith(prompt) and len(self.tokens) > 1

    def fits(self, span: Span) -> bool:
        """Whether the text can end where ``span`` does: all its tokens are there, and at most a generated one more."""
        return len(self.tokens) - span.end in (0, 1)

    def score(self, span: Span) -> OptionScore:
        """The score of the option whose tokens lie in ``span``."""
        wanted = self.logprobs[span.end - span.length : span.end]
        return OptionScore(fsum(value for value in wanted if value is not None), span.length)


@dataclass(frozen=True, slots=True)
class Echoes:
    """The echoes of all prompts, in the order of the prompts."""

    echoes: tuple[Echo, ...]
    usage: Usage
    model: str


class _Logprobs(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    tokens: list[str] = []
    token_logprobs: list[float | None] = []


class _Choice(BaseModel):
    index: int
    text: str
    logprobs: _Logprobs | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class _Body(BaseModel):
    choices: list[_Choice]
    usage: Any = None
    model: Any = None


def read_echoes(body: Any, prompts: int) -> Echoes:
    """The echoes inside a successful answer to so many prompts, whatever order they come in.

    Raises:
        Garbled: the choices are not one a prompt, lengths disagree, or a token but the first has no log-probability.
    """
    try:
        answer = _Body.model_validate(body, strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the answer"
        raise Garbled(f"{place} is not what /completions answers: {problem['msg']}") from error
    choices = sorted(answer.choices, key=lambda choice: choice.index)
    if [choice.index for choice in choices] != list(range(prompts)):
        raise Garbled(f"the answer has the choices {[c.index for c in choices]}, not one for each of {prompts} texts")
    echoes = tuple(_echo(choice) for choice in choices)
    model = answer.model if isinstance(answer.model, str) else ""
    return Echoes(echoes, _usage(answer.usage, echoes), model)


def span_by_text(echo: Echo, prefix: str, option: str) -> Span:
    """The tokens that spell exactly the option at the end of ``prefix + option``.

    Raises:
        Unclear: a token has text of both, or the tokens do not spell the text.
    """
    prompt = prefix + option
    end = first = _prompt_tokens(echo, prompt)
    position = len(prompt)
    while position > len(prefix) and first > 0:
        first -= 1
        position = _before(echo.tokens[first], prompt, position)
    if position < len(prefix):
        raise Unclear(f"the token {echo.tokens[first]!r} has text of both the prefix and the option {option!r}")
    # Without a token that spells the prefix's end, pieces of the option's first character might be left out.
    if position > len(prefix) or first == 0 or _before(echo.tokens[first - 1], prompt, position) == position:
        raise Unclear(f"the tokens do not spell the end of the prefix and the option {option!r}")
    return Span(end, end - first)


def span_by_ids(prefix: Sequence[int], whole: Sequence[int], option: str) -> Span:
    """The token ids of ``whole`` that follow those of ``prefix``.

    Raises:
        Unclear: the prefix has other tokens once the option follows it, or none do follow.
    """
    if not prefix or tuple(whole[: len(prefix)]) != tuple(prefix) or len(whole) == len(prefix):
        raise Unclear(f"no token begins where the option {option!r} begins")
    return Span(len(whole), len(whole) - len(prefix))


def _prompt_tokens(echo: Echo, prompt: str) -> int:
    """All tokens but the generated one, which an endpoint may leave out where the model ended at once."""
    last = echo.tokens[-1]
    generated_nothing = echo.text == prompt and last != "" and prompt.endswith(last)
    return len(echo.tokens) - (0 if generated_nothing else 1)


def _before(token: str, text: str, end: int) -> int:
    """Where ``token`` begins if it spells ``text`` up to ``end``."""
    if not text.endswith(token, 0, end):
        raise Unclear(f"the tokens do not spell the text: {token!r} does not end {text[:end][-20:]!r}")
    return end - len(token)


def _echo(choice: _Choice) -> Echo:
    found = choice.logprobs or _Logprobs()
    tokens, logprobs = found.tokens, found.token_logprobs
    if len(tokens) != len(logprobs):
        raise Garbled(f"choice {choice.index} has {len(tokens)} tokens and {len(logprobs)} log-probabilities")
    if any(value is None for value in logprobs[1:]):
        raise Garbled(f"choice {choice.index} has null where the log-probability of a token should be")
    if over := [value for value in logprobs if value is not None and value > ROUNDING]:
        raise Garbled(f"choice {choice.index} has {over[0]:g} where the logarithm of a probability should be")
    return Echo(choice.text, tuple(tokens), tuple(logprobs))


def _usage(reported: Any, echoes: Sequence[Echo]) -> Usage:
    """What the endpoint reports, else as many tokens as it listed."""
    try:
        usage = _Usage.model_validate(reported, strict=True)
    except ValidationError:
        listed = sum(len(echo.tokens) for echo in echoes)
        return Usage(max(0, listed - len(echoes)), min(listed, len(echoes)), is_estimated=True)
    return Usage(usage.prompt_tokens, usage.completion_tokens)
