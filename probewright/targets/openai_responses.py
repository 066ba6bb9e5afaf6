"""The target `openai_responses`: any endpoint that speaks OpenAI's /responses."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field, field_validator

from probewright.targets.client import Call
from probewright.targets.endpoint import without_path
from probewright.targets.http_target import HttpTarget, HttpTargetParams
from probewright.targets.pricing import DEFAULT_MAX_TOKENS, worst_case_tokens
from probewright.targets.provider_filter import read_rejection
from probewright.targets.responses_reply import read_response
from probewright.targets.retry import Backoff
from probewright.targets.sampling import CommonSampling
from probewright.types import Generate, Message, Reply, Usage

PATH = "responses"
MAX_OUTPUT_TOKENS = "max_output_tokens"


class ResponsesSampling(CommonSampling):
    """How the model samples. ``extra`` holds a provider's own keys (``reasoning``, ``text``), sent as they are."""

    reserved: ClassVar[frozenset[str]] = frozenset(
        {"model", "input", "instructions", "stream", "background", "previous_response_id", "conversation"}
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"max_tokens": MAX_OUTPUT_TOKENS})


class OpenAIResponses(HttpTarget):
    """Asks an endpoint for responses, the whole dialogue each time: nothing is kept on the server.

    ``store`` is sent as false, so that the provider does not keep the prompts of a test; ``extra`` may say otherwise.

    Args:
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    class Params(HttpTargetParams):
        """What a spec may say: the endpoint, the model, and how it is addressed."""

        model: str = Field(min_length=1)
        params: ResponsesSampling = ResponsesSampling()

        @field_validator("base_url")
        @classmethod
        def _is_the_base(cls, value: str) -> str:
            return without_path(value, PATH)

    def __init__(self, params: Params, backoff: Backoff | None = None) -> None:
        super().__init__(f"openai_responses:{params.model}@{params.place}", params, backoff)
        self._url = params.url(PATH)
        self._system = params.system
        self._sampling = {"store": False} | params.params.sent()
        self._model = params.model

    def _call(self, request: Generate) -> Call[Reply]:
        sent = {"model": self._model, "input": [{"role": m.role, "content": m.content} for m in request.messages]}
        instructions = {"instructions": self._system} if self._system else {}
        return Call(
            url=self._url,
            body=ResponsesSampling.overlaid(self._sampling, request.params, self.name) | instructions | sent,
            read=partial(read_response, prompt_chars=sum(len(m.content) for m in self._said(request))),
            read_rejection=read_rejection,
        )

    def _longest(self, request: Generate) -> Usage:
        sampling = ResponsesSampling.overlaid(self._sampling, request.params, self.name)
        return Usage(worst_case_tokens(self._said(request)), int(sampling.get(MAX_OUTPUT_TOKENS) or DEFAULT_MAX_TOKENS))

    def _said(self, request: Generate) -> tuple[Message, ...]:
        """All that the model is told, the system prompt included."""
        return (Message("system", self._system), *request.messages) if self._system else request.messages
