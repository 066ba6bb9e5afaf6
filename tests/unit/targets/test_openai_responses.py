import asyncio
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from probewright.errors import RequestRejected
from probewright.targets.openai_responses import OpenAIResponses
from probewright.targets.pricing import worst_case_tokens
from probewright.types import Generate, Message
from tests.loopback.running import serving

HELLO = Generate((Message("user", "Hello"),))


def params(**given: Any) -> OpenAIResponses.Params:
    return OpenAIResponses.Params.model_validate({"base_url": "http://127.0.0.1:9/v1", "model": "mock"} | given)


def sent_body(request: Generate = HELLO, **given: Any) -> dict[str, Any]:
    """What the server receives, as parsed JSON."""

    async def talk(base_url: str) -> None:
        async with OpenAIResponses(params(base_url=base_url, **given)) as target:
            await target.ask(request)

    with serving() as server:
        asyncio.run(talk(server.base_url))
        assert dict(server.log.paths) == {"/v1/responses": 1}
        body: dict[str, Any] = orjson.loads(server.log.bodies[-1])
        return body


def test_nothing_unasked_is_sent_but_that_nothing_shall_be_kept() -> None:
    assert sent_body() == {"model": "mock", "input": [{"role": "user", "content": "Hello"}], "store": False}


def test_the_system_prompt_goes_as_instructions_and_the_words_of_the_spec_into_those_of_the_protocol() -> None:
    dialogue = (Message("user", "Hello"), Message("assistant", "Hi."), Message("user", "Who?"))
    body = sent_body(
        Generate(dialogue, {"temperature": 0.5, "max_tokens": 32, "top_p": None}),
        system="Be brief.",
        params={"temperature": 0, "top_p": 0.9, "max_tokens": 500, "extra": {"reasoning": {"effort": "low"}}},
    )
    assert body == {
        "model": "mock",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi."},
            {"role": "user", "content": "Who?"},
        ],
        "temperature": 0.5,
        "max_output_tokens": 32,
        "reasoning": {"effort": "low"},
        "store": False,
    }


def test_a_spec_may_have_the_responses_kept() -> None:
    assert sent_body(params={"extra": {"store": True}})["store"] is True


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"base_url": "http://host/v1/responses"}, "without /responses"),
        ({"model": ""}, "at least 1"),
        ({"params": {"stop": "x"}}, "Extra inputs"),
        ({"params": {"extra": {"input": []}}}, "input: not allowed in extra"),
        ({"params": {"extra": {"max_output_tokens": 5}}}, "max_output_tokens: not allowed in extra"),
        ({"params": {"extra": {"previous_response_id": "r"}}}, "not allowed in extra"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_reason(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        params(**given)


def test_a_request_cannot_set_what_the_target_sets() -> None:
    with pytest.raises(RequestRejected, match="cannot set instructions, stream"):
        sent_body(Generate(HELLO.messages, {"stream": True, "instructions": "other"}))


@pytest.mark.parametrize(
    ("own", "asked", "limit"), [({}, {}, 4096), ({"max_tokens": 9}, {}, 9), ({}, {"max_tokens": 7}, 7)]
)
def test_the_worst_case_counts_the_instructions_and_the_longest_answer(own: Any, asked: Any, limit: int) -> None:
    cost = OpenAIResponses(params(params=own, system="Be brief.")).worst_case(Generate(HELLO.messages, asked))
    assert cost.tokens == worst_case_tokens((Message("system", "Be brief."), *HELLO.messages)) + limit


def test_the_name_tells_model_and_host() -> None:
    assert OpenAIResponses(params()).name == "openai_responses:mock@127.0.0.1:9"
