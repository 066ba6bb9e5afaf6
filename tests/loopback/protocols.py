"""The chat half of the loopback endpoint, in each protocol that it speaks: how to ask it, and how it answers.

A token is four characters in all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.loopback.faults import Canned


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Attributes:
        prompt: the last thing that a request says.
        completion: a whole answer to a request, with this text.
        filtered: the error of the provider's filter, an HTTP 400, whose message repeats the key.
        filtered_answer: the answer of a request that the filter cut short.
    """

    prompt: Callable[[Mapping[str, Any]], str]
    completion: Callable[[Mapping[str, Any], str], Any]
    filtered: Callable[[str], Any]
    filtered_answer: Any

    def answer(self, body: Mapping[str, Any], text: str) -> Canned:
        """A whole answer as it is sent."""
        return Canned.json(self.completion(body, text))


def tokens_of_messages(messages: list[dict[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages) // 4


def chat_completion(body: Mapping[str, Any], text: str) -> Any:
    """As OpenAI answers /chat/completions."""
    prompt, answer = tokens_of_messages(body["messages"]), len(text) // 4
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
    }


def response(body: Mapping[str, Any], text: str) -> Any:
    """As OpenAI answers /responses, with a reasoning item before the message."""
    message = {
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    prompt, answer = tokens_of_messages(body["input"]) + len(body.get("instructions", "")) // 4, len(text) // 4
    return {
        "id": "resp_loopback",
        "object": "response",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": body["model"],
        "output": [{"type": "reasoning", "summary": []}, message],
        "usage": {"input_tokens": prompt, "output_tokens": answer, "total_tokens": prompt + answer},
    }


def message(body: Mapping[str, Any], text: str) -> Any:
    """As Anthropic answers /v1/messages."""
    return {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens_of_messages(body["messages"]) + len(body.get("system", "")) // 4,
            "output_tokens": len(text) // 4,
        },
    }


def own_answer(body: Mapping[str, Any], text: str) -> Any:
    """As an endpoint with words of its own answers."""
    tokens = {"in": len(body["question"]) // 4, "out": len(text) // 4}
    return {"result": {"answer": text, "why": "stop"}, "tokens": tokens, "session": body.get("session")}


def azure_filter(key: str) -> Any:
    """The error body of Azure OpenAI's content filter."""
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}
    return {"error": {"code": "content_filter", "message": f"filtered, {key}", "innererror": inner}}


def azure_responses_filter(key: str) -> Any:
    """The same of its /responses."""
    struck = {"blocked": True, "source_type": "prompt", "content_filter_results": {"violence": {"filtered": True}}}
    return {"error": {"code": "content_filter", "message": f"filtered, {key}", "content_filters": [struck]}}


def anthropic_filter(key: str) -> Any:
    """The error body of Anthropic's filter."""
    text = f"Output blocked by content filtering policy, {key}"
    return {"type": "error", "error": {"type": "invalid_request_error", "message": text}}


CUT_CHAT = {"choices": [{"index": 0, "message": {"content": None}, "finish_reason": "content_filter"}]}
CUT_RESPONSE = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []}
CUT_MESSAGE = {"type": "message", "content": [], "stop_reason": "refusal", "stop_details": {"category": "cyber"}}
CUT_OWN = {"result": {"answer": None, "why": "content_filter"}}


def last_message(key: str) -> Callable[[Mapping[str, Any]], str]:
    """The last of the messages under ``key``."""
    return lambda body: str(body[key][-1]["content"])


def own_question(body: Mapping[str, Any]) -> str:
    return str(body["question"])


PROTOCOLS: Mapping[str, Protocol] = {
    "/v1/chat/completions": Protocol(last_message("messages"), chat_completion, azure_filter, CUT_CHAT),
    "/v1/responses": Protocol(last_message("input"), response, azure_responses_filter, CUT_RESPONSE),
    "/v1/messages": Protocol(last_message("messages"), message, anthropic_filter, CUT_MESSAGE),
    "/v1/answer": Protocol(own_question, own_answer, azure_filter, CUT_OWN),
}
