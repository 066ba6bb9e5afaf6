import asyncio
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from probewright.targets.anthropic import Anthropic
from probewright.targets.pricing import worst_case_tokens
from probewright.types import Generate, Message
from tests.loopback.running import serving

HELLO = Generate((Message("user", "Hello"),))
KEY = "PROBEWRIGHT_SECRET_A"


def params(**given: Any) -> Anthropic.Params:
    return Anthropic.Params.model_validate({"model": "mock"} | given)


def sent(request: Generate = HELLO, **given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers that the server receives; names of headers in lower case."""

    async def talk(base_url: str) -> None:
        async with Anthropic(params(base_url=base_url, **given)) as target:
            await target.ask(request)

    with serving() as server:
        asyncio.run(talk(server.base_url.removesuffix("/v1")))
        assert dict(server.log.paths) == {"/v1/messages": 1}
        return orjson.loads(server.log.bodies[-1]), {k.lower(): v for k, v in server.log.headers[-1].items()}


def test_a_length_is_always_sent_because_the_api_requires_one() -> None:
    body, _ = sent()
    assert body == {"model": "mock", "max_tokens": 4096, "messages": [{"role": "user", "content": "Hello"}]}
    assert sent(Generate(HELLO.messages, {"max_tokens": None}))[0]["max_tokens"] == 4096


def test_system_messages_stand_apart_and_the_words_of_the_spec_become_those_of_the_protocol() -> None:
    dialogue = (
        Message("system", "Answer in French."),
        Message("user", "Hello"),
        Message("assistant", "Salut."),
        Message("user", "Who?"),
    )
    body, _ = sent(
        Generate(dialogue, {"max_tokens": 32, "stop": ["END"]}),
        system="Be brief.",
        params={"temperature": 0, "top_k": 3, "stop": "STOP", "extra": {"thinking": {"type": "disabled"}}},
    )
    assert body == {
        "model": "mock",
        "system": "Be brief.\n\nAnswer in French.",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Salut."},
            {"role": "user", "content": "Who?"},
        ],
        "max_tokens": 32,
        "temperature": 0,
        "top_k": 3,
        "stop_sequences": ["END"],
        "thinking": {"type": "disabled"},
    }


def test_one_stop_word_is_sent_as_a_list() -> None:
    assert sent(params={"stop": "STOP"})[0]["stop_sequences"] == ["STOP"]


def test_the_key_goes_into_the_header_of_the_api_and_into_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "sk-aaaa")
    _, headers = sent(api_key=f"env:{KEY}")
    assert headers["x-api-key"] == "sk-aaaa"
    assert headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in headers


def test_a_spec_may_name_another_version_or_another_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "Bearer sk-aaaa")
    _, headers = sent(headers={"Anthropic-Version": "2099-01-01", "Authorization": f"env:{KEY}"})
    assert headers["anthropic-version"] == "2099-01-01"
    assert headers["authorization"] == "Bearer sk-aaaa"
    assert "x-api-key" not in headers


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"base_url": "https://api.anthropic.com/v1"}, "without /v1"),
        ({"base_url": "https://api.anthropic.com/v1/messages"}, "without /v1/messages"),
        ({"headers": {"X-API-Key": f"env:{KEY}"}, "api_key": f"env:{KEY}"}, "either api_key or a header x-api-key"),
        ({"params": {"seed": 1}}, "Extra inputs"),
        ({"params": {"max_tokens": None}}, "valid integer"),
        ({"params": {"extra": {"system": "x"}}}, "system: not allowed in extra"),
        ({"params": {"extra": {"stop_sequences": []}}}, "stop_sequences: not allowed in extra"),
        ({"model": ""}, "at least 1"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_reason(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        params(**given)


def test_without_an_address_it_asks_anthropic() -> None:
    target = Anthropic(params())
    assert target.name == "anthropic:mock@api.anthropic.com"
    assert str(params().url("v1/messages")) == "https://api.anthropic.com/v1/messages"


@pytest.mark.parametrize(
    ("own", "asked", "limit"), [({}, {}, 4096), ({"max_tokens": 9}, {}, 9), ({}, {"max_tokens": 7}, 7)]
)
def test_the_worst_case_counts_the_system_prompt_and_the_longest_answer(own: Any, asked: Any, limit: int) -> None:
    cost = Anthropic(params(params=own, system="Be brief.")).worst_case(Generate(HELLO.messages, asked))
    assert cost.tokens == worst_case_tokens((Message("system", "Be brief."), *HELLO.messages)) + limit
