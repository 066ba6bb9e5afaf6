"""The target `anthropic`: Anthropic's Messages API, and gateways that speak it."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field, field_validator

from probewright.secrets import Secret
from probewright.targets.anthropic_reply import read_message, read_rejection
from probewright.targets.client import Call
from probewright.targets.endpoint import BaseUrl, without_path
from probewright.targets.http_target import HttpTarget, HttpTargetParams
from probewright.targets.pricing import DEFAULT_MAX_TOKENS, worst_case_tokens
from probewright.targets.retry import Backoff
from probewright.targets.sampling import CommonSampling
from probewright.types import Generate, Message, Reply, Usage

PATH = "v1/messages"
VERSION_HEADER, VERSION = "anthropic-version", "2023-06-01"
MAX_TOKENS, STOP = "max_tokens", "stop_sequences"


class MessagesSampling(CommonSampling):
    """How the model samples. ``extra`` holds the API's other keys (``thinking``, ``metadata``), sent as they are."""

    reserved: ClassVar[frozenset[str]] = frozenset({"model", "messages", "system", "stream"})
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"stop": STOP})

    max_tokens: int = Field(DEFAULT_MAX_TOKENS, gt=0)  # the API requires one
    top_k: int | None = Field(None, gt=0)
    stop: str | tuple[str, ...] | None = None


class Anthropic(HttpTarget):
    """Asks Anthropic's models.

    Args:
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    class Params(HttpTargetParams):
        """What a spec may say: the model, the key, and how it is addressed."""

        key_header: ClassVar[str] = "x-api-key"
        key_scheme: ClassVar[str] = ""

        base_url: BaseUrl = "https://api.anthropic.com"
        model: str = Field(min_length=1)
        params: MessagesSampling = MessagesSampling()

        @field_validator("base_url")
        @classmethod
        def _is_the_base(cls, value: str) -> str:
            return without_path(without_path(value, PATH), "v1")

        def sent_headers(self, secrets: dict[str, Secret]) -> dict[str, str]:
            """As for every endpoint, and the version of the API unless ``headers`` name another."""
            headers = super().sent_headers(secrets)
            is_named = any(name.lower() == VERSION_HEADER for name in headers)
            return headers if is_named else headers | {VERSION_HEADER: VERSION}

    def __init__(self, params: Params, backoff: Backoff | None = None) -> None:
        super().__init__(f"anthropic:{params.model}@{params.place}", params, backoff)
        self._url = params.url(PATH)
        self._system = (Message("system", params.system),) if params.system else ()
        self._sampling = params.params.sent()
        self._model = params.model

    def _call(self, request: Generate) -> Call[Reply]:
        messages = (*self._system, *request.messages)
        spoken = [{"role": m.role, "content": m.content} for m in messages if m.role != "system"]
        system = "\n\n".join(m.content for m in messages if m.role == "system")
        body = self._overlaid(request.params) | {"model": self._model, "messages": spoken}
        return Call(
            url=self._url,
            body=body | ({"system": system} if system else {}),
            read=partial(read_message, prompt_chars=sum(len(m.content) for m in messages)),
            read_rejection=read_rejection,
        )

    def _longest(self, request: Generate) -> Usage:
        return Usage(
            worst_case_tokens((*self._system, *request.messages)), int(self._overlaid(request.params)[MAX_TOKENS])
        )

    def _overlaid(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        sampling = {MAX_TOKENS: DEFAULT_MAX_TOKENS} | MessagesSampling.overlaid(self._sampling, asked, self.name)
        if isinstance(sampling.get(STOP), str):
            sampling[STOP] = [sampling[STOP]]
        return sampling
