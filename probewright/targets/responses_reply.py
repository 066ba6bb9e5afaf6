"""Reads what OpenAI's /responses answers: parsed JSON in, a `Reply` out, no I/O."""

from collections.abc import Sequence
from typing import Any

import orjson

from probewright.errors import Garbled
from probewright.targets.failures import one_line
from probewright.targets.provider_filter import FILTER, blocked_reply, filter_of_error, struck
from probewright.targets.reasoning import split_reasoning
from probewright.targets.reply_parts import estimated_usage, mapping_of, reported_usage, text_of
from probewright.types import Reply

UNFINISHED = frozenset({"in_progress", "queued", "cancelled"})
FINISH_REASONS = {"max_output_tokens": "length"}  # why a response is incomplete, in the words of /chat/completions
SPOKEN, THOUGHT = "message", "reasoning"  # types of output items; all others are calls of tools


def read_response(body: Any, prompt_chars: int) -> Reply:
    """The reply inside a successful answer. ``prompt_chars`` stands in for the usage where none is reported.

    The text is that of all messages, the model's own refusal among them. Where the model calls tools and says nothing,
    it is the JSON of the calls. A response that failed because a filter flagged its prompt is a blocked reply.

    Raises:
        Garbled: the response failed, is not finished, or has no output.
    """
    response = mapping_of(body)
    error = mapping_of(response.get("error"))
    if blocked := filter_of_error(error):
        return blocked_reply(blocked)
    items = _items(response, error)
    reasoning, text = split_reasoning("\n".join(_texts(items, SPOKEN, "content")) or _calls(items))
    thoughts = [*_texts(items, THOUGHT, "summary"), *_texts(items, THOUGHT, "content"), reasoning]
    aloud = "\n".join(thought for thought in thoughts if thought)
    finish_reason = _finish_reason(response, items, text)
    usage = mapping_of(response.get("usage"))
    return Reply(
        text=text,
        reasoning=aloud,
        finish_reason=finish_reason,
        usage=reported_usage(usage.get("input_tokens"), usage.get("output_tokens"))
        or estimated_usage(prompt_chars, len(text) + len(aloud)),
        model=text_of(response.get("model")),
        blocked=struck(None, response.get("content_filters")) if finish_reason == FILTER else "",
    )


def _items(response: dict[str, Any], error: dict[str, Any]) -> list[dict[str, Any]]:
    status = text_of(response.get("status"))
    if error or status == "failed":
        said = ": ".join(text_of(error.get(key)) for key in ("code", "message") if error.get(key))
        raise Garbled(f"the response failed: {one_line(said)}" if said else "the response failed")
    if status in UNFINISHED:
        raise Garbled(f"the response is not finished: its status is {status}")
    output = response.get("output")
    if not isinstance(output, list):
        raise Garbled("the answer has no list of output items")
    return [mapping_of(item) for item in output]


def _texts(items: Sequence[dict[str, Any]], kind: str, key: str) -> list[str]:
    """The text of each item of one kind: its parts under ``key`` together. A refusal is text."""
    return [_joined(item.get(key)) for item in items if item.get("type") == kind]


def _joined(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise Garbled(f"an item's content is neither text nor a list of parts but {type(content).__name__}")
    parts = [mapping_of(part) for part in content]
    return "".join(text_of(part.get("text")) or text_of(part.get("refusal")) for part in parts)


def _calls(items: Sequence[dict[str, Any]]) -> str:
    calls = [item for item in items if item.get("type") not in (SPOKEN, THOUGHT)]
    return orjson.dumps(calls).decode() if calls else ""


def _finish_reason(response: dict[str, Any], items: Sequence[dict[str, Any]], text: str) -> str:
    """Why the answer ended, in the words of /chat/completions; empty where the server does not say."""
    status = text_of(response.get("status"))
    if status == "incomplete":
        reason = text_of(mapping_of(response.get("incomplete_details")).get("reason"))
        return FINISH_REASONS.get(reason, reason)
    if status == "completed":
        return "tool_calls" if text and text == _calls(items) else "stop"
    return status
