from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.errors import Garbled
from probewright.targets.chat_reply import read_reply
from probewright.targets.provider_filter import read_rejection
from probewright.types import Reply, Usage

CALLS = [{"id": "1", "type": "function", "function": {"name": "buy", "arguments": "{}"}}]


def reply_to(message: dict[str, Any], finish_reason: str | None = "stop", **rest: Any) -> Reply:
    choice = {"message": message, "finish_reason": finish_reason}
    return read_reply({"choices": [choice], **rest}, prompt_chars=40)


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "Paris."}, "Paris.", ""),
        ({"content": None}, "", ""),
        ({}, "", ""),
        ({"content": ""}, "", ""),
        ({"content": None, "refusal": "I can't."}, "I can't.", ""),
        ({"content": "Paris.", "refusal": None}, "Paris.", ""),
        ({"content": "Paris.", "reasoning_content": "Hm."}, "Paris.", "Hm."),
        ({"content": "Paris.", "reasoning": "Hm."}, "Paris.", "Hm."),
        ({"content": None, "reasoning": "Cut o"}, "", "Cut o"),
        ({"content": "<think>Hm.</think>Paris."}, "Paris.", "Hm."),
        ({"content": "<think>Hm."}, "", "Hm."),
        ({"content": [{"type": "text", "text": "Par"}, {"type": "text", "text": "is."}]}, "Paris.", ""),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "No.", ""),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"text": "Paris."}]},
            "Paris.",
            "Hm.",
        ),
        ({"content": None, "tool_calls": CALLS}, orjson.dumps(CALLS).decode(), ""),
        ({"content": "Buying.", "tool_calls": CALLS}, "Buying.", ""),
    ],
)
def test_text_and_reasoning_are_found_where_servers_put_them(message: Any, text: str, reasoning: str) -> None:
    reply = reply_to(message)
    assert (reply.text, reply.reasoning) == (text, reasoning)


def test_reported_usage_and_model_are_taken_over() -> None:
    reply = reply_to({"content": "x"}, usage={"prompt_tokens": 11, "completion_tokens": 7}, model="mock-0613")
    assert reply.usage == Usage(11, 7)
    assert reply.model == "mock-0613"


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], {"prompt_tokens": 5}, {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": True}],
)
def test_usage_that_is_missing_or_nonsense_is_estimated_and_says_so(usage: Any) -> None:
    reply = reply_to({"content": "x" * 9, "reasoning": "y" * 4}, usage=usage)
    assert reply.usage == Usage(10, 4, is_estimated=True)


def test_a_filtered_answer_is_blocked_and_names_the_category() -> None:
    choice = {
        "message": {"content": None},
        "finish_reason": "content_filter",
        "content_filter_results": {"hate": {"filtered": False}, "violence": {"filtered": True}},
    }
    assert read_reply({"choices": [choice]}, 0).blocked == "content_filter: violence"
    assert reply_to({"content": "part"}, "content_filter").blocked == "content_filter"


@pytest.mark.parametrize("finish_reason", ["stop", "length", "tool_calls", None])
def test_other_finish_reasons_block_nothing(finish_reason: str | None) -> None:
    reply = reply_to({"content": ""}, finish_reason)
    assert not reply.blocked
    assert reply.finish_reason == (finish_reason or "")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": "text"}]},
        {"choices": [{"message": {"content": 5}}]},
        {"error": {"message": "overloaded"}},
    ],
)
def test_a_body_without_an_answer_is_garbled(body: Any) -> None:
    with pytest.raises(Garbled):
        read_reply(body, 0)


def test_an_error_inside_a_success_is_quoted() -> None:
    with pytest.raises(Garbled, match="no choices: overloaded"):
        read_reply({"error": {"message": "overloaded"}}, 0)


@pytest.mark.parametrize(
    ("error", "blocked"),
    [
        ({"code": "content_filter"}, "content_filter"),
        (
            {
                "code": "400",
                "innererror": {
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": {"hate": {"filtered": True}, "jailbreak": {"filtered": True}},
                },
            },
            "content_filter: hate, jailbreak",
        ),
        (
            {
                "code": "content_filter",
                "content_filters": [
                    {"blocked": True, "content_filter_results": {"jailbreak": {"filtered": True}, "hate": {}}}
                ],
            },
            "content_filter: jailbreak",
        ),
        ({"code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "..."}}, "moderation: violence"),
        (
            {"code": "invalid_prompt", "message": "Invalid prompt: your prompt was flagged as potentially violating"},
            "content_filter: invalid_prompt",
        ),
        (
            {"code": "invalid_prompt", "message": "we've limited access to this content for safety reasons"},
            "content_filter: invalid_prompt",
        ),
    ],
)
def test_a_providers_filter_is_a_blocked_reply_not_an_error(error: Any, blocked: str) -> None:
    reply = read_rejection({"error": error})
    assert reply
    assert reply.blocked == blocked


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"error": "text"},
        {"error": {"code": "model_not_found"}},
        {"error": {"code": "invalid_prompt", "message": "Invalid prompt: messages[0].content is missing"}},
    ],
)
def test_any_other_rejection_stays_an_error(body: Any) -> None:
    assert read_rejection(body) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "error", "usage", "text", "code", "thinking", "content_filters"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_reply_or_garbled_and_nothing_else(body: Any) -> None:
    read_rejection(body)
    try:
        reply = read_reply(body, 0)
    except Garbled:
        return
    assert isinstance(reply.text, str)
