"""Pools with the real engine and the real model."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from probewright.errors import EngineFailed, RequestRejected
from probewright.pools import models
from probewright.pools.engine import EngineOptions
from probewright.pools.pool import Pool, shared_pool
from probewright.targets.pool import PoolTarget
from probewright.types import Generate, Message

pytestmark = pytest.mark.model
CAPITAL = Generate((Message("user", "What is the capital of France?"),))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(tmp_path))
    return tmp_path


def params(**overrides: object) -> PoolTarget.Params:
    spec = {
        "model": "smollm2",
        "system": "You are a helpful assistant.",
        "params": {"temperature": 0, "max_tokens": 24},
        "slots": 4,
    }
    return PoolTarget.Params.model_validate(spec | overrides)


def test_the_real_model_knows_the_capital_of_france_and_says_the_same_twice() -> None:
    async def run() -> None:
        async with PoolTarget(params()) as target:
            replies = [await target.ask(CAPITAL) for _ in range(2)]
        assert "Paris" in replies[0].text
        assert replies[0].text == replies[1].text
        assert (replies[0].model, replies[0].usd) == ("smollm2", 0.0)
        assert replies[0].usage.completion_tokens > 0
        assert not replies[0].usage.is_estimated

    asyncio.run(run())
    assert "xllamacpp" not in sys.modules


def test_the_real_engine_killed_in_the_middle_loses_no_answer() -> None:
    async def run() -> None:
        lease_it = shared_pool().lease("smollm2", options=EngineOptions(slots=4))
        async with PoolTarget(params()) as target, lease_it as lease:
            first = (await lease.served()).process.pid
            asked = [asyncio.create_task(target.ask(CAPITAL)) for _ in range(6)]
            await asyncio.sleep(0.2)
            os.kill(first, signal.SIGKILL)
            replies = await asyncio.gather(*asked)
            assert (await lease.served()).process.pid != first
        assert all(reply.text for reply in replies)
        assert max(reply.attempts for reply in replies) > 1

    asyncio.run(run())


def test_two_campaigns_one_after_the_other_keep_the_engine() -> None:
    async def pid_of(pool: Pool) -> int:
        async with PoolTarget(params()) as target, pool.lease("smollm2", options=EngineOptions(slots=4)) as lease:
            assert (await target.ask(CAPITAL)).text
            return (await lease.served()).process.pid

    async def run() -> None:
        async with shared_pool() as pool:
            assert await pid_of(pool) == await pid_of(pool)

    asyncio.run(run())


def test_a_prompt_longer_than_the_context_is_rejected_and_the_engine_stays_up() -> None:
    async def run() -> None:
        async with PoolTarget(params(context_tokens=128)) as target:
            with pytest.raises(RequestRejected, match="context"):
                await target.ask(Generate((Message("user", "word " * 500),)))
            assert "Paris" in (await target.ask(CAPITAL)).text

    asyncio.run(run())


def test_a_file_that_llama_cpp_cannot_load_fails_at_once_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    models.add_file("broken", broken)

    async def run() -> None:
        async with PoolTarget(params(model="broken")):
            pytest.fail("opened a broken model")

    with pytest.raises(EngineFailed, match=r"model broken ended with exit code 1 .*error"):
        asyncio.run(run())
