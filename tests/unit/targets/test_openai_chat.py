import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from probewright.errors import ConfigError, RequestRejected
from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.pricing import estimated_tokens, worst_case_tokens
from probewright.types import Generate, Message
from tests.loopback.running import serving

HELLO = Generate((Message("user", "Hello"),))
PRICE = {"input_usd_per_million": 2.0, "output_usd_per_million": 10.0}


def params(**given: Any) -> OpenAIChat.Params:
    return OpenAIChat.Params.model_validate({"base_url": "http://127.0.0.1:9/v1", "model": "mock"} | given)


def sent_body(request: Generate = HELLO, **given: Any) -> dict[str, Any]:
    """What the server receives, as parsed JSON."""

    async def talk(base_url: str) -> None:
        async with OpenAIChat(params(base_url=base_url, **given)) as target:
            await target.ask(request)

    with serving() as server:
        asyncio.run(talk(server.base_url))
        body: dict[str, Any] = orjson.loads(server.log.bodies[-1])
        return body


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"base_url": "ftp://host/v1"}, "http or https"),
        ({"base_url": "http://"}, "http or https"),
        ({"base_url": "http://host:99999/v1"}, "http or https"),
        ({"base_url": "host:80"}, "http or https"),
        ({"base_url": "http://host/v1#here"}, "http or https"),
        ({"base_url": "http://user:pw@host/v1"}, "no user or password"),
        ({"base_url": "http://host/v1/chat/completions"}, "without /chat/completions"),
        ({"model": ""}, "at least 1"),
        ({"api_key": "sk-123"}, "env:NAME"),
        ({"headers": {"X-Api-Key": "sk-123"}}, "by reference"),
        ({"headers": {"X-Custom": "env:"}}, "'env:NAME'"),
        ({"headers": {"X-Custom": "a\r\nHost: b"}}, "not a valid HTTP header"),
        ({"headers": {"X Custom": "a"}}, "not a valid HTTP header"),
        ({"headers": {"authorization": "env:KEY"}, "api_key": "env:KEY"}, "not both"),
        ({"timeout_s": 0}, "greater than 0"),
        ({"timeout_s": 3601}, "3600"),
        ({"retries": 21}, "20"),
        ({"rpm": 0}, "greater than 0"),
        ({"params": {"temprature": 0}}, "Extra inputs"),
        ({"params": {"top_p": 0}}, "greater than 0"),
        ({"params": {"extra": {"messages": []}}}, "not allowed in extra"),
        ({"params": {"extra": {"temperature": 1}}}, "not allowed in extra"),
        ({"price": {"input_usd_per_million": 1}}, "Field required"),
        ({"url": "http://host"}, "Extra inputs"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_reason(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        params(**given)


@pytest.mark.parametrize(
    ("base_url", "sent_to"),
    [
        ("http://h:1/v1", "http://h:1/v1/chat/completions"),
        ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
        ("https://h", "https://h/chat/completions"),
        ("https://h/d/gpt%204?api-version=2", "https://h/d/gpt%204/chat/completions?api-version=2"),
    ],
)
def test_the_path_is_put_below_the_base_url(base_url: str, sent_to: str) -> None:
    assert str(params(base_url=base_url).url("chat/completions")) == sent_to


def test_the_name_tells_model_and_host() -> None:
    assert OpenAIChat(params()).name == "openai_chat:mock@127.0.0.1:9"
    assert OpenAIChat(params(base_url="https://api.test/v1?k=1")).name == "openai_chat:mock@api.test"


def test_the_system_prompt_comes_first_and_the_requests_params_win() -> None:
    request = Generate((Message("user", "Hello"),), {"temperature": 0.5, "top_p": None, "logprobs": True})
    body = sent_body(
        request,
        system="Be brief.",
        params={"temperature": 0, "top_p": 0.9, "max_tokens": 5, "stop": ["END"], "extra": {"top_k": 3}},
    )
    assert body == {
        "model": "mock",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "max_tokens": 5,
        "stop": ["END"],
        "top_k": 3,
        "logprobs": True,
    }


def test_nothing_unasked_is_sent() -> None:
    assert sent_body() == {"model": "mock", "messages": [{"role": "user", "content": "Hello"}]}


def test_a_model_that_takes_max_completion_tokens_never_sees_max_tokens() -> None:
    request = Generate(HELLO.messages, {"max_tokens": 16})
    body = sent_body(request, params={"extra": {"max_completion_tokens": 900}})
    assert body["max_completion_tokens"] == 16
    assert "max_tokens" not in body


def test_a_request_cannot_replace_what_the_target_sets() -> None:
    with pytest.raises(RequestRejected, match="cannot set model, stream"):
        sent_body(Generate(HELLO.messages, {"stream": True, "model": "other"}))


@pytest.mark.parametrize("value", ["", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(value: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("PROBEWRIGHT_SECRET_BAD", value)

    async def enter() -> None:
        async with OpenAIChat(params(headers={"api-key": "env:PROBEWRIGHT_SECRET_BAD"})):
            pass

    with pytest.raises(ConfigError, match=r"headers\.api-key") as caught:
        asyncio.run(enter())
    assert not value or value not in str(caught.value)


def test_headers_and_key_reach_the_server(monkeypatch: Any) -> None:
    monkeypatch.setenv("PROBEWRIGHT_SECRET_A", "sk-aaaa")
    monkeypatch.setenv("PROBEWRIGHT_SECRET_B", "sk-bbbb")

    async def talk(base_url: str) -> None:
        given = {"X-Team": "blue", "X-Api-Key": "env:PROBEWRIGHT_SECRET_B"}
        async with OpenAIChat(params(base_url=base_url, api_key="env:PROBEWRIGHT_SECRET_A", headers=given)) as target:
            await target.ask(HELLO)

    with serving() as server:
        asyncio.run(talk(server.base_url))
        headers = server.log.headers[-1]
    assert headers["Authorization"] == "Bearer sk-aaaa"
    assert headers["X-Api-Key"] == "sk-bbbb"
    assert headers["X-Team"] == "blue"


def test_the_worst_case_counts_prompt_and_longest_answer() -> None:
    cost = OpenAIChat(params(params={"max_tokens": 100}, price=PRICE, system="Be brief.")).worst_case(HELLO)
    prompt = worst_case_tokens((Message("system", "Be brief."), *HELLO.messages))
    assert (cost.calls, cost.tokens) == (1, prompt + 100)
    assert cost.usd == pytest.approx((prompt * 2 + 100 * 10) / 1e6)


def test_the_worst_case_of_an_unlimited_answer_is_4096_tokens_and_an_unknown_price_stays_unknown() -> None:
    cost = OpenAIChat(params()).worst_case(HELLO)
    assert cost.tokens == worst_case_tokens(HELLO.messages) + 4096
    assert cost.usd is None


@pytest.mark.parametrize(
    ("own", "asked", "limit"),
    [
        ({"max_tokens": 100}, {"max_tokens": 7}, 7),
        ({"max_tokens": 100}, {"max_tokens": None}, 4096),
        ({"extra": {"max_completion_tokens": 900}}, {}, 900),
        ({"extra": {"max_completion_tokens": 900}}, {"max_tokens": 8}, 8),
    ],
)
def test_the_worst_case_follows_the_limit_that_is_sent(own: Any, asked: Any, limit: int) -> None:
    cost = OpenAIChat(params(params=own)).worst_case(Generate(HELLO.messages, asked))
    assert cost.tokens == worst_case_tokens(HELLO.messages) + limit


@given(st.lists(st.text(max_size=30), max_size=3))
def test_the_worst_case_is_never_below_the_estimate(texts: list[str]) -> None:
    messages = [Message("user", text) for text in texts]
    assert worst_case_tokens(messages) >= estimated_tokens(sum(map(len, texts)))
