"""Reads what an OpenAI-compatible /chat/completions answers: parsed JSON in, a `Reply` out, no I/O."""

from collections.abc import Mapping
from typing import Any

import orjson

from probewright.errors import Garbled
from probewright.targets.failures import one_line
from probewright.targets.provider_filter import FILTER, struck
from probewright.targets.reasoning import split_reasoning
from probewright.targets.reply_parts import estimated_usage, mapping_of, reported_usage, text_of
from probewright.types import Reply


def read_reply(body: Any, prompt_chars: int) -> Reply:
    """The reply inside a successful answer. ``prompt_chars`` stands in for the usage where none is reported.

    An empty text is an answer; a body without choices is not. Where the model calls tools and says nothing, the text is
    the JSON of the calls: that is what it answered, and an oracle must be able to see it.

    Raises:
        Garbled: there is no choice with a message in it.
    """
    choice, message = _first_choice(body)
    finish_reason = text_of(choice.get("finish_reason"))
    spoken, thought = _content(message.get("content"))
    reasoning, text = split_reasoning(spoken or text_of(message.get("refusal")) or _calls(message))
    thoughts = (text_of(message.get("reasoning_content")) or text_of(message.get("reasoning")), thought, reasoning)
    aloud = "\n".join(t for t in thoughts if t)
    usage = mapping_of(body.get("usage"))
    return Reply(
        text=text,
        reasoning=aloud,
        finish_reason=finish_reason,
        usage=reported_usage(usage.get("prompt_tokens"), usage.get("completion_tokens"))
        or estimated_usage(prompt_chars, len(text) + len(aloud)),
        model=text_of(body.get("model")),
        blocked=struck(choice.get("content_filter_results")) if finish_reason == FILTER else "",
    )


def _first_choice(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices:
        error = mapping_of(body).get("error")
        said = mapping_of(error).get("message", error)
        raise Garbled(f"the answer has no choices: {one_line(str(said))}" if said else "the answer has no choices")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise Garbled("the answer's first choice has no message")
    return choice, message


def _content(content: Any) -> tuple[str, str]:
    """A message's content as (text, reasoning): a string, null, or a list of typed parts."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if not isinstance(content, list):
        raise Garbled(f"the message's content is neither text nor a list of parts but {type(content).__name__}")
    parts = [mapping_of(part) for part in content]
    text = "".join(text_of(part.get("text")) or text_of(part.get("refusal")) for part in parts)
    thought = "".join(_content(part.get("thinking"))[0] for part in parts)
    return text, thought


def _calls(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls") or message.get("function_call")
    return orjson.dumps(calls).decode() if calls else ""
