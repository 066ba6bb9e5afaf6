"""Tells an answer that a provider's filter withheld from an error, in the forms in which providers say so."""

import re
from typing import Any

from probewright.targets.failures import one_line
from probewright.targets.reply_parts import mapping_of, text_of
from probewright.types import Reply, Usage

FILTER = "content_filter"  # as a finish reason, in every protocol
FILTER_CODES = frozenset({FILTER, "content_policy_violation", "ResponsibleAIPolicyViolation"})
INVALID_PROMPT = "invalid_prompt"  # OpenAI's code of a flagged prompt, and of prompts that are malformed
ABOUT_SAFETY = re.compile(r"flagged|usage polic|safety", re.IGNORECASE)


def read_rejection(body: Any) -> Reply | None:
    """A blocked reply where an HTTP 4xx is a provider's filter (OpenAI's, Azure's, a router's), else None."""
    error = mapping_of(mapping_of(body).get("error"))
    reason = filter_of_error(error)
    return blocked_reply(reason) if reason else None


def filter_of_error(error: dict[str, Any]) -> str:
    """Which filter an error object tells of, or the empty string."""
    inner, metadata = mapping_of(error.get("innererror")), mapping_of(error.get("metadata"))
    code = text_of(error.get("code"))
    if FILTER_CODES & {code, text_of(inner.get("code"))}:
        return struck(inner.get("content_filter_result"), error.get("content_filters"))
    if "flagged_input" in metadata:
        return named("moderation", metadata.get("reasons"))
    if code == INVALID_PROMPT and ABOUT_SAFETY.search(text_of(error.get("message"))):
        return named(FILTER, [INVALID_PROMPT])
    return ""


def blocked_reply(reason: str) -> Reply:
    """A reply without text, withheld by the filter that ``reason`` names."""
    return Reply(finish_reason=FILTER, usage=Usage(is_estimated=True), blocked=reason)


def struck(results: Any, filters: Any = None) -> str:
    """``content_filter``, and which of its categories struck where the provider says so.

    Args:
        results: category -> result, as Azure has it in /chat/completions.
        filters: a list of such results, as Azure has it in /responses.
    """
    listed = [mapping_of(each).get("content_filter_results") for each in filters] if isinstance(filters, list) else []
    found = [
        category
        for each in (results, *listed)
        for category, result in mapping_of(each).items()
        if mapping_of(result).get("filtered") is True
    ]
    return named(FILTER, found)


def named(what: str, reasons: Any) -> str:
    """A filter and its reasons in one line: ``content_filter: hate, violence``."""
    listed = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    return one_line(f"{what}: {listed}") if listed else what
