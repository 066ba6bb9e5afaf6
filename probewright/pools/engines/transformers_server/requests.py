"""What requests may say. A key that is not listed is refused: without it the answer would mean something else."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from probewright.pools.engines.transformers_server.errors import BadRequest
from probewright.pools.engines.transformers_server.sampling import Sampling

LEGACY_MAX_TOKENS = 16  # OpenAI's default for /v1/completions
SEEDS = 2**63
MOST_STOPS = 16


def _text_of_parts(content: Any) -> Any:
    """A message's content where it comes as a list of text parts."""
    if isinstance(content, list) and all(isinstance(p, dict) and p.get("type") == "text" for p in content):
        return "".join(str(part.get("text", "")) for part in content)
    return content


def _stops(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop or []


def _prompts(prompt: Any) -> list[str | list[int]]:
    """One prompt or several, as text or as tokens, as a list."""
    if isinstance(prompt, str) or (isinstance(prompt, list) and prompt and _is_tokens(prompt)):
        return [prompt]
    if isinstance(prompt, list) and prompt and all(isinstance(p, str) or _is_tokens(p) for p in prompt):
        return prompt
    raise PydanticCustomError("prompt", "must be a text, a list of tokens, or a list of either, and not empty")


def _is_tokens(prompt: Any) -> bool:
    return isinstance(prompt, list) and all(type(token) is int for token in prompt)


class _Body(BaseModel):
    """Strict, and nothing but what is named."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str | None = None


class ChatMessage(BaseModel):
    """One message of a dialogue."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: str
    content: Annotated[str, BeforeValidator(_text_of_parts)]


class _Sampled(_Body):
    """How an answer is sampled. Keys with one allowed value are there because clients send them."""

    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int | None = Field(None, ge=-SEEDS, lt=SEEDS)
    stop: Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_stops)] = Field(
        [], max_length=MOST_STOPS
    )
    n: Literal[1] = 1
    stream: Literal[False] = False
    presence_penalty: float = Field(0.0, ge=0, le=0)
    frequency_penalty: float = Field(0.0, ge=0, le=0)
    user: str = ""

    def sampling(self, max_tokens: int) -> Sampling:
        """The settings of one answer."""
        return Sampling(max_tokens, self.temperature, self.top_p, self.seed, tuple(self.stop))


class Chat(_Sampled):
    """The body of ``/v1/chat/completions``."""

    messages: list[ChatMessage] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    logprobs: Literal[False] = False


class Completion(_Sampled):
    """The body of ``/v1/completions``.

    With ``echo`` the prompt is part of the answer, and ``logprobs`` gives the log-probability of its tokens.
    ``logprobs_from`` is our own key: the position (from 0) of the first token whose log-probability is wanted. Those
    before it are null, which spares the largest matrix of the model for them.
    """

    prompt: Annotated[list[str | list[int]], BeforeValidator(_prompts)]
    max_tokens: int = Field(LEGACY_MAX_TOKENS, ge=0)
    echo: bool = False
    logprobs: int | None = Field(None, ge=0, le=1)
    logprobs_from: int = Field(0, ge=0)
    add_special_tokens: bool = True

    def check(self) -> None:
        """Checks what no single key can say.

        Raises:
            BadRequest: this combination is not served.
        """
        if not self.echo and self.logprobs is not None:
            raise BadRequest("logprobs: only given for the prompt, with echo: true")
        if not self.echo and not self.max_tokens:
            raise BadRequest("max_tokens: 0 leaves nothing to answer without echo: true")
        if self.echo and self.max_tokens > 1:
            raise BadRequest(f"max_tokens: {self.max_tokens} with echo: true; allowed: 0 and 1")
        if self.echo and self.max_tokens and self.temperature:
            raise BadRequest("temperature: with echo: true the next token is the most likely one, so it must be 0")


class Tokenize(_Body):
    """The body of ``/tokenize``: a prompt, or messages."""

    prompt: str | None = None
    messages: list[ChatMessage] | None = Field(None, min_length=1)
    add_special_tokens: bool = True
    add_generation_prompt: bool = True

    def check(self) -> None:
        """Checks what no single key can say.

        Raises:
            BadRequest: there is neither a prompt nor messages, or there are both.
        """
        if (self.prompt is None) == (self.messages is None):
            raise BadRequest("give either prompt or messages")


B = TypeVar("B", bound=_Body)


def read(kind: type[B], body: bytes, model: str) -> B:
    """The request in ``body``.

    Raises:
        BadRequest: it is not JSON, or something in it is not allowed; one line says what.
    """
    try:
        request = kind.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    except ValidationError as error:
        raise BadRequest("; ".join(_problem(e["loc"], e["msg"]) for e in error.errors())) from error
    if request.model not in (None, model):
        raise BadRequest(f"model {request.model!r} is not served here; this is {model!r}")
    return request


def check_fit(prompt_tokens: int, max_tokens: int, context_tokens: int) -> None:
    """Checks that prompt and answer fit into the context.

    Raises:
        BadRequest: they do not, or there is no prompt.
    """
    if not prompt_tokens:
        raise BadRequest("the prompt is empty")
    if prompt_tokens + max_tokens > context_tokens:
        raise BadRequest(
            f"the prompt has {prompt_tokens} tokens and max_tokens is {max_tokens}, "
            f"together more than the context of {context_tokens} tokens"
        )


def _problem(place: Sequence[int | str], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'body'}: {message}"
