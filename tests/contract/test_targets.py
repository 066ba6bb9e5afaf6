"""What every HTTP target of the registry must do, whatever its protocol: fail as the right error, and leak no key."""

import asyncio
import socket
import traceback
from typing import Any

import pytest
import uvloop

from probewright import registry
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
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import serving

NOT_HTTP = {"pool", "python", "tuned"}
TARGETS = sorted(set(registry.table("target")) - NOT_HTTP)
CANARY = "sk-canary-7f3a91c2d4"
VARIABLE = "PROBEWRIGHT_SECRET_CANARY"
SHORT = Backoff(base_s=0.001, cap_s=0.002, asked_cap_s=0.01)
RETRIES = 2
HELLO = Generate((Message("user", "Hello"),))
SCORE = Score("Hello", (" you", " there"))

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


@pytest.fixture(params=TARGETS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, CANARY)
    return str(request.param)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Any:
    """Both event loops: they word the same socket errors differently."""
    return request.param


@pytest.fixture(params=[HELLO, SCORE], ids=["generate", "score"])
def asked(request: pytest.FixtureRequest) -> Request:
    """Both kinds of request: they fail alike."""
    return request.param


async def ask(kind: str, base_url: str, request: Request = HELLO, **given: Any) -> tuple[Reply | TargetError, int]:
    """One question to a fresh target: what came of it, and how many retries it counted."""
    checked = registry.load("target", kind).Params.model_validate(
        {"base_url": base_url, "model": "mock", "api_key": f"env:{VARIABLE}", "retries": RETRIES} | given
    )
    async with registry.load("target", kind)(checked, SHORT) as target:
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
def test_a_fault_becomes_its_error_after_bounded_retries(kind: str, run: Any, asked: Request, fault: Fault) -> None:
    timeout_s = 0.15 if fault is Fault.STALL else 10
    with serving(Plan(always=fault)) as server:
        error, retries = run(ask(kind, server.base_url, asked, timeout_s=timeout_s))
        requests, headers = server.log.requests, server.log.headers[-1]
    lacks_path = asked is SCORE and fault is Fault.NOT_FOUND
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
def test_a_passing_fault_is_survived_and_counted(kind: str, run: Any, asked: Request, fault: Fault) -> None:
    timeout_s = 0.5 if fault is Fault.STALL else 10
    with serving(Plan(script=(fault,))) as server:
        reply, retries = run(ask(kind, server.base_url, asked, timeout_s=timeout_s))
        assert server.log.answered == {"Hello" if asked is HELLO else "Hello you": 1}
    assert isinstance(reply, Reply)
    assert (reply.attempts, retries) == (2, 1)
    assert reply.text or len(reply.scores) == 2


def test_a_dead_port_is_unreachable_and_the_message_says_what_to_check(kind: str, run: Any, asked: Request) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        error, retries = run(ask(kind, f"http://127.0.0.1:{port}/v1", asked))
    assert type(error) is Unreachable
    assert retries == RETRIES
    assert f"http://127.0.0.1:{port}/v1" in str(error)
    assert "Connection refused (3 attempts); check that the server runs" in str(error)


def test_a_redirect_is_named_and_never_followed(kind: str, run: Any, asked: Request) -> None:
    with serving(Plan(always=Fault.REDIRECT)) as server:
        error, _ = run(ask(kind, server.base_url, asked))
    assert "redirects to elsewhere.invalid, not followed" in str(error)


def test_the_query_of_the_url_stays_out_of_errors(kind: str, run: Any, asked: Request) -> None:
    with serving(Plan(always=Fault.SERVER_FAULT)) as server:
        error, _ = run(ask(kind, f"{server.base_url}?token=hush", asked, retries=0))
    assert isinstance(error, ServerFault)
    assert "hush" not in everything_printed(error)


def test_an_answer_that_echoes_the_key_comes_back_without_it(kind: str, run: Any, asked: Request) -> None:
    with serving(Plan(always=Fault.ECHO)) as server:
        reply, _ = run(ask(kind, server.base_url, asked))
    assert isinstance(reply, Reply)
    assert CANARY not in repr(reply)
    assert "[secret]" in reply.text + reply.model


@pytest.mark.parametrize("fault", [Fault.FILTERED, Fault.FILTERED_ANSWER])
def test_a_providers_filter_is_a_blocked_reply(kind: str, run: Any, fault: Fault) -> None:
    with serving(Plan(always=fault)) as server:
        reply, retries = run(ask(kind, server.base_url))
    assert isinstance(reply, Reply)
    assert reply.blocked.startswith("content_filter")
    assert retries == 0
    assert CANARY not in repr(reply)


def test_the_key_is_in_no_text_of_the_target_or_its_parameters(kind: str, run: Any) -> None:
    checked = registry.load("target", kind).Params.model_validate(
        {"base_url": "http://127.0.0.1:9/v1", "model": "mock", "api_key": f"env:{VARIABLE}"}
    )

    async def opened() -> str:
        async with registry.load("target", kind)(checked, SHORT) as target:
            return f"{target!r}{target.name}{checked!r}{checked.model_dump()}"

    assert CANARY not in run(opened())
