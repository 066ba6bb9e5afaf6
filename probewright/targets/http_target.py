"""What all targets that speak HTTP have in common, whatever their protocol."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import ClassVar, Self

from yarl import URL

from probewright.errors import Unsupported
from probewright.protocols import Cost
from probewright.secrets import Redactor
from probewright.targets.client import Call, HttpClient
from probewright.targets.endpoint import EndpointParams
from probewright.targets.price_table import price_of
from probewright.targets.pricing import Price
from probewright.targets.retry import Backoff
from probewright.types import Generate, Json, Reply, Request, Score, Usage

SCORES = "score given options"


def used_tokens(reply: Reply) -> int:
    """What a limit of tokens a minute counts of an answer."""
    return reply.usage.total


class HttpTargetParams(EndpointParams):
    """Parameters that every HTTP target has beside those of its endpoint."""

    system: str | None = None
    price: Price | None = None


class HttpTarget(ABC):
    """Opens and closes a session, sends, takes secrets out of what comes back, and prices it.

    A protocol is a subclass: `_call` puts a request into its words, `_longest` says how much it can take at most.

    Args:
        name: who this is, in messages and reports.
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    cannot: ClassVar[tuple[str, ...]] = (SCORES,)  # what no endpoint of this kind does

    def __init__(self, name: str, params: HttpTargetParams, backoff: Backoff | None) -> None:
        self.name = name
        self.retries = 0
        self._endpoint = params
        model = getattr(params, "model", "")  # not every protocol names one
        self._listed_price = None if params.price else price_of(str(URL(params.base_url).host), model)
        self._price = self._listed_price.price if self._listed_price else params.price
        self._backoff = backoff or Backoff()
        self._open_client: HttpClient | None = None
        self._redactor = Redactor()

    async def __aenter__(self) -> Self:
        """Reads the secrets and opens the session.

        Raises:
            ConfigError: a secret is not set.
        """
        endpoint = self._endpoint
        secrets = endpoint.secrets()
        self._redactor = Redactor(*secrets.values())
        self._open_client = HttpClient(
            endpoint.sent_headers(secrets),
            timeouts=endpoint.timeouts,
            retries=endpoint.retries,
            backoff=self._backoff,
            pace=endpoint.pace(self.name),
            redactor=self._redactor,
            on_retry=self._count_retry,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the session."""
        client, self._open_client = self._open_client, None
        if client:
            await client.close()

    async def ask(self, request: Request) -> Reply:
        """The endpoint's answer to ``request``.

        Raises:
            Unsupported: ``request`` asks for scores and the endpoint gives none.
            TargetError: no answer, after bounded retries.
        """
        if isinstance(request, Score):
            return await self._ask_score(request)
        call = self._call(request)
        if self._endpoint.tpm:
            call = replace(call, tokens=self._longest(request).total, used=used_tokens)
        answer = await self._client.send(call)
        reply, clean = answer.value, self._redactor.text
        return Reply(  # spelled out: dataclasses.replace takes three times as long, for every answer
            text=clean(reply.text),  # escapes that JSON undid may have hidden a key in the body
            reasoning=clean(reply.reasoning),
            finish_reason=clean(reply.finish_reason),
            usage=reply.usage,
            usd=self._usd(reply.usage),
            model=clean(reply.model),
            latency_s=answer.latency_s,
            attempts=answer.attempts,
            blocked=clean(reply.blocked),
        )

    def worst_case(self, request: Request) -> Cost:
        """One call at the most tokens that it can be expected to take; see `worst_case_tokens`."""
        usage = self._longest_score(request) if isinstance(request, Score) else self._longest(request)
        return Cost(calls=1, tokens=usage.total, usd=self._usd(usage))

    def provenance(self) -> Mapping[str, Json]:
        """Where the price comes from if not from the spec; an endpoint says no more of itself than each answer does."""
        return {"price": str(self._listed_price)} if self._listed_price else {}

    @abstractmethod
    def _call(self, request: Generate) -> Call[Reply]:
        """``request`` in the words of the protocol."""

    @abstractmethod
    def _longest(self, request: Generate) -> Usage:
        """The most tokens that ``request`` can be expected to take."""

    async def _ask_score(self, request: Score) -> Reply:  # noqa: ARG002 (subclasses that can score read it)
        raise Unsupported(f"{self.name}: cannot {SCORES}; openai_chat at a vLLM server can, and so can a pool")

    def _longest_score(self, request: Score) -> Usage:  # noqa: ARG002 (as above)
        return Usage()

    @property
    def concurrency(self) -> int | None:
        """How many requests the server is given at once now; None as long as it refused none."""
        return self._open_client.concurrency if self._open_client else None

    @property
    def _client(self) -> HttpClient:
        if self._open_client is None:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        return self._open_client

    def _usd(self, usage: Usage) -> float | None:
        return self._price.usd(usage) if self._price else None

    def _count_retry(self) -> None:
        self.retries += 1
