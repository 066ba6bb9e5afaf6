"""Reads what an OpenAI-compatible /chat/completions answers: parsed JSON in, a `Reply` out, no I/O."""

from collections.abc import Mapping
from typing import Any

import orjson

from probewright.errors import Garbled
from probewright.targets.failures import one_line
from probewright.targets.pricing import estimated_tokens
from probewright.targets.reasoning import split_reasoning
from probewright.types import Reply, Usage

FILTER = "content_filter"
FILTER_CODES = frozenset({FILTER, "content_policy_violation", "ResponsibleAIPolicyViolation"})


def read_reply(body: Any, prompt_chars: int) -> Reply:
    """The reply inside a successful answer. ``prompt_chars`` stands in for the usage where none is reported.

    An empty text is an answer; a body without choices is not. Where the model calls tools and says nothing, the text is
    the JSON of the calls: that is what it answered, and an oracle must be able to see it.

    Raises:
        Garbled: there is no choice with a message in it.
    """
    choice, message = _first_choice(body)
    finish_reason = _text(choice.get("finish_reason"))
    spoken, thought = _content(message.get("content"))
    reasoning, text = split_reasoning(spoken or _text(message.get("refusal")) or _calls(message))
    thoughts = (_text(message.get("reasoning_content")) or _text(message.get("reasoning")), thought, reasoning)
    aloud = "\n".join(t for t in thoughts if t)
    return Reply(
        text=text,
        reasoning=aloud,
        finish_reason=finish_reason,
        usage=_usage(body.get("usage")) or _estimated(prompt_chars, len(text) + len(aloud)),
        model=_text(body.get("model")),
        blocked=_filter(choice.get("content_filter_results")) if finish_reason == FILTER else "",
    )


def read_rejection(body: Any) -> Reply | None:
    """A blocked reply where an HTTP 4xx is a provider's filter (Azure's, or a router's moderation), else None."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    inner, metadata = _mapping(error.get("innererror")), _mapping(error.get("metadata"))
    if FILTER_CODES & {_text(error.get("code")), _text(inner.get("code"))}:
        blocked = _filter(inner.get("content_filter_result"))
    elif "flagged_input" in metadata:
        blocked = _named("moderation", metadata.get("reasons"))
    else:
        return None
    return Reply(finish_reason=FILTER, usage=Usage(is_estimated=True), blocked=blocked)


def _first_choice(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices:
        error = _mapping(body).get("error")
        said = _mapping(error).get("message", error)
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
    parts = [_mapping(part) for part in content]
    text = "".join(_text(part.get("text")) or _text(part.get("refusal")) for part in parts)
    thought = "".join(_content(part.get("thinking"))[0] for part in parts)
    return text, thought


def _calls(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls") or message.get("function_call")
    return orjson.dumps(calls).decode() if calls else ""


def _usage(reported: Any) -> Usage | None:
    usage = _mapping(reported)
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int or min(prompt, completion) < 0:
        return None
    return Usage(prompt, completion)


def _estimated(prompt_chars: int, answer_chars: int) -> Usage:
    return Usage(estimated_tokens(prompt_chars), estimated_tokens(answer_chars), is_estimated=True)


def _filter(results: Any) -> str:
    """``content_filter``, and which of its categories struck where the provider says so."""
    struck = [name for name, result in _mapping(results).items() if _mapping(result).get("filtered") is True]
    return _named(FILTER, struck)


def _named(what: str, reasons: Any) -> str:
    listed = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    return one_line(f"{what}: {listed}") if listed else what


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
