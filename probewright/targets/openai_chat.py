"""The target `openai_chat`: any endpoint that speaks OpenAI's /chat/completions (vLLM, llama.cpp, Azure, routers)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from probewright.errors import RequestRejected
from probewright.plugins import PluginParams
from probewright.protocols import Cost
from probewright.secrets import Redactor
from probewright.targets.chat_reply import read_rejection, read_reply
from probewright.targets.client import Call, HttpClient
from probewright.targets.endpoint import EndpointParams
from probewright.targets.pace import Pace
from probewright.targets.pricing import Price, worst_case_tokens
from probewright.targets.retry import Backoff
from probewright.targets.scoring import Scorer, worst_case_usage
from probewright.types import Generate, Json, Message, Reply, Request, Score, Usage

PATH = "chat/completions"
DEFAULT_MAX_TOKENS = 4096  # what is set aside for an answer whose length nobody limits
OWN_KEYS = frozenset({"model", "messages", "stream", "n"})  # the target sets these, or reads only what they default to
MAX_TOKENS, MAX_COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"


class Sampling(PluginParams):
    """How the model samples. ``extra`` holds a provider's own keys, sent as they are."""

    temperature: float | None = Field(None, ge=0)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, gt=0)
    seed: int | None = None
    stop: str | tuple[str, ...] | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    extra: dict[str, Any] = Field(default_factory=dict)

    @field_validator("extra")
    @classmethod
    def _is_not_known(cls, extra: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(extra.keys() & (OWN_KEYS | cls.model_fields.keys()))
        if taken:
            raise PydanticCustomError(
                "extra_taken",
                "{keys}: not allowed in extra, which is for a provider's own keys",
                {"keys": ", ".join(taken)},
            )
        return extra

    def sent(self) -> dict[str, Any]:
        """The keys of the request body."""
        return self.model_dump(exclude_none=True, exclude={"extra"}) | self.extra


class OpenAIChat:
    """Asks a chat endpoint for continuations, and for scores where its /completions can echo log-probabilities.

    A score's prefix that is plain text is sent as it is: the system prompt and the sampling do not apply to it. See
    `Scorer`.

    Args:
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    class Params(EndpointParams):
        """What a spec may say: the endpoint, the model, and how it is addressed."""

        model: str = Field(min_length=1)
        system: str | None = None
        params: Sampling = Sampling()
        price: Price | None = None

        @field_validator("base_url")
        @classmethod
        def _is_the_base(cls, value: str) -> str:
            if value.rstrip("/").endswith(PATH):
                raise PydanticCustomError("url_path", "give the URL without /chat/completions, such as '.../v1'")
            return value

    def __init__(self, params: Params, backoff: Backoff | None = None) -> None:
        self.name = f"openai_chat:{params.model}@{params.place}"
        self.retries = 0
        self._params = params
        self._backoff = backoff or Backoff()
        self._url = params.url(PATH)
        self._system = (Message("system", params.system),) if params.system else ()
        self._sampling = params.params.sent()
        self._client: HttpClient | None = None
        self._scorer: Scorer | None = None
        self._redactor = Redactor()

    async def __aenter__(self) -> Self:
        """Reads the secrets and opens the session.

        Raises:
            ConfigError: a secret is not set.
        """
        params = self._params
        secrets = params.secrets()
        self._redactor = Redactor(*secrets.values())
        self._client = HttpClient(
            params.sent_headers(secrets),
            timeouts=params.timeouts,
            retries=params.retries,
            backoff=self._backoff,
            pace=Pace(params.rpm) if params.rpm else None,
            redactor=self._redactor,
            on_retry=self._count_retry,
        )
        self._scorer = Scorer(self._client, params, params.model, self._system)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the session."""
        client, self._client, self._scorer = self._client, None, None
        if client:
            await client.close()

    async def ask(self, request: Request) -> Reply:
        """The model's answer to ``request``.

        Raises:
            Unsupported: ``request`` asks for scores and the endpoint gives none.
            TargetError: no answer, after bounded retries.
        """
        if self._client is None or self._scorer is None:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        if isinstance(request, Score):
            reply = await self._scorer.ask(request)
            return replace(reply, usd=self._usd(reply.usage), model=self._redactor.text(reply.model))
        messages = (*self._system, *request.messages)
        call = Call(
            url=self._url,
            body=self._body(messages, request),
            read=partial(read_reply, prompt_chars=sum(len(m.content) for m in messages)),
            read_rejection=read_rejection,
        )
        answer = await self._client.send(call)
        reply = answer.value
        return Reply(  # spelled out: dataclasses.replace takes three times as long, for every answer
            text=self._redactor.text(reply.text),  # escapes that JSON undid may have hidden a key in the body
            reasoning=self._redactor.text(reply.reasoning),
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            usd=self._usd(reply.usage),
            model=self._redactor.text(reply.model),
            latency_s=answer.latency_s,
            attempts=answer.attempts,
            blocked=reply.blocked,
        )

    def worst_case(self, request: Request) -> Cost:
        """One call at the most tokens that it can be expected to take; see `worst_case_tokens`."""
        usage = worst_case_usage(request, self._system) if isinstance(request, Score) else self._longest(request)
        return Cost(calls=1, tokens=usage.total, usd=self._usd(usage))

    def _longest(self, request: Generate) -> Usage:
        sampling = self._overlaid(request)
        limit = sampling.get(MAX_COMPLETION_TOKENS) or sampling.get(MAX_TOKENS) or DEFAULT_MAX_TOKENS
        return Usage(worst_case_tokens((*self._system, *request.messages)), int(limit))

    def provenance(self) -> Mapping[str, Json]:
        """Empty: an endpoint says no more of itself than the model's name, which each answer carries."""
        return {}

    def _body(self, messages: tuple[Message, ...], request: Generate) -> dict[str, Any]:
        return self._overlaid(request) | {
            "model": self._params.model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
        }

    def _overlaid(self, request: Generate) -> dict[str, Any]:
        """The target's sampling with the request's on top. A None takes a key away."""
        if not request.params:
            return self._sampling
        if taken := OWN_KEYS & request.params.keys():
            raise RequestRejected(f"{self.name}: a request cannot set {', '.join(sorted(taken))}; the target does")
        sampling = self._sampling | dict(request.params)
        if MAX_COMPLETION_TOKENS in self._sampling and MAX_TOKENS in request.params:
            # Models that take the newer name refuse a request that also holds the older one.
            sampling[MAX_COMPLETION_TOKENS] = sampling.pop(MAX_TOKENS)
        return {key: value for key, value in sampling.items() if value is not None}

    def _usd(self, usage: Usage) -> float | None:
        return self._params.price.usd(usage) if self._params.price else None

    def _count_retry(self) -> None:
        self.retries += 1
