import asyncio
from dataclasses import replace
from itertools import accumulate
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from probewright.pools.engines.transformers_server.api import Server
from probewright.pools.engines.transformers_server.scoring import score_alone

pytestmark = pytest.mark.torch
HELLO = [{"role": "user", "content": "hello"}]
CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"


def ask(loaded: Any, *requests: tuple[str, dict[str, Any]]) -> list[tuple[int, Any]]:
    """Sends the requests one after the other; status and body of each."""

    async def run() -> list[tuple[int, Any]]:
        async with TestClient(TestServer(Server(loaded, slots=4).app())) as client:
            answers = []
            for path, body in requests:
                async with client.post(path, json=body) as response:
                    answers.append((response.status, await response.json()))
            return answers

    return asyncio.run(run())


def test_a_chat_is_answered_in_openais_shape(loaded: Any) -> None:
    body = {"model": "tiny", "messages": HELLO, "max_tokens": 5, "temperature": 0, "stop": None, "seed": 1}
    (status, reply), (_, again), (_, parts) = ask(
        replace(loaded, end_tokens=frozenset()),
        (CHAT, {**body, "stop": []}),
        (CHAT, {**body, "max_completion_tokens": 5, "stop": "never said"}),
        (CHAT, {**body, "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]}),
    )
    assert status == 200
    assert (reply["object"], reply["model"]) == ("chat.completion", "tiny")
    choice = reply["choices"][0]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "length", "assistant")
    assert reply["usage"]["completion_tokens"] == 5
    assert reply["usage"]["total_tokens"] == 5 + reply["usage"]["prompt_tokens"]
    assert again["choices"] == parts["choices"] == reply["choices"]


def test_without_max_tokens_a_chat_may_fill_the_context(loaded: Any) -> None:
    (status, reply), *_ = ask(replace(loaded, context_tokens=128), (CHAT, {"messages": HELLO, "temperature": 0}))
    assert status == 200
    is_full = reply["usage"]["total_tokens"] == 128
    assert reply["choices"][0]["finish_reason"] == ("length" if is_full else "stop")


def test_an_echo_scores_each_token_of_texts_and_of_tokens_alike(loaded: Any) -> None:
    prompts = ["the thin king: yes", "the thin king: é"]
    tokens = [loaded.tokenizer(prompt)["input_ids"] for prompt in prompts]
    body = {"echo": True, "logprobs": 1, "max_tokens": 0, "temperature": 0}
    (status, texts), (_, given), (_, one) = ask(
        loaded,
        (COMPLETIONS, {**body, "prompt": prompts}),
        (COMPLETIONS, {**body, "prompt": tokens}),
        (COMPLETIONS, {**body, "prompt": tokens[1]}),
    )
    assert status == 200
    assert texts["choices"] == given["choices"]
    assert [choice["index"] for choice in texts["choices"]] == [0, 1]
    assert [choice["text"] for choice in texts["choices"]] == prompts
    assert texts["usage"] == {"prompt_tokens": sum(map(len, tokens)), "completion_tokens": 0} | {
        "total_tokens": sum(map(len, tokens))
    }
    for choice, ids in zip(texts["choices"], tokens, strict=True):
        logprobs = choice["logprobs"]
        assert len(logprobs["tokens"]) == len(ids)
        assert logprobs["text_offset"] == [0, *accumulate(map(len, logprobs["tokens"][:-1]))]
        assert logprobs["top_logprobs"] is None
        assert logprobs["token_logprobs"][0] is None
        assert logprobs["token_logprobs"][1:] == pytest.approx(score_alone(loaded.model, ids).logprobs[1:], abs=1e-4)
    assert "".join(texts["choices"][0]["logprobs"]["tokens"]) == prompts[0]
    assert one["choices"][0]["logprobs"]["tokens"] == texts["choices"][1]["logprobs"]["tokens"]


def test_an_echo_with_one_token_more_adds_the_most_likely_one(loaded: Any) -> None:
    body = {"prompt": "the thin", "echo": True, "logprobs": 0, "temperature": 0}
    (_, echo), (_, scored), (_, answer) = ask(
        loaded,
        (COMPLETIONS, {**body, "max_tokens": 1}),
        (COMPLETIONS, {**body, "max_tokens": 0}),
        (COMPLETIONS, {"prompt": "the thin", "temperature": 0, "max_tokens": 1}),
    )
    longer, shorter = (reply["choices"][0]["logprobs"] for reply in (echo, scored))
    assert longer["tokens"][:-1] == shorter["tokens"]
    assert longer["token_logprobs"][1:-1] == pytest.approx(shorter["token_logprobs"][1:], abs=1e-4)
    assert echo["choices"][0]["text"] == "the thin" + answer["choices"][0]["text"]
    assert echo["usage"]["completion_tokens"] == 1


def test_log_probabilities_start_where_the_client_wants_them(loaded: Any) -> None:
    body = {"prompt": "the thin king", "echo": True, "logprobs": 1, "max_tokens": 0}
    (_, whole), (_, part), (_, none) = ask(
        loaded,
        (COMPLETIONS, body),
        (COMPLETIONS, {**body, "logprobs_from": 4}),
        (COMPLETIONS, {"prompt": "the thin king", "echo": True, "max_tokens": 0}),
    )
    values = [reply["choices"][0]["logprobs"]["token_logprobs"] for reply in (whole, part)]
    assert values[1][:4] == [None] * 4
    assert values[1][4:] == pytest.approx(values[0][4:], abs=1e-4)
    assert none["choices"][0]["logprobs"] is None


def test_several_prompts_are_completed_in_order(loaded: Any) -> None:
    prompts = ["abc", "the thing", "z"]
    replies = ask(loaded, *((COMPLETIONS, {"prompt": p, "temperature": 0}) for p in (prompts, *prompts)))
    together, *apart = [reply["choices"] for _, reply in replies]
    assert [choice["text"] for choice in together] == [choices[0]["text"] for choices in apart]
    assert [choice["index"] for choice in together] == [0, 1, 2]


def test_tokens_are_those_that_a_chat_is_answered_from(loaded: Any) -> None:
    (_, prompt), (_, chat), (_, reply), (status, both) = ask(
        loaded,
        ("/tokenize", {"prompt": "the thin", "add_special_tokens": False}),
        ("/tokenize", {"messages": HELLO, "add_generation_prompt": True}),
        (CHAT, {"messages": HELLO, "max_tokens": 1}),
        ("/tokenize", {"messages": HELLO, "prompt": "x"}),
    )
    assert prompt == {"count": 5, "max_model_len": 512, "tokens": [259, 71, 223, 259, 260]}
    assert chat["count"] == len(chat["tokens"]) == reply["usage"]["prompt_tokens"]
    assert loaded.tokenizer.decode(chat["tokens"]).endswith("<|im_start|>assistant\n")
    assert (status, both["error"]["message"]) == (400, "give either prompt or messages")


def test_a_model_without_a_chat_template_refuses_messages_and_takes_prompts(loaded: Any) -> None:
    loaded.tokenizer.chat_template = None
    (status, refused), (tokenize_status, _), (prompt_status, _) = ask(
        loaded,
        (CHAT, {"messages": HELLO}),
        ("/tokenize", {"messages": HELLO}),
        (COMPLETIONS, {"prompt": "hello", "max_tokens": 1}),
    )
    assert (status, tokenize_status, prompt_status) == (400, 400, 200)
    assert refused["error"] == {
        "message": "model 'tiny' has no chat template: send a prompt to /v1/completions instead",
        "type": "invalid_request_error",
    }


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (CHAT, {"messages": [{"role": "user", "content": "x" * 600}]}, "max_tokens is 1, together more than the context"),
    (CHAT, {"messages": HELLO, "max_tokens": 600}, "max_tokens is 600, together more than the context of 512 tokens"),
    (CHAT, {"messages": []}, "messages: List should have at least 1 item"),
    (CHAT, {"messages": [{"role": "tool", "content": "x"}]}, "refuses these messages: no tools here"),
    (CHAT, {"messages": HELLO, "n": 2}, "n: Input should be 1"),
    (CHAT, {"messages": HELLO, "stream": True}, "stream: Input should be False"),
    (CHAT, {"messages": HELLO, "tools": []}, "tools: Extra inputs are not permitted"),
    (CHAT, {"messages": HELLO, "presence_penalty": 0.5}, "presence_penalty: Input should be less than or equal to 0"),
    (CHAT, {"messages": HELLO, "temperature": "hot"}, "temperature: Input should be a valid number"),
    (CHAT, {"messages": HELLO, "stop": [""]}, "stop.0: String should have at least 1 character"),
    (CHAT, {"messages": HELLO, "model": "other"}, "model 'other' is not served here; this is 'tiny'"),
    (COMPLETIONS, {"prompt": []}, "prompt: must be a text, a list of tokens, or a list of either, and not empty"),
    (COMPLETIONS, {"prompt": [[1], [True]]}, "prompt: must be"),
    (COMPLETIONS, {"prompt": ""}, "the prompt is empty"),
    (COMPLETIONS, {"prompt": [5, 261], "max_tokens": 1}, "token 261 is not in the vocabulary of 0 to 260"),
    (COMPLETIONS, {"prompt": "x", "logprobs": 1}, "logprobs: only given for the prompt, with echo: true"),
    (COMPLETIONS, {"prompt": "x", "max_tokens": 0}, "max_tokens: 0 leaves nothing to answer"),
    (COMPLETIONS, {"prompt": "x", "echo": True}, "max_tokens: 16 with echo: true; allowed: 0 and 1"),
    (COMPLETIONS, {"prompt": "x", "echo": True, "max_tokens": 1}, "temperature: with echo: true"),
    (
        COMPLETIONS,
        {"prompt": "x" * 513, "echo": True, "max_tokens": 0},
        "the prompt has 513 tokens and max_tokens is 0",
    ),
]


def test_what_cannot_be_answered_as_it_is_asked_is_refused_in_one_line(loaded: Any) -> None:
    answers = ask(loaded, *((path, body) for path, body, _ in REFUSED))
    for (status, reply), (_, body, said) in zip(answers, REFUSED, strict=True):
        message = reply["error"]["message"]
        assert (status, reply["error"]["type"]) == (400, "invalid_request_error"), body
        assert said in message
        assert "\n" not in message


def test_an_unknown_path_and_a_body_that_is_no_json_are_errors_in_json(loaded: Any) -> None:
    async def run() -> None:
        async with TestClient(TestServer(Server(loaded, slots=1).app())) as client:
            async with client.get("/v1/nothing") as response:
                assert (response.status, (await response.json())["error"]["message"]) == (
                    404,
                    "GET /v1/nothing: Not Found",
                )
            async with client.post(CHAT, data=b"{") as response:
                assert response.status == 400
                assert "the body is not JSON" in (await response.json())["error"]["message"]
            async with client.get("/v1/models") as response:
                assert (await response.json())["data"][0]["id"] == "tiny"

    asyncio.run(run())


def test_a_failure_inside_is_one_line_for_the_client_and_a_trace_in_the_log(
    loaded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("secret details")

    loaded.model.generate = broken
    (status, reply), (after, _) = ask(
        loaded,
        (CHAT, {"messages": HELLO, "max_tokens": 1}),
        (COMPLETIONS, {"prompt": "x", "echo": True, "max_tokens": 0}),
    )
    assert (status, after) == (500, 200)
    assert reply["error"]["message"] == "the engine failed: RuntimeError; its log says where"
    assert "secret details" in caplog.text
