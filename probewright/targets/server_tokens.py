"""Token ids from a server's own tokenizer: POST /tokenize as vLLM has it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from yarl import URL

from probewright.errors import Garbled, RequestRejected, Unsupported
from probewright.targets.client import Call
from probewright.targets.endpoint import EndpointParams
from probewright.targets.failures import Failure, is_missing, quote
from probewright.targets.journey import Journey
from probewright.types import Message

PATH, VERSION = "tokenize", "/v1"
MAX_KNOWN = 1024  # options whose ids are kept: " A", " B" and their like come again and again
OTHER_PROTOCOL = 422  # FastAPI's and TGI's answer to a body of another shape
GIVE_TEXT = (
    "this endpoint cannot put messages through the chat template for scoring: give the prefix as plain text, "
    "or use vLLM or the pool's engine transformers"
)

Ids = tuple[int, ...]


class ServerTokenizer:
    """Asks for token ids. The path lies beside a trailing ``/v1`` of the base URL, not below it.

    Args:
        endpoint: where.
        model: the model's name there.
    """

    def __init__(self, endpoint: EndpointParams, model: str) -> None:
        self._url = _beside_version(endpoint.url(PATH))
        self._model = model
        self._known: dict[str, Ids] = {}

    async def of_messages(self, journey: Journey, messages: Sequence[Message]) -> Ids:
        """The ids of ``messages`` in the model's chat template, up to where the model's answer begins.

        Raises:
            Unsupported: the endpoint has no /tokenize, or one that knows no messages.
            TargetError: no answer, after bounded retries.
        """
        sent = [{"role": m.role, "content": m.content} for m in messages]
        call = self._call({"messages": sent, "add_generation_prompt": True})
        ids = await journey.send(call)
        if not ids:  # llama.cpp has a /tokenize of its own, with other keys, and finds nothing to do
            raise journey.refusal(call, "no tokens came back", GIVE_TEXT)
        return ids

    async def of_text(self, journey: Journey, text: str) -> Ids:
        """The ids of a whole text, with the special tokens that the model puts before one."""
        return await journey.send(self._call({"prompt": text, "add_special_tokens": True}))

    async def of_option(self, journey: Journey, option: str) -> Ids:
        """The ids of an option by itself, without special tokens. They are kept, 1024 options at most.

        Raises:
            RequestRejected: the option has no token.
        """
        if option not in self._known:
            ids = await journey.send(self._call({"prompt": option, "add_special_tokens": False}))
            if not ids:
                raise RequestRejected(f"POST {self._url.with_query(None)}: the option {option!r} has no token")
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[option] = ids
            return ids  # a concurrent caller may have cleared what is known
        return self._known[option]

    def _call(self, body: dict[str, Any]) -> Call[Ids]:
        return Call(self._url, {"model": self._model} | body, _read, explain=partial(_explain, self._model))


def _read(body: Any) -> Ids:
    tokens = body.get("tokens") if isinstance(body, dict) else None
    if not isinstance(tokens, list) or not all(type(token) is int for token in tokens):
        raise Garbled("the answer has no list of token ids")
    return tuple(tokens)


def _explain(model: str, status: int, body: bytes) -> Failure | None:
    if is_missing(status, body, model) or status == OTHER_PROTOCOL:
        return Failure(Unsupported, f"HTTP {status}: {quote(body)}", GIVE_TEXT)
    return None


def _beside_version(url: URL) -> URL:
    path = url.raw_path.removesuffix(f"/{PATH}").removesuffix(VERSION)
    return url.with_path(f"{path}/{PATH}", encoded=True).with_query(url.query)
