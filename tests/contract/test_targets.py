"""What every HTTP target of the registry must do, whatever its protocol: fail as the right error, and leak no key."""

import asyncio
import re
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest
import uvloop
import yaml

from probewright import registry
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import (
    AccessDenied,
    Garbled,
    RateLimited,
    RequestRejected,
    ServerFault,
    TargetError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from probewright.targets.retry import Backoff
from probewright.types import Generate, Message, Reply, Request, Score
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import serving

NOT_HTTP = {"pool", "python", "tuned"}
TARGETS = sorted(set(registry.table("target")) - NOT_HTTP)
OWN_KEYS: dict[str, dict[str, Any]] = {  # what a kind cannot do without, beside its address
    "anthropic": {"model": "mock"},
    "http_json": {"body": {"question": "{{prompt}}"}, "reply": "result.answer", "finish_reason": "result.why"},
    "openai_chat": {"model": "mock"},
    "openai_responses": {"model": "mock"},
}
BLOCKED = {"anthropic": ("content_filter", "refusal: cyber")}  # by an HTTP 400, and by a cut answer
CANARY = "sk-canary-7f3a91c2d4"
VARIABLE = "PROBEWRIGHT_SECRET_CANARY"
SHORT = Backoff(base_s=0.001, cap_s=0.002, asked_cap_s=0.01)
RETRIES = 2
HELLO = Generate((Message("user", "Hello"),))
SCORE = Score("Hello", (" you", " there"))
SCORING = [kind for kind in TARGETS if not registry.load("target", kind).cannot]
QUESTIONS = [*((kind, HELLO) for kind in TARGETS), *((kind, SCORE) for kind in SCORING)]
PRICE = {"input_usd_per_million": 2.0, "output_usd_per_million": 10.0}

DOCS = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()
EXAMPLES = [yaml.safe_load(block)["target"] for block in re.findall(r"```yaml\n(target:.*?)```", DOCS, re.DOTALL)]

FAULTS: dict[Fault, type[TargetError]] = {
    Fault.UNAUTHORIZED: AccessDenied,
    Fault.FORBIDDEN: AccessDenied,
    Fault.NOT_FOUND: RequestRejected,
    Fault.REDIRECT: RequestRejected,
    Fault.RATE_LIMITED: RateLimited,
    Fault.RATE_LIMITED_BARE: RateLimited,
    Fault.SERVER_FAULT: ServerFault,
    Fault.HTML: Garbled,
    Fault.MALFORMED: Garbled,
    Fault.EMPTY: Garbled,
    Fault.NO_CHOICES: Garbled,
    Fault.HALF: Garbled,
    Fault.DROP: Unreachable,
    Fault.STALL: TimedOut,
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, CANARY)


@pytest.fixture(params=TARGETS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=QUESTIONS, ids=lambda question: f"{question[0]}-{type(question[1]).__name__.lower()}")
def question(request: pytest.FixtureRequest) -> tuple[str, Request]:
    """Every kind of target with every kind of request that it takes: they fail alike."""
    asked: tuple[str, Request] = request.param
    return asked


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Any:
    """Both event loops: they word the same socket errors differently."""
    return request.param


def address(kind: str, base_url: str) -> str:
    """What a spec of this kind gives as the address of the loopback server."""
    return {"anthropic": base_url.removesuffix("/v1"), "http_json": f"{base_url}/answer"}.get(kind, base_url)


def make(kind: str, base_url: str, query: str = "", **given: Any) -> Any:
    """A target with a key and few retries."""
    needed = {"base_url": address(kind, base_url) + query, "api_key": f"env:{VARIABLE}", "retries": RETRIES}
    checked = registry.load("target", kind).Params.model_validate(needed | OWN_KEYS[kind] | given)
    return registry.load("target", kind)(checked, SHORT)


async def ask(question: tuple[str, Request], base_url: str, **given: Any) -> tuple[Any, int]:
    """One question to a fresh target: the reply or the error that came of it, and how many retries it counted."""
    kind, request = question
    async with make(kind, base_url, **given) as target:
        try:
            return await target.ask(request), target.retries
        except TargetError as error:
            return error, target.retries


def everything_printed(error: BaseException) -> str:
    """All that a log, a row or a traceback could show of an error and of what hangs on it."""
    shown = "".join(traceback.TracebackException.from_exception(error).format())
    links = [error, error.__cause__, error.__context__]
    return shown + "".join(f"{link!s}{link!r}{vars(link)}{link.args}" for link in links if link)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_its_error_after_bounded_retries(question: tuple[str, Request], run: Any, fault: Fault) -> None:
    timeout_s = 0.15 if fault is Fault.STALL else 10
    with serving(Plan(always=fault)) as server:
        error, retries = run(ask(question, server.base_url, timeout_s=timeout_s))
        requests, headers = server.log.requests, server.log.headers[-1]
    lacks_path = question[1] is SCORE and fault is Fault.NOT_FOUND
    assert type(error) is (Unsupported if lacks_path else FAULTS[fault])
    attempts = RETRIES + 1 if error.is_retryable else 1
    assert (requests, retries) == (attempts, attempts - 1)
    assert CANARY in str(headers)
    assert CANARY not in everything_printed(error)
    message = str(error)
    assert message.isprintable()
    assert server.base_url in message
    assert f"({attempts} attempt" in message
    assert len(message) < 600


@pytest.mark.parametrize("fault", [fault for fault, kind in FAULTS.items() if kind.is_retryable])
def test_a_passing_fault_is_survived_and_counted(question: tuple[str, Request], run: Any, fault: Fault) -> None:
    timeout_s = 0.5 if fault is Fault.STALL else 10
    with serving(Plan(script=(fault,))) as server:
        reply, retries = run(ask(question, server.base_url, timeout_s=timeout_s))
        assert server.log.answered == {"Hello you" if question[1] is SCORE else "Hello": 1}
    assert isinstance(reply, Reply)
    assert (reply.attempts, retries) == (2, 1)
    assert reply.text or len(reply.scores) == 2


def test_a_dead_port_is_unreachable_and_the_message_says_what_to_check(question: tuple[str, Request], run: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        error, retries = run(ask(question, f"http://127.0.0.1:{port}/v1"))
    assert type(error) is Unreachable
    assert retries == RETRIES
    assert f"http://127.0.0.1:{port}/v1" in str(error)
    assert "Connection refused (3 attempts); check that the server runs" in str(error)


def test_a_redirect_is_named_and_never_followed(question: tuple[str, Request], run: Any) -> None:
    with serving(Plan(always=Fault.REDIRECT)) as server:
        error, _ = run(ask(question, server.base_url))
    assert "redirects to elsewhere.invalid, not followed" in str(error)


def test_the_query_of_the_url_is_sent_and_stays_out_of_errors(question: tuple[str, Request], run: Any) -> None:
    with serving(Plan(always=Fault.SERVER_FAULT)) as server:
        error, _ = run(ask(question, server.base_url, query="?token=hush", retries=0))
        assert all(path.endswith("?token=hush") for path in server.log.paths)
    assert isinstance(error, ServerFault)
    assert "hush" not in everything_printed(error)


def test_an_answer_that_echoes_the_key_comes_back_without_it(question: tuple[str, Request], run: Any) -> None:
    with serving(Plan(always=Fault.ECHO)) as server:
        reply, _ = run(ask(question, server.base_url))
    assert isinstance(reply, Reply)
    assert CANARY not in repr(reply)
    assert "[secret]" in reply.text + reply.model


def test_an_overloaded_server_is_asked_again(kind: str, run: Any) -> None:
    overloaded = Canned.json({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529)
    with serving(Plan(always=overloaded)) as server:
        error, retries = run(ask((kind, HELLO), server.base_url))
    assert isinstance(error, ServerFault)
    assert "HTTP 529: Overloaded (3 attempts)" in str(error)
    assert retries == RETRIES


@pytest.mark.parametrize("fault", [Fault.FILTERED, Fault.FILTERED_ANSWER])
def test_a_providers_filter_is_a_blocked_reply(kind: str, run: Any, fault: Fault) -> None:
    by_status, by_answer = BLOCKED.get(kind, ("content_filter: violence", "content_filter"))
    with serving(Plan(always=fault)) as server:
        reply, retries = run(ask((kind, HELLO), server.base_url))
    assert isinstance(reply, Reply)
    assert reply.blocked == (by_status if fault is Fault.FILTERED else by_answer)
    assert reply.finish_reason == "content_filter"
    assert (reply.text, retries) == ("", 0)
    assert CANARY not in repr(reply)


def test_an_answer_says_why_it_ended_what_it_took_and_what_it_cost(kind: str, run: Any) -> None:
    tokens = {"prompt_tokens": "tokens.in", "completion_tokens": "tokens.out"} if kind == "http_json" else {}
    with serving() as server:
        reply, _ = run(ask((kind, Generate((Message("user", "Hello " * 20),))), server.base_url, price=PRICE, **tokens))
    assert reply.finish_reason == "stop"
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (30, len(reply.text) // 4)
    assert not reply.usage.is_estimated
    assert reply.usd == pytest.approx((30 * 2 + reply.usage.completion_tokens * 10) / 1e6)
    assert reply.latency_s > 0


def test_the_worst_case_covers_the_answer_and_an_unknown_price_stays_unknown(kind: str, run: Any) -> None:
    with serving() as server:
        reply, _ = run(ask((kind, HELLO), server.base_url, system=None))
    cost = make(kind, server.base_url).worst_case(HELLO)
    assert cost.calls == 1
    assert cost.tokens >= reply.usage.total
    assert cost.usd is reply.usd is None
    assert make(kind, server.base_url, price=PRICE).worst_case(HELLO).usd == pytest.approx(
        ((cost.tokens - 4096) * 2 + 4096 * 10) / 1e6
    )


@pytest.mark.parametrize("kind", sorted(set(TARGETS) - set(SCORING)))
def test_a_kind_that_cannot_score_says_so_and_sends_nothing(kind: str, run: Any) -> None:
    with serving() as server:
        error, _ = run(ask((kind, SCORE), server.base_url))
        assert server.log.requests == 0
    assert type(error) is Unsupported
    assert "cannot score given options" in str(error)
    assert make(kind, server.base_url).worst_case(SCORE).tokens == 0


def test_the_key_is_in_no_text_of_the_target_or_its_parameters(kind: str, run: Any) -> None:
    async def opened() -> str:
        async with make(kind, "http://127.0.0.1:9/v1") as target:
            params = target._endpoint
            return f"{target!r}{target.name}{target.provenance()}{params!r}{params.model_dump()}"

    assert CANARY not in run(opened())


def test_a_target_that_is_not_open_says_how_to_open_it(kind: str, run: Any) -> None:
    with pytest.raises(RuntimeError, match="is not open: use 'async with'"):
        run(make(kind, "http://127.0.0.1:9/v1").ask(HELLO))


@pytest.mark.parametrize("kind", sorted(registry.table("target")))
def test_every_kind_has_a_place_in_the_docs_with_an_example_that_is_valid(kind: str) -> None:
    assert f"\n## {kind}\n" in DOCS
    examples = [target for target in EXAMPLES if target["kind"] == kind]
    assert examples
    for target in examples:
        checked = check_spec({"name": "n", "target": target, "family": "astral"}, "docs/targets.md").target
        assert check_spec({"name": "n", "target": checked.dump(), "family": "astral"}, "dump").target == checked
