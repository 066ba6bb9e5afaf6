import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from probewright.errors import Garbled, RequestRejected, TargetError, Unsupported
from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.pricing import worst_case_tokens
from probewright.targets.retry import Backoff
from probewright.types import Message, OptionScore, Reply, Score
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import Loopback, serving
from tests.loopback.scoring import Quirk, logprob, template, tokens_of

SHORT = Backoff(base_s=0.001, cap_s=0.002, asked_cap_s=0.01)
RETRIES = 2
TEXT = Score("2 + 2 is an even number: naïve 🙂 answer:", (" four", " five, of course"))
CHAT = Score((Message("user", "Is 7 prime?"),), (" Yes", " No, it is not"))
NO_SCORES = "this endpoint cannot score given options: use vLLM, or the pool's engine transformers"


def params(**given: Any) -> OpenAIChat.Params:
    return OpenAIChat.Params.model_validate(
        {"base_url": "http://127.0.0.1:9/v1", "model": "mock", "retries": RETRIES} | given
    )


def ask(server: Loopback, *requests: Score, **given: Any) -> list[Reply | TargetError]:
    """What one target answers to each request in turn."""

    async def talk() -> list[Reply | TargetError]:
        results: list[Reply | TargetError] = []
        async with OpenAIChat(params(base_url=server.base_url, **given), SHORT) as target:
            for request in requests:
                try:
                    results.append(await target.ask(request))
                except TargetError as error:
                    results.append(error)
        return results

    return asyncio.run(talk())


def scored(server: Loopback, request: Score, **given: Any) -> Reply:
    (reply,) = ask(server, request, **given)
    assert isinstance(reply, Reply), reply
    return reply


def quirky(*quirks: Quirk) -> Any:
    return serving(quirks=frozenset(quirks))


def bodies(server: Loopback) -> list[dict[str, Any]]:
    return [orjson.loads(body) for body in server.log.bodies]


def sums(prefix: str, options: Sequence[str]) -> list[OptionScore]:
    """The scores, added up here from the toy model's own function."""
    scores = []
    for option in options:
        tokens = tokens_of(prefix + option)
        start = len(tokens_of(prefix))
        values = [logprob("".join(tokens[:i]), tokens[i]) for i in range(start, len(tokens))]
        scores.append(OptionScore(pytest.approx(sum(values)), len(values)))
    return scores


def test_each_option_gets_the_sum_over_its_own_tokens() -> None:
    with serving() as server:
        reply = scored(server, TEXT)
    assert list(reply.scores) == sums(str(TEXT.prefix), TEXT.options)
    assert [score.tokens for score in reply.scores] == [1, 4]
    prompt = sum(len(tokens_of(f"{TEXT.prefix}{option}")) for option in TEXT.options)
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.is_estimated) == (prompt, 2, False)
    assert (reply.text, reply.finish_reason, reply.model, reply.attempts) == ("", "", "mock", 1)
    assert reply.latency_s > 0


def test_all_options_go_in_one_request_without_the_targets_sampling_or_system_prompt() -> None:
    with serving() as server:
        scored(server, TEXT, system="Be brief.", params={"temperature": 0.7, "max_tokens": 99})
        (body,) = bodies(server)
    assert body == {
        "model": "mock",
        "prompt": [f"{TEXT.prefix} four", f"{TEXT.prefix} five, of course"],
        "max_tokens": 1,
        "echo": True,
        "logprobs": 1,
        "temperature": 0,
    }


def test_messages_are_scored_behind_the_servers_chat_template_system_prompt_first() -> None:
    with serving() as server:
        reply = scored(server, CHAT, system="Be brief.")
        sent, paths = bodies(server), server.log.paths
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is 7 prime?"}]
    assert list(reply.scores) == sums(template(messages), CHAT.options)
    assert paths == {"/tokenize": 3, "/v1/completions": 1}
    assert sent[0] == {"model": "mock", "messages": messages, "add_generation_prompt": True}
    assert sent[1] == {"model": "mock", "prompt": " Yes", "add_special_tokens": False}
    assert all(isinstance(token, int) for prompt in sent[-1]["prompt"] for token in prompt)


def test_the_ids_of_an_option_are_asked_for_once() -> None:
    with serving() as server:
        replies = ask(server, CHAT, CHAT, CHAT)
        assert server.log.paths == {"/tokenize": 3 + 2, "/v1/completions": 3}
    assert len({reply.scores for reply in replies if isinstance(reply, Reply)}) == 1


def test_the_path_beside_the_version_keeps_the_query() -> None:
    with serving() as server:
        server.base_url += "/?api-version=2"
        assert scored(server, CHAT).scores
        assert server.log.paths == {"/tokenize?api-version=2": 3, "/v1/completions?api-version=2": 1}


@pytest.mark.parametrize("request_", [TEXT, CHAT], ids=["text", "messages"])
@pytest.mark.parametrize(
    "quirks",
    [
        (Quirk.REVERSED,),
        (Quirk.ADDS_BOS,),
        (Quirk.STRIPS_SPACES,),
        (Quirk.STRIPS_SPACES, Quirk.ADDS_BOS),
        (Quirk.GENERATES_NOTHING,),
        (Quirk.GENERATES_NOTHING, Quirk.STRIPS_SPACES),
    ],
    ids="+".join,
)
def test_an_odd_endpoint_gives_the_same_numbers(request_: Score, quirks: Sequence[Quirk]) -> None:
    with serving() as plain, quirky(*quirks) as odd:
        assert scored(odd, request_).scores == scored(plain, request_).scores


def test_offsets_that_count_a_leading_special_token_are_not_believed() -> None:
    with quirky(Quirk.ADDS_BOS) as server:
        reply = scored(server, Score("A b", (" c",)))
    assert list(reply.scores) == sums("A b", (" c",))


@pytest.mark.parametrize("request_", [TEXT, CHAT], ids=["text", "messages"])
@pytest.mark.parametrize(
    ("quirk", "said"),
    [
        (Quirk.NO_COMPLETIONS, "HTTP 404: Not Found"),
        (Quirk.REFUSES_ECHO, "HTTP 400: Only no echo is supported"),
        (Quirk.IGNORES_ECHO, "does not repeat the text"),
        (Quirk.NO_LOGPROBS, "does not repeat the text"),
        (Quirk.GENERATED_ONLY, "does not repeat the text"),
    ],
)
def test_an_endpoint_that_cannot_score_says_so_once_and_is_not_asked_again(
    request_: Score, quirk: Quirk, said: str
) -> None:
    with quirky(quirk) as server:
        (first,) = ask(server, request_)
        asked = server.log.requests
        again = ask(server, request_, TEXT, CHAT)
        assert server.log.requests == 2 * asked
    assert isinstance(first, Unsupported)
    assert said in str(first)
    assert NO_SCORES in str(first)
    assert f"POST {server.base_url}/completions: " in str(first)
    assert str(first).isprintable()
    assert [str(error) for error in again] == [str(first)] * 3


def test_the_ids_of_no_more_than_1024_options_are_kept() -> None:
    many = Score(CHAT.prefix, tuple(f" {number}" for number in range(1024)))
    with serving() as server:
        ask(server, many, Score(CHAT.prefix, (" 0",)), Score(CHAT.prefix, (" more",)), Score(CHAT.prefix, (" 0",)))
        assert server.log.paths["/tokenize"] == (1 + 1024) + 1 + (1 + 1) + (1 + 1)


@pytest.mark.parametrize("status", [404, 405, 422, 501])
def test_a_tokenize_of_another_protocol_is_not_asked_again(status: int) -> None:
    with serving(Plan(always=Canned.json({"detail": "missing field `inputs`"}, status))) as server:
        first, second = ask(server, CHAT, CHAT)
        assert server.log.requests == 1
    assert isinstance(first, Unsupported)
    assert f"HTTP {status}: missing field `inputs`" in str(first)
    assert str(second) == str(first)


@pytest.mark.parametrize("quirk", [Quirk.NO_TOKENIZE, Quirk.OTHER_TOKENIZE])
def test_without_a_chat_template_messages_are_refused_once_and_plain_text_is_still_scored(quirk: Quirk) -> None:
    with quirky(quirk) as server:
        first, second, text = ask(server, CHAT, CHAT, TEXT)
        assert server.log.paths == {"/tokenize": 1, "/v1/completions": 1}
    assert isinstance(first, Unsupported)
    assert "give the prefix as plain text" in str(first)
    assert str(second) == str(first)
    assert isinstance(text, Reply)


@pytest.mark.parametrize(
    ("quirk", "said"),
    [
        (Quirk.NULLS, "null where the log-probability"),
        (Quirk.UNEVEN, "log-probabilities"),
        (Quirk.PROBABILITIES, "where the logarithm of a probability should be"),
        (Quirk.ONE_CHOICE, "not one for each of 2 texts"),
    ],
)
def test_an_answer_that_cannot_be_right_is_garbled_and_asked_for_again(quirk: Quirk, said: str) -> None:
    with quirky(quirk) as server:
        (error,) = ask(server, TEXT)
        assert server.log.requests == RETRIES + 1
    assert isinstance(error, Garbled)
    assert said in str(error)


@pytest.mark.parametrize(
    ("quirks", "named"),
    [
        ((), "the token ' answer' has text of both the prefix and the option 'er'"),
        ((Quirk.STRIPS_SPACES,), "no token begins where the option 'er' begins"),
        ((Quirk.STRIPS_SPACES, Quirk.NO_TOKENIZE), "'answer'"),
    ],
)
def test_a_token_across_the_boundary_is_an_error_never_a_number(quirks: Sequence[Quirk], named: str) -> None:
    with quirky(*quirks) as server:
        error, fine = ask(server, Score("What is the answ", ("er",)), Score("What is the", (" answer",)))
    assert type(error) is RequestRejected
    assert named in str(error)
    assert "begin the option where a token begins" in str(error)
    assert isinstance(fine, Reply) or Quirk.NO_TOKENIZE in quirks


@pytest.mark.parametrize(
    "request_",
    [Score("", (" A",)), Score((), (" A",)), Score("2+2=", ()), Score("2+2=", ("4", ""))],
    ids=["no prefix", "no messages", "no options", "an empty option"],
)
def test_what_has_no_score_is_refused_before_it_is_sent(request_: Score) -> None:
    with serving() as server:
        (error,) = ask(server, request_)
        assert server.log.requests == 0
    assert type(error) is RequestRejected


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model's maximum context length is 8 tokens; your echo of 9 logprobs is longer"),
        (404, "The model `mock` does not exist."),
        (400, "temperature is out of range"),
    ],
)
def test_a_refusal_of_this_request_alone_is_not_remembered(status: int, message: str) -> None:
    refusal = Canned.json({"error": {"message": message}}, status)
    with serving(Plan(script=(refusal,))) as server:
        error, reply = ask(server, TEXT, TEXT)
    assert type(error) is RequestRejected
    assert message in str(error)
    assert isinstance(reply, Reply)


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 0, "text": "2+2= 4", "logprobs": {"tokens": [1], "token_logprobs": [None]}}]},
        {"choices": [{"index": "0", "text": "2+2= 4"}]},
        {"choices": [{"index": 0, "text": None}]},
        {"choices": [{"index": 1, "text": "2+2= 4"}]},
        {"choices": {}},
        [],
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_garbled(body: Any) -> None:
    with serving(Plan(always=Canned.json(body))) as server:
        (error,) = ask(server, Score("2+2=", (" 4",)), retries=0)
    assert type(error) is Garbled
    assert str(error).isprintable()


@pytest.mark.parametrize("tokens", [None, "12", [1.5], ["a"], [True]])
def test_token_ids_that_are_none_are_garbled(tokens: Any) -> None:
    with serving(Plan(always=Canned.json({"tokens": tokens}))) as server:
        (error,) = ask(server, CHAT, retries=0)
    assert type(error) is Garbled


def test_fewer_or_more_tokens_than_were_sent_are_no_score() -> None:
    ids = Canned.json({"tokens": [5, 6]})
    logprobs = {"tokens": ["x"] * 7, "token_logprobs": [None, *[-1.0] * 6]}
    long = Canned.json({"choices": [{"index": 0, "text": "x" * 7, "logprobs": logprobs}]})
    with serving(Plan(script=(ids, ids, long))) as server:
        (error,) = ask(server, Score(CHAT.prefix, (" A",)))
    assert type(error) is Garbled
    assert "7 tokens came back for a text of 4" in str(error)


def test_an_option_without_a_token_is_refused() -> None:
    with serving(Plan(script=(Canned.json({"tokens": [5]}), Canned.json({"tokens": []})))) as server:
        (error,) = ask(server, Score(CHAT.prefix, (" A",)))
    assert type(error) is RequestRejected
    assert "the option ' A' has no token" in str(error)


def test_a_providers_filter_is_a_blocked_reply_without_scores() -> None:
    with serving(Plan(always=Fault.FILTERED)) as server:
        reply = scored(server, TEXT)
    assert reply.blocked == "content_filter: violence"
    assert reply.scores == ()


def test_retries_of_all_requests_count_as_attempts() -> None:
    faults = (Fault.SERVER_FAULT, Fault.NONE, Fault.DROP, Fault.NONE, Fault.NONE, Fault.HTML)
    with serving(Plan(script=faults)) as server:
        reply = scored(server, CHAT)
        assert server.log.requests == 3 + 1 + 3
    assert reply.attempts == 1 + 3


def test_tokens_are_counted_where_the_endpoint_reports_none() -> None:
    with serving() as plain, quirky(Quirk.NO_USAGE) as silent:
        reported, counted = scored(plain, TEXT).usage, scored(silent, TEXT).usage
    assert (counted.prompt_tokens, counted.completion_tokens) == (reported.prompt_tokens, reported.completion_tokens)
    assert counted.is_estimated


def test_the_worst_case_has_the_system_prompt_before_messages_alone() -> None:
    plain, briefed = OpenAIChat(params()), OpenAIChat(params(system="Be brief."))
    added = worst_case_tokens((Message("system", "Be brief."),))
    assert briefed.worst_case(CHAT).tokens == plain.worst_case(CHAT).tokens + 2 * added
    assert briefed.worst_case(TEXT).tokens == plain.worst_case(TEXT).tokens


@pytest.mark.parametrize("request_", [TEXT, CHAT], ids=["text", "messages"])
def test_the_worst_case_is_above_what_is_used_and_priced(request_: Score) -> None:
    price = {"input_usd_per_million": 2.0, "output_usd_per_million": 10.0}
    cost = OpenAIChat(params(price=price, system="Be brief.")).worst_case(request_)
    with serving() as server:
        reply = scored(server, request_, price=price, system="Be brief.")
    assert cost.calls == 1
    assert cost.tokens > reply.usage.total
    assert cost.usd is not None
    assert reply.usd == pytest.approx((reply.usage.prompt_tokens * 2 + 2 * 10) / 1e6)
    assert cost.usd > reply.usd
    assert OpenAIChat(params()).worst_case(request_).usd is None


def test_a_closed_target_is_told_apart_from_one_that_cannot_score() -> None:
    with pytest.raises(RuntimeError, match="is not open"):
        asyncio.run(OpenAIChat(params()).ask(TEXT))
