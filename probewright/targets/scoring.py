"""Scores given options at an endpoint whose /completions echoes a text with its log-probabilities, as vLLM's does.

A plain-text prefix needs that alone. Messages are put through the model's chat template by the server's /tokenize.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from yarl import URL

from probewright.errors import Garbled, RequestRejected, Unsupported
from probewright.targets.client import Call, HttpClient
from probewright.targets.echo_reply import Echoes, Span, Unclear, read_echoes, span_by_ids, span_by_text
from probewright.targets.endpoint import EndpointParams
from probewright.targets.failures import CHECK_LATER, CHECK_URL, Failure, is_missing, one_line, quote
from probewright.targets.journey import Journey
from probewright.targets.pricing import worst_case_tokens
from probewright.targets.provider_filter import read_rejection
from probewright.targets.server_tokens import ServerTokenizer
from probewright.types import Message, Reply, Score, Usage

PATH = "completions"
ABOUT_ECHO = re.compile(r"\b(echo|(prompt_)?logprobs?)\b", re.IGNORECASE)
ABOUT_LENGTH = re.compile(r"\bcontext|too long", re.IGNORECASE)
REJECTIONS = frozenset({400, 422, 500})  # some servers report a parameter that they refuse as their own failure

NO_ECHO = "the answer does not repeat the text with the log-probabilities of its tokens"
USE_ANOTHER = "this endpoint cannot score given options: use vLLM, or the pool's engine transformers"
MOVE_BOUNDARY = "begin the option where a token begins, such as at its space"


class Scorer:
    """Asks one endpoint for scores. What the endpoint cannot do it remembers for good, one line a path.

    Options go right behind the prefix as they are: the caller gives the space. The target's sampling does not apply.

    Args:
        client: sends the requests.
        endpoint: where.
        model: the model's name there.
        system: the target's system prompt as messages. It goes before messages, never before plain text.
    """

    def __init__(self, client: HttpClient, endpoint: EndpointParams, model: str, system: tuple[Message, ...]) -> None:
        self._client = client
        self._url = endpoint.url(PATH)
        self._is_metered = endpoint.tpm is not None
        self._model = model
        self._system = system
        self._tokenizer = ServerTokenizer(endpoint, model)
        self._refusals: dict[URL, str] = {}

    async def ask(self, request: Score) -> Reply:
        """A score for each option, in order; none where the provider's filter withheld the answer.

        Raises:
            RequestRejected: there is no option or no prefix, an option is empty, or a token has text of both the prefix
                and the option, so that its probability is that of another text.
            Unsupported: the endpoint gives no log-probabilities of a given text, or knows no messages in /tokenize.
            TargetError: no answer, after bounded retries.
        """
        if not request.prefix or not request.options or not all(request.options):
            raise RequestRejected(f"{self._model}: scoring takes a prefix and options, none of them empty")
        journey = Journey(self._client, self._refusals)
        journey.check(self._url)
        if isinstance(request.prefix, str):
            return await self._after_text(journey, request.prefix, request.options)
        return await self._after_messages(journey, (*self._system, *request.prefix), request.options)

    async def _after_text(self, journey: Journey, prefix: str, options: Sequence[str]) -> Reply:
        prompts = [prefix + option for option in options]
        call = self._call(prompts)
        found = await journey.send(call)
        if isinstance(found, Reply):
            return journey.stamp(found)
        if not all(echo.is_of(prompt) for echo, prompt in zip(found.echoes, prompts, strict=True)):
            raise journey.refusal(call, NO_ECHO, USE_ANOTHER)
        try:
            spans = [span_by_text(echo, prefix, option) for echo, option in zip(found.echoes, options, strict=True)]
        except Unclear as unclear:
            spans = await self._spans_by_ids(journey, prefix, options, unclear)
        return journey.stamp(_reply(call, found, spans))

    async def _after_messages(self, journey: Journey, messages: Sequence[Message], options: Sequence[str]) -> Reply:
        prefix = await self._tokenizer.of_messages(journey, messages)
        ids = [await self._tokenizer.of_option(journey, option) for option in options]
        call = self._call([[*prefix, *option] for option in ids])
        found = await journey.send(call)
        if isinstance(found, Reply):
            return journey.stamp(found)
        spans = [Span(len(prefix) + len(option), len(option)) for option in ids]
        if any(len(echo.tokens) < span.end for echo, span in zip(found.echoes, spans, strict=True)):
            raise journey.refusal(call, NO_ECHO, USE_ANOTHER)
        return journey.stamp(_reply(call, found, spans))

    async def _spans_by_ids(
        self, journey: Journey, prefix: str, options: Sequence[str], unclear: Unclear
    ) -> list[Span]:
        """Tells by token ids what the text did not tell: printed tokens are not always what the text holds."""
        try:
            start = await self._tokenizer.of_text(journey, prefix)
            wholes = [await self._tokenizer.of_text(journey, prefix + option) for option in options]
            return [span_by_ids(start, whole, option) for whole, option in zip(wholes, options, strict=True)]
        except Unsupported:
            reason = str(unclear)
        except Unclear as by_ids:
            reason = f"{by_ids}: {unclear}"
        raise RequestRejected(f"{self._call([])}: {one_line(reason)}; {MOVE_BOUNDARY}")

    def _call(self, prompts: Sequence[str] | Sequence[list[int]]) -> Call[Echoes | Reply]:
        body = {
            "model": self._model,
            "prompt": prompts,
            "max_tokens": 1,  # some servers refuse 0
            "echo": True,
            "logprobs": 1,
            "temperature": 0,
        }
        read = partial(read_echoes, prompts=len(prompts))
        explain = partial(_explain, self._model)
        tokens = _worst_case_tokens(prompts) if self._is_metered else 0
        return Call(self._url, body, read, read_rejection, explain, tokens=tokens, used=_used_tokens)


def worst_case_usage(request: Score, system: Sequence[Message]) -> Usage:
    """More tokens than a score can be expected to take: the prefix again for every option, and one generated each."""
    tokens = 0
    for option in request.options:
        if isinstance(request.prefix, str):
            tokens += worst_case_tokens((Message("user", request.prefix + option),))
        else:
            tokens += worst_case_tokens((*system, *request.prefix, Message("assistant", option)))
    return Usage(tokens, len(request.options))


def _worst_case_tokens(prompts: Sequence[str] | Sequence[list[int]]) -> int:
    """All prompts again, of which some are token ids by now, and one generated token each."""
    texts = worst_case_tokens([Message("user", prompt) for prompt in prompts if isinstance(prompt, str)])
    return texts + sum(len(prompt) for prompt in prompts if not isinstance(prompt, str)) + len(prompts)


def _used_tokens(found: Echoes | Reply) -> int:
    return found.usage.total


def _reply(call: Call[Any], found: Echoes, spans: Sequence[Span]) -> Reply:
    pairs = list(zip(found.echoes, spans, strict=True))
    for echo, span in pairs:
        if not echo.fits(span):
            what = f"{len(echo.tokens)} tokens came back for a text of {span.end}"
            raise Failure(Garbled, what, CHECK_LATER).error(str(call), attempts=1)
    return Reply(scores=tuple(echo.score(span) for echo, span in pairs), usage=found.usage, model=found.model)


def _explain(model: str, status: int, body: bytes) -> Failure | None:
    """Unsupported where the path is missing or echo and logprobs are refused; an over-long prompt is neither."""
    said = quote(body)
    if is_missing(status, body, model):
        return Failure(Unsupported, f"HTTP {status}: {said}", f"{CHECK_URL}, else {USE_ANOTHER}")
    if status in REJECTIONS and ABOUT_ECHO.search(said) and not ABOUT_LENGTH.search(said):
        return Failure(Unsupported, f"HTTP {status}: {said}", USE_ANOTHER)
    return None
