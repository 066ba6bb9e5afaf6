"""Reads what Anthropic's /v1/messages answers: parsed JSON in, a `Reply` out, no I/O."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from probewright.errors import Garbled
from probewright.targets.failures import one_line
from probewright.targets.provider_filter import FILTER, blocked_reply, named
from probewright.targets.reasoning import split_reasoning
from probewright.targets.reply_parts import estimated_usage, mapping_of, reported_usage, text_of
from probewright.types import Reply, Usage

REFUSAL = "refusal"
FINISH_REASONS = {  # stop reasons, in the words of /chat/completions
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    REFUSAL: FILTER,
}
ABOUT_FILTER = re.compile(r"blocked by (our )?content filtering policy", re.IGNORECASE)
CACHE_KEYS = ("cache_creation_input_tokens", "cache_read_input_tokens")


def read_message(body: Any, prompt_chars: int) -> Reply:
    """The reply inside a successful answer. ``prompt_chars`` stands in for the usage where none is reported.

    The stop reason ``refusal`` is the provider's classifier, not the model's own words: the reply is blocked, and keeps
    what had been said until then. Where the model calls tools and says nothing, the text is the JSON of the calls.

    Raises:
        Garbled: there is no list of content blocks.
    """
    message = mapping_of(body)
    blocks = _blocks(message)
    reasoning, text = split_reasoning("".join(_texts(blocks, "text")) or _calls(blocks))
    aloud = "\n".join(thought for thought in (*_texts(blocks, "thinking"), reasoning) if thought)
    stop_reason = text_of(message.get("stop_reason"))
    return Reply(
        text=text,
        reasoning=aloud,
        finish_reason=FINISH_REASONS.get(stop_reason, stop_reason),
        usage=_usage(mapping_of(message.get("usage"))) or estimated_usage(prompt_chars, len(text) + len(aloud)),
        model=text_of(message.get("model")),
        blocked=_refusal(mapping_of(message.get("stop_details"))) if stop_reason == REFUSAL else "",
    )


def read_rejection(body: Any) -> Reply | None:
    """A blocked reply where an HTTP 4xx is the provider's filter, else None. Only its message tells it apart."""
    error = mapping_of(mapping_of(body).get("error"))
    return blocked_reply(FILTER) if ABOUT_FILTER.search(text_of(error.get("message"))) else None


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    if isinstance(content, list):
        return [mapping_of(block) for block in content]
    error = mapping_of(message.get("error"))
    said = text_of(error.get("message")) or text_of(error.get("type"))
    problem = "the answer has no list of content blocks"
    raise Garbled(f"{problem}: {one_line(said)}" if said else problem)


def _texts(blocks: Sequence[dict[str, Any]], kind: str) -> list[str]:
    """The texts of one kind of block, which lie under a key of the same name."""
    return [text_of(block.get(kind)) for block in blocks if block.get("type") == kind]


def _calls(blocks: Sequence[dict[str, Any]]) -> str:
    calls = [block for block in blocks if text_of(block.get("type")).endswith("tool_use")]
    return orjson.dumps(calls).decode() if calls else ""


def _usage(reported: dict[str, Any]) -> Usage | None:
    """``input_tokens`` leaves out what was written to or read from a prompt cache."""
    cached = [reported.get(key) or 0 for key in CACHE_KEYS]
    usage = reported_usage(reported.get("input_tokens"), reported.get("output_tokens"))
    if usage is None or not all(type(tokens) is int and tokens >= 0 for tokens in cached):
        return None
    return Usage(usage.prompt_tokens + sum(cached), usage.completion_tokens)


def _refusal(details: dict[str, Any]) -> str:
    category = text_of(details.get("category"))
    return named(REFUSAL, [category] if category else None)
