"""The target `http_json`: any endpoint that takes and gives JSON, described by a template and a few paths."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, Self

from pydantic import ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError
from yarl import URL

from probewright.errors import Garbled, RequestRejected, unknown
from probewright.targets import asked_case
from probewright.targets.client import Call
from probewright.targets.failures import one_line
from probewright.targets.http_target import HttpTarget, HttpTargetParams
from probewright.targets.json_path import JsonPath, find
from probewright.targets.json_template import filled, placeholders, plain_json
from probewright.targets.pricing import DEFAULT_MAX_TOKENS, worst_case_tokens
from probewright.targets.provider_filter import FILTER, read_rejection
from probewright.targets.reasoning import split_reasoning
from probewright.targets.reply_parts import estimated_usage, reported_usage, text_of
from probewright.targets.retry import Backoff
from probewright.types import Generate, Message, Reply, Usage

PROMPT, MESSAGES, SYSTEM, SESSION = "prompt", "messages", "system", "session"
PLACEHOLDERS = (PROMPT, MESSAGES, SYSTEM, SESSION)


def _allow_url(schema: dict[str, Any]) -> None:
    """``url`` says the same as ``base_url``, and one of them is there."""
    schema["properties"]["url"] = {"type": "string", "title": "Url"}
    schema["required"].remove("base_url")
    schema["oneOf"] = [{"required": ["base_url"]}, {"required": ["url"]}]


class HttpJson(HttpTarget):
    """Asks an endpoint whose own words the spec gives.

    The earlier turns of a dialogue must reach the endpoint: in ``{{messages}}``, or because this target began the
    ``{{session}}`` and the server keeps it. Where neither is so, the request is rejected, never sent cut short.

    Args:
        params: its part of the spec.
        backoff: how long to wait before a request is sent again; tests give a short one.
    """

    class Params(HttpTargetParams):
        """What a spec may say: where to send what, and where the answer lies.

        ``base_url`` (or ``url``) is the whole address. The paths are JMESPath: ``reply`` is the text; ``error`` and
        ``blocked`` tell, where they find anything but null, false or nothing, that there is none.
        """

        model_config = ConfigDict(json_schema_extra=_allow_url)

        method: Literal["POST", "PUT", "PATCH"] = "POST"
        body: dict[str, Any] | list[Any]
        reply: JsonPath
        finish_reason: JsonPath | None = None
        prompt_tokens: JsonPath | None = None
        completion_tokens: JsonPath | None = None
        error: JsonPath | None = None
        blocked: JsonPath | None = None

        @model_validator(mode="before")
        @classmethod
        def _url_is_base_url(cls, given: Any) -> Any:
            if not isinstance(given, dict) or "url" not in given:
                return given
            if "base_url" in given:
                raise PydanticCustomError("two_urls", "give either url or base_url, not both")
            return {"base_url" if key == "url" else key: value for key, value in given.items()}

        @field_validator("body")
        @classmethod
        def _is_json_with_known_placeholders(cls, body: Any) -> Any:
            body = plain_json(body)
            names = set(placeholders(body))
            for name in sorted(names.difference(PLACEHOLDERS)):
                raise PydanticCustomError("placeholder", "{text}", {"text": unknown("placeholder", name, PLACEHOLDERS)})
            if names.isdisjoint({PROMPT, MESSAGES}):
                raise PydanticCustomError("no_prompt", "{text}", {"text": "holds neither {{prompt}} nor {{messages}}"})
            return body

        @model_validator(mode="after")
        def _sends_the_system_prompt(self) -> Self:
            if self.system and {SYSTEM, MESSAGES}.isdisjoint(placeholders(self.body)):
                problem = "system: the body holds neither {{system}} nor {{messages}} to send it"
                raise PydanticCustomError("system_unsent", "{text}", {"text": problem})
            return self

    def __init__(self, params: Params, backoff: Backoff | None = None) -> None:
        super().__init__(f"http_json@{params.place}", params, backoff)
        self._params = params
        self._url = URL(params.base_url)
        self._system = (Message("system", params.system),) if params.system else ()
        self._sent = frozenset(placeholders(params.body))

    def _call(self, request: Generate) -> Call[Reply]:
        messages = (*self._system, *request.messages)
        return Call(
            url=self._url,
            body=filled(self._params.body, self._values(messages)),
            read=partial(read_json, self._params, prompt_chars=sum(len(m.content) for m in messages)),
            read_rejection=read_rejection,
            method=self._params.method,
        )

    def _values(self, messages: Sequence[Message]) -> dict[str, Any]:
        """What stands in for each placeholder. System messages are among the others unless they have their own."""
        session, is_new = asked_case.session(self)
        spoken = [m for m in messages if m.role != "system"]
        if len(spoken) > 1 and MESSAGES not in self._sent and (SESSION not in self._sent or is_new):
            raise RequestRejected(
                f"{self.name}: the body cannot send the earlier turns of a dialogue; put {{{{messages}}}} into it"
            )
        listed = spoken if SYSTEM in self._sent else messages
        return {
            PROMPT: spoken[-1].content if spoken else "",
            MESSAGES: [{"role": m.role, "content": m.content} for m in listed],
            SYSTEM: "\n\n".join(m.content for m in messages if m.role == "system") or None,
            SESSION: session,
        }

    def _longest(self, request: Generate) -> Usage:
        return Usage(worst_case_tokens((*self._system, *request.messages)), DEFAULT_MAX_TOKENS)


def read_json(params: HttpJson.Params, body: Any, prompt_chars: int) -> Reply:
    """The reply inside a successful answer, where the paths of ``params`` find it.

    Raises:
        Garbled: the endpoint reports an error, or ``reply`` finds no text.
    """
    if params.error and (said := find(params.error, body)):
        raise Garbled(f"the endpoint reports an error: {one_line(str(said))}")
    finish_reason = text_of(_found(params.finish_reason, body))
    withheld = _found(params.blocked, body) or finish_reason == FILTER
    answer = find(params.reply, body)
    if not isinstance(answer, str) and not (withheld and answer is None):
        raise Garbled(f"reply: {params.reply!r} finds {_kind(answer)}, not text")
    reasoning, text = split_reasoning(answer or "")
    usage = reported_usage(_found(params.prompt_tokens, body), _found(params.completion_tokens, body))
    return Reply(
        text=text,
        reasoning=reasoning,
        finish_reason=finish_reason,
        usage=usage or estimated_usage(prompt_chars, len(text) + len(reasoning)),
        blocked=_reason(withheld) if withheld else "",
    )


def _found(path: str | None, body: Any) -> Any:
    return None if path is None else find(path, body)


def _reason(withheld: Any) -> str:
    return one_line(withheld) if isinstance(withheld, str) else FILTER


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
