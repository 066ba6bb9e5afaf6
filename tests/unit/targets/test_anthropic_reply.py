from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.errors import Garbled
from probewright.targets.anthropic_reply import read_message, read_rejection
from probewright.types import Reply, Usage

CALL = {"type": "tool_use", "id": "1", "name": "buy", "input": {}}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def thinking(said: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": said, "signature": "s"}


def reply_to(*blocks: Any, stop_reason: str | None = "end_turn", **rest: Any) -> Reply:
    return read_message({"type": "message", "content": list(blocks), "stop_reason": stop_reason, **rest}, 40)


@pytest.mark.parametrize(
    ("blocks", "answer", "reasoning"),
    [
        ([text("Paris.")], "Paris.", ""),
        ([], "", ""),
        ([text("Par"), text("is.")], "Paris.", ""),
        ([thinking("Hm."), text("Paris.")], "Paris.", "Hm."),
        ([thinking("Hm."), thinking("So."), text("Paris.")], "Paris.", "Hm.\nSo."),
        ([thinking("Cut o")], "", "Cut o"),
        ([{"type": "redacted_thinking", "data": "xyz"}, text("Paris.")], "Paris.", ""),
        ([text("<think>Hm.</think>Paris.")], "Paris.", "Hm."),
        ([CALL], orjson.dumps([CALL]).decode(), ""),
        ([text("Buying."), CALL], "Buying.", ""),
        ([{"type": "text", "text": None}], "", ""),
        ([{"type": "text"}, None, 5], "", ""),
    ],
)
def test_text_and_reasoning_are_found_in_the_blocks(blocks: Any, answer: str, reasoning: str) -> None:
    reply = reply_to(*blocks)
    assert (reply.text, reply.reasoning) == (answer, reasoning)


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        (None, ""),
    ],
)
def test_why_it_ended_is_said_in_the_words_of_chat_completions(stop_reason: str | None, finish_reason: str) -> None:
    reply = reply_to(text("Paris."), stop_reason=stop_reason)
    assert reply.finish_reason == finish_reason
    assert bool(reply.blocked) is (stop_reason == "refusal")


@pytest.mark.parametrize(
    ("details", "blocked"),
    [
        (None, "refusal"),
        ({"type": "refusal", "category": None}, "refusal"),
        ({"type": "refusal", "category": "cyber", "explanation": "long"}, "refusal: cyber"),
    ],
)
def test_the_stop_reason_refusal_is_the_providers_filter_and_what_was_said_is_kept(details: Any, blocked: str) -> None:
    reply = reply_to(text("Well, "), stop_reason="refusal", stop_details=details)
    assert (reply.text, reply.blocked) == ("Well, ", blocked)


def test_the_models_own_words_of_refusal_are_an_answer() -> None:
    assert not reply_to(text("I can't help with that.")).blocked


def test_tokens_of_the_prompt_cache_count() -> None:
    usage = {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 10,
    }
    assert reply_to(text("x"), usage=usage).usage == Usage(113, 5)
    assert reply_to(text("x"), usage=usage | {"cache_read_input_tokens": None}).usage == Usage(103, 5)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        {"input_tokens": 5},
        {"input_tokens": 5, "output_tokens": -1},
        {"input_tokens": True, "output_tokens": 1},
        {"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": "many"},
    ],
)
def test_usage_that_is_missing_or_nonsense_is_estimated_and_says_so(usage: Any) -> None:
    assert reply_to(thinking("y" * 4), text("x" * 9), usage=usage).usage == Usage(10, 4, is_estimated=True)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "no list of content blocks$"),
        ([], "no list of content blocks$"),
        ({}, "no list of content blocks$"),
        ({"content": "Paris."}, "no list of content blocks$"),
        ({"content": None, "stop_reason": "end_turn"}, "no list of content blocks$"),
        ({"choices": [{"message": {"content": "Paris."}}]}, "no list of content blocks$"),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Over\nloaded"}},
            "no list of content blocks: Over loaded",
        ),
        ({"type": "error", "error": {"type": "api_error"}}, "no list of content blocks: api_error"),
    ],
)
def test_a_body_without_an_answer_is_garbled(body: Any, problem: str) -> None:
    with pytest.raises(Garbled, match=problem):
        read_message(body, 0)


def test_a_blocked_output_is_a_blocked_reply_not_an_error() -> None:
    error = {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}
    reply = read_rejection({"type": "error", "error": error})
    assert reply
    assert (reply.blocked, reply.finish_reason) == ("content_filter", "content_filter")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"error": "text"},
        {"error": {"message": None}},
        {"error": {"type": "invalid_request_error", "message": "max_tokens: Field required"}},
        {"error": {"type": "not_found_error", "message": "model: content-filter-1"}},
    ],
)
def test_any_other_rejection_stays_an_error(body: Any) -> None:
    assert read_rejection(body) is None


KEYS = ["content", "type", "text", "thinking", "error", "message", "stop_reason", "usage", "input_tokens"]
WORDS = st.sampled_from(["message", "text", "thinking", "tool_use", "refusal", "end_turn", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_reply_or_garbled_and_nothing_else(body: Any) -> None:
    read_rejection(body)
    try:
        reply = read_message(body, 0)
    except Garbled:
        return
    assert isinstance(reply.text, str)
