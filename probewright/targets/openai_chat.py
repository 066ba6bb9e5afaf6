"""The target `openai_chat`: any endpoint that speaks OpenAI's /chat/completions (vLLM, llama.cpp, Azure, routers)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator

from probewright.targets.chat_reply import read_reply
from probewright.targets.client import Call
from probewright.targets.endpoint import without_path
from probewright.targets.http_target import HttpTarget, HttpTargetParams
from probewright.targets.pricing import DEFAULT_MAX_TOKENS, worst_case_tokens
from probewright.targets.provider_filter import read_rejection
from probewright.targets.retry import Backoff
from probewright.targets.sampling import CommonSampling
from probewright.targets.scoring import Scorer, worst_case_usage
from probewright.types import Generate, Message, Reply, Score, Usage

PATH = "chat/completions"
MAX_TOKENS, MAX_COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"


class Sampling(CommonSampling):
    """How the model samples. ``extra`` holds a provider's own keys, sent as they are."""

    reserved: ClassVar[frozenset[str]] = frozenset({"model", "messages", "stream", "n"})

    seed: int | None = None
    stop: str | tuple[str, ...] | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)


class OpenAIChat(HttpTarget):
    """Asks a chat endpoint for continuations, and for scores where its /completions can echo log-probabilities.

    A score's prefix that is plain text is sent as it is: the system prompt and the sampling do not apply to it. See
    `Scorer`.

    Args:
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    cannot: ClassVar[tuple[str, ...]] = ()  # some of these endpoints score, and only asking tells

    class Params(HttpTargetParams):
        """What a spec may say: the endpoint, the model, and how it is addressed."""

        model: str = Field(min_length=1)
        params: Sampling = Sampling()

        @field_validator("base_url")
        @classmethod
        def _is_the_base(cls, value: str) -> str:
            return without_path(value, PATH)

    def __init__(self, params: Params, backoff: Backoff | None = None) -> None:
        super().__init__(f"openai_chat:{params.model}@{params.place}", params, backoff)
        self._params = params
        self._url = params.url(PATH)
        self._system = (Message("system", params.system),) if params.system else ()
        self._sampling = params.params.sent()
        self._scorer: Scorer | None = None

    async def __aenter__(self) -> Self:
        """Reads the secrets and opens the session.

        Raises:
            ConfigError: a secret is not set.
        """
        await super().__aenter__()
        self._scorer = Scorer(self._client, self._params, self._params.model, self._system)
        return self

    def _call(self, request: Generate) -> Call[Reply]:
        messages = (*self._system, *request.messages)
        sent = {"model": self._params.model, "messages": [{"role": m.role, "content": m.content} for m in messages]}
        return Call(
            url=self._url,
            body=self._overlaid(request.params) | sent,
            read=partial(read_reply, prompt_chars=sum(len(m.content) for m in messages)),
            read_rejection=read_rejection,
        )

    def _longest(self, request: Generate) -> Usage:
        sampling = self._overlaid(request.params)
        limit = sampling.get(MAX_COMPLETION_TOKENS) or sampling.get(MAX_TOKENS) or DEFAULT_MAX_TOKENS
        return Usage(worst_case_tokens((*self._system, *request.messages)), int(limit))

    async def _ask_score(self, request: Score) -> Reply:
        if self._scorer is None:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        reply = await self._scorer.ask(request)
        return replace(reply, usd=self._usd(reply.usage), model=self._redactor.text(reply.model))

    def _longest_score(self, request: Score) -> Usage:
        return worst_case_usage(request, self._system)

    def _overlaid(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if MAX_COMPLETION_TOKENS in self._sampling and MAX_TOKENS in asked:
            # Models that take the newer name refuse a request that also holds the older one.
            asked = {MAX_COMPLETION_TOKENS if key == MAX_TOKENS else key: value for key, value in asked.items()}
        return Sampling.overlaid(self._sampling, asked, self.name)
