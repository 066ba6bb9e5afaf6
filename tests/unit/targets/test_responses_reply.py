from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.errors import Garbled
from probewright.targets.responses_reply import read_response
from probewright.types import Reply, Usage

CALL = {"type": "function_call", "name": "buy", "arguments": "{}", "call_id": "1"}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts)}


def spoken(text: str) -> dict[str, Any]:
    return said({"type": "output_text", "text": text})


def thought(**given: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "reasoning", **given}


def reply_to(*items: Any, **rest: Any) -> Reply:
    return read_response({"status": "completed", "output": list(items), **rest}, prompt_chars=40)


@pytest.mark.parametrize(
    ("items", "text", "reasoning"),
    [
        ([spoken("Paris.")], "Paris.", ""),
        ([], "", ""),
        ([said()], "", ""),
        ([{"type": "message", "content": None}], "", ""),
        ([{"type": "message", "content": "Paris."}], "Paris.", ""),
        ([said({"type": "output_text", "text": "Par"}, {"type": "output_text", "text": "is."})], "Paris.", ""),
        ([spoken("First."), spoken("Second.")], "First.\nSecond.", ""),
        ([said({"type": "refusal", "refusal": "I can't."})], "I can't.", ""),
        ([spoken("<think>Hm.</think>Paris.")], "Paris.", "Hm."),
        ([thought(summary=[{"type": "summary_text", "text": "Hm."}]), spoken("Paris.")], "Paris.", "Hm."),
        ([thought(content=[{"type": "reasoning_text", "text": "Hm."}]), spoken("Paris.")], "Paris.", "Hm."),
        ([thought(summary=[], encrypted_content=[]), spoken("Paris.")], "Paris.", ""),
        ([thought(summary=[{"text": "Cut o"}])], "", "Cut o"),
        ([CALL], orjson.dumps([CALL]).decode(), ""),
        ([spoken("Buying."), CALL], "Buying.", ""),
    ],
)
def test_text_and_reasoning_are_found_in_the_output_items(items: Any, text: str, reasoning: str) -> None:
    reply = reply_to(*items)
    assert (reply.text, reply.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    ("rest", "finish_reason"),
    [
        ({}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete", "incomplete_details": {"reason": "steered"}}, "steered"),
        ({"status": "incomplete", "incomplete_details": None}, ""),
        ({"status": None}, ""),
    ],
)
def test_why_it_ended_is_said_in_the_words_of_chat_completions(rest: Any, finish_reason: str) -> None:
    assert reply_to(spoken("Paris."), **rest).finish_reason == finish_reason


def test_an_answer_of_nothing_but_calls_ended_for_them() -> None:
    assert reply_to(CALL).finish_reason == "tool_calls"


def test_reported_usage_and_model_are_taken_over() -> None:
    reply = reply_to(spoken("x"), usage={"input_tokens": 11, "output_tokens": 7}, model="mock-0613")
    assert (reply.usage, reply.model) == (Usage(11, 7), "mock-0613")


@pytest.mark.parametrize("usage", [None, {}, [], {"input_tokens": 5}, {"input_tokens": -1, "output_tokens": 1}])
def test_usage_that_is_missing_or_nonsense_is_estimated_and_says_so(usage: Any) -> None:
    reply = reply_to(thought(summary=[{"text": "y" * 4}]), spoken("x" * 9), usage=usage)
    assert reply.usage == Usage(10, 4, is_estimated=True)


def test_a_response_that_the_filter_cut_short_is_blocked_keeps_its_words_and_names_the_category() -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
    struck = {"content_filter_results": {"hate": {"filtered": False}, "violence": {"filtered": True}}}
    reply = reply_to(spoken("part"), **cut, content_filters=[struck])
    assert (reply.text, reply.blocked) == ("part", "content_filter: violence")


def test_a_response_that_failed_because_its_prompt_was_flagged_is_blocked() -> None:
    error = {"code": "invalid_prompt", "message": "your prompt was flagged as potentially violating our usage policy"}
    reply = read_response({"status": "failed", "error": error, "output": []}, 0)
    assert (reply.text, reply.blocked) == ("", "content_filter: invalid_prompt")


def test_filter_notes_of_an_answer_that_came_through_block_nothing() -> None:
    note = {"content_filter_results": {"hate": {"filtered": True}}}
    assert not reply_to(spoken("Paris."), content_filters=[note]).blocked


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "no list of output items"),
        ([], "no list of output items"),
        ("text", "no list of output items"),
        ({}, "no list of output items"),
        ({"output": None}, "no list of output items"),
        ({"output": {}, "status": "completed"}, "no list of output items"),
        ({"choices": [{"message": {"content": "Paris."}}]}, "no list of output items"),
        ({"output": [{"type": "message", "content": 5}]}, "neither text nor a list of parts but int"),
        ({"error": {"message": "overloaded"}}, "the response failed: overloaded"),
        (
            {"status": "failed", "error": {"code": "server_error", "message": "try\nagain"}, "output": []},
            "failed: server_error: try again",
        ),
        ({"status": "failed", "output": []}, "the response failed$"),
        ({"status": "in_progress", "output": []}, "not finished: its status is in_progress"),
        ({"status": "cancelled", "output": [spoken("part")]}, "not finished: its status is cancelled"),
    ],
)
def test_a_body_without_a_finished_answer_is_garbled(body: Any, problem: str) -> None:
    with pytest.raises(Garbled, match=problem):
        read_response(body, 0)


KEYS = ["output", "type", "content", "text", "error", "status", "usage", "summary", "incomplete_details", "refusal"]
WORDS = st.sampled_from(["message", "reasoning", "completed", "incomplete", "failed", "content_filter", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_reply_or_garbled_and_nothing_else(body: Any) -> None:
    try:
        reply = read_response(body, 0)
    except Garbled:
        return
    assert isinstance(reply.text, str)
