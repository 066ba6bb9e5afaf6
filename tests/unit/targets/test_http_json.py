import asyncio
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from probewright.errors import Garbled, RequestRejected
from probewright.targets import asked_case
from probewright.targets.http_json import HttpJson, read_json
from probewright.targets.json_template import filled, placeholders
from probewright.targets.pricing import worst_case_tokens
from probewright.types import Generate, Message, Reply, Usage
from tests.loopback.running import serving

HELLO = Generate((Message("user", "Hello"),))
DIALOGUE = Generate((Message("user", "Hello"), Message("assistant", "Hi."), Message("user", "Who?")))
BODY = {"question": "{{prompt}}", "session": "{{session}}"}


def params(**given: Any) -> HttpJson.Params:
    needed = {"base_url": "http://127.0.0.1:9/ask", "body": BODY, "reply": "result.answer"}
    return HttpJson.Params.model_validate(needed | given)


def sent_bodies(*requests: Generate, labels: Any = None, **given: Any) -> list[dict[str, Any]]:
    """What the server receives of requests to one target, in a trial where ``labels`` are given."""

    async def talk(base_url: str) -> None:
        async with HttpJson(params(base_url=f"{base_url}/answer", **given)) as target:
            if labels is not None:
                asked_case.begin(labels)
            for request in requests:
                await target.ask(request)

    with serving() as server:
        asyncio.run(talk(server.base_url))
        return [orjson.loads(body) for body in server.log.bodies]


def test_whole_placeholders_keep_their_type_and_those_inside_text_become_text() -> None:
    body = {
        "question": "{{prompt}}",
        "history": "{{ messages }}",
        "system": "{{system}}",
        "note": "Q: {{prompt}} / {{system}}",
        "nested": [{"{{prompt}}": "in a key"}, "{{messages}}", "as text: {{messages}}"],
        "limit": 5,
        "stream": False,
        "extra": None,
    }
    (sent,) = sent_bodies(HELLO, body=body)
    messages = [{"role": "user", "content": "Hello"}]
    assert sent == {
        "question": "Hello",
        "history": messages,
        "system": None,
        "note": "Q: Hello / ",
        "nested": [{"Hello": "in a key"}, messages, 'as text: [{"role":"user","content":"Hello"}]'],
        "limit": 5,
        "stream": False,
        "extra": None,
    }


def test_the_system_prompt_is_among_the_messages_unless_it_has_a_place_of_its_own() -> None:
    system = {"role": "system", "content": "Be brief."}
    (together,) = sent_bodies(HELLO, body={"question": "", "m": "{{messages}}"}, system="Be brief.")
    (apart,) = sent_bodies(HELLO, body={"question": "", "m": "{{messages}}", "s": "{{system}}"}, system="Be brief.")
    assert together["m"] == [system, {"role": "user", "content": "Hello"}]
    assert apart["m"] == [{"role": "user", "content": "Hello"}]
    assert apart["s"] == "Be brief."


@given(
    st.text(),
    st.recursive(
        st.sampled_from(["{{prompt}}", "x {{prompt}} y", "plain"]) | st.integers(-9, 9) | st.none() | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_a_prompt_stands_where_its_placeholder_stood_whatever_it_says(prompt: str, template: Any) -> None:
    hostile = prompt + "{{session}}"
    done = filled(template, {"prompt": hostile})
    assert orjson.dumps(done) == orjson.dumps(template).replace(b"{{prompt}}", orjson.dumps(hostile)[1:-1])


def test_every_placeholder_is_found_also_in_keys() -> None:
    assert list(placeholders([{"{{a}}": "{{ b }} and {{c}}"}, 5, None, "{d}", "{{e.f}}"])) == ["a", "b", "c", "e.f"]


def test_a_dialogue_has_one_session_and_the_next_trial_another() -> None:
    turns = [HELLO, DIALOGUE]
    first, second = sent_bodies(*turns, labels={"item": "1"})
    other, _ = sent_bodies(*turns, labels={"item": "1"})
    assert first["session"] == second["session"]
    assert first["session"] != other["session"]
    assert len(first["session"]) == 32


def test_two_endpoints_of_one_trial_have_sessions_of_their_own() -> None:
    one, other = object(), object()

    async def trial() -> list[tuple[str, bool]]:
        asked_case.begin({})
        return [asked_case.session(endpoint) for endpoint in (one, other, one)]

    first, apart, again = asyncio.run(trial())
    assert again == (first[0], False)
    assert apart[0] != first[0]
    assert first[1]
    assert apart[1]


def test_outside_of_a_trial_every_request_is_a_session() -> None:
    first, second = sent_bodies(HELLO, HELLO)
    assert first["session"] != second["session"]


@pytest.mark.parametrize("body", [{"question": "{{prompt}}"}, BODY])
def test_earlier_turns_that_would_not_reach_the_endpoint_are_an_error_and_nothing_is_sent(body: Any) -> None:
    """The session is new to the server: an earlier run began the dialogue."""
    with pytest.raises(RequestRejected, match=r"earlier turns of a dialogue; put \{\{messages\}\} into it"):
        sent_bodies(DIALOGUE, body=body, labels={})


def test_earlier_turns_in_the_messages_need_no_session() -> None:
    (sent,) = sent_bodies(DIALOGUE, body={"question": "{{prompt}}", "history": "{{messages}}"})
    assert sent["question"] == "Who?"
    assert [m["content"] for m in sent["history"]] == ["Hello", "Hi.", "Who?"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"body": {"q": "{{promt}}"}}, "unknown placeholder 'promt': did you mean 'prompt'.*messages"),
        ({"body": {"q": "{{prompt}}", "{{sesion}}": 1}}, "did you mean 'session'"),
        ({"body": {"q": "{{prompt | upper}}"}}, "unknown placeholder 'prompt | upper'"),
        ({"body": {"q": "{prompt}"}}, r"holds neither \{\{prompt\}\} nor \{\{messages\}\}"),
        ({"body": "{{prompt}}"}, "valid dictionary"),
        ({"body": {"q": "{{prompt}}", "n": {1: 2}}}, "is not JSON: Dict key must be str"),
        ({"body": {"q": "{{prompt}}", "n": 2**70}}, "is not JSON: Integer exceeds 64-bit range"),
        ({"body": {"q": "{{prompt}}", "n": {1, 2}}}, "is not JSON: Type is not JSON serializable: set"),
        ({"system": "Be brief."}, "the body holds neither {{system}} nor {{messages}}"),
        ({"reply": "result["}, "is not JMESPath: it breaks off or goes wrong at character 8"),
        ({"reply": "a..b"}, "is not JMESPath: .* character 3"),
        ({"reply": "a ? b"}, "is not JMESPath: .* character"),
        ({"reply": ""}, "is not JMESPath: it is empty"),
        ({"reply": "joined('', a)"}, "unknown JMESPath function 'joined': did you mean 'join'"),
        ({"error": "a[?lenght(b) > `1`]"}, "unknown JMESPath function 'lenght': did you mean 'length'"),
        ({"reply": None}, "valid string"),
        ({"method": "GET"}, "'POST', 'PUT' or 'PATCH'"),
        ({"url": "http://h"}, "either url or base_url"),
        ({"model": "m"}, "Extra inputs"),
    ],
)
def test_a_wrong_parameter_is_refused_in_one_line(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        params(**given)
    assert all("\n" not in error["msg"] for error in caught.value.errors())


def test_a_date_of_yaml_is_sent_as_text() -> None:
    (sent,) = sent_bodies(HELLO, body={"question": "{{prompt}}", "day": date(2026, 11, 23)})
    assert sent["day"] == "2026-11-23"


def test_url_says_the_same_as_base_url() -> None:
    checked = HttpJson.Params.model_validate({"url": "http://h/ask?v=1", "body": BODY, "reply": "a"})
    assert checked.base_url == "http://h/ask?v=1"
    assert HttpJson.Params.model_validate(checked.model_dump()) == checked


def test_the_address_is_asked_as_it_is_by_the_method_of_the_spec() -> None:
    async def talk(base_url: str) -> None:
        async with HttpJson(params(base_url=f"{base_url}/answer?v=1", method="PUT")) as target:
            await target.ask(HELLO)

    with serving() as server:
        asyncio.run(talk(server.base_url))
        assert dict(server.log.paths) == {"/v1/answer?v=1": 1}


PATHS: dict[str, Any] = {
    "finish_reason": "why",
    "prompt_tokens": "used.a",
    "completion_tokens": "used.b",
    "error": "error.text || error",
    "blocked": "flags[?hit].name | [0]",
}


def read(body: Any, **given: Any) -> Reply:
    return read_json(params(**({"reply": "text"} | PATHS | given)), body, prompt_chars=40)


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ({"text": "Paris."}, Reply("Paris.", usage=Usage(10, 2, is_estimated=True))),
        ({"text": ""}, Reply("", usage=Usage(10, 0, is_estimated=True))),
        ({"text": "<think>Hm.</think>Paris."}, Reply("Paris.", "Hm.", usage=Usage(10, 3, is_estimated=True))),
        (
            {"text": "Paris.", "why": "length", "used": {"a": 3, "b": 2}},
            Reply("Paris.", finish_reason="length", usage=Usage(3, 2)),
        ),
        ({"text": "x", "why": 5, "used": {"a": "3", "b": 2}}, Reply("x", usage=Usage(10, 1, is_estimated=True))),
        ({"text": "x", "error": None}, Reply("x", usage=Usage(10, 1, is_estimated=True))),
        ({"text": "x", "error": False}, Reply("x", usage=Usage(10, 1, is_estimated=True))),
        (
            {"text": "part", "flags": [{"name": "hate", "hit": True}]},
            Reply("part", usage=Usage(10, 1, is_estimated=True), blocked="hate"),
        ),
        (
            {"flags": [{"name": 7, "hit": True}]},
            Reply("", usage=Usage(10, 0, is_estimated=True), blocked="content_filter"),
        ),
        ({"text": "x", "flags": [{"name": "hate", "hit": False}]}, Reply("x", usage=Usage(10, 1, is_estimated=True))),
        (
            {"text": None, "why": "content_filter"},
            Reply("", finish_reason="content_filter", usage=Usage(10, 0, True), blocked="content_filter"),
        ),
    ],
)
def test_an_answer_is_read_where_the_paths_say(body: Any, reply: Reply) -> None:
    assert read(body) == reply


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "reply: 'text' finds nothing, not text"),
        (None, "finds nothing"),
        ("text", "finds nothing"),
        ({"text": 5}, "finds a int, not text"),
        ({"text": ["a"]}, "finds a list, not text"),
        ({"text": {"a": 1}}, "finds a dict, not text"),
        ({"text": "x", "error": {"text": "busy\nnow"}}, "reports an error: busy now"),
        ({"text": "x", "error": "busy"}, "reports an error: busy"),
        ({"text": 5, "flags": [{"name": "hate", "hit": True}]}, "finds a int"),
    ],
)
def test_a_body_without_an_answer_is_garbled(body: Any, problem: str) -> None:
    with pytest.raises(Garbled, match=problem):
        read(body)


def test_an_answer_of_other_types_than_a_function_takes_is_garbled_in_one_line() -> None:
    with pytest.raises(Garbled, match="does not fit the answer: In function join") as caught:
        read({"text": 5}, reply="join('', text)")
    assert "\n" not in str(caught.value)


def test_the_worst_case_is_an_answer_of_4096_tokens_because_nobody_limits_it() -> None:
    assert HttpJson(params()).worst_case(HELLO).tokens == worst_case_tokens(HELLO.messages) + 4096
