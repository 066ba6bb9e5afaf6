"""The engine in processes of its own, leased from a pool."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from probewright.errors import EngineFailed, ModelMissing, PoolError
from probewright.pools import models
from probewright.pools.engine import EngineOptions
from probewright.pools.engines.transformers import Transformers
from probewright.pools.engines.transformers_server import loading
from probewright.pools.engines.transformers_server.scoring import score_alone
from probewright.pools.models import InstalledModel
from probewright.pools.pool import Lease, Pool
from probewright.targets.pool import PoolTarget
from probewright.types import Generate, Message
from tests.torch import tiny as tiny_model

pytestmark = pytest.mark.torch
KEY = "0123456789abcdef"
GREEDY = {"temperature": 0, "max_tokens": 24}
QUESTIONS = ("What is the capital of France?", "What is 2 + 2?", "Who wrote Hamlet?", "Name a colour.")
PREFIX = "Question: In which country is the city of Paris?\nAnswer:"
OPTIONS = (" France", " Germany", " Japan", " Brazil")


@asynccontextmanager
async def leased(model: str, **options: Any) -> AsyncIterator[Lease]:
    async with Pool().lease(
        model, "transformers", EngineOptions(**{"slots": 4, "context_tokens": 512} | options)
    ) as it:
        yield it


async def post(lease: Lease, path: str, body: dict[str, Any]) -> Any:
    base = (await lease.served()).endpoint.base_url
    async with aiohttp.ClientSession() as session, session.post(f"{base}/{path}", json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def scores(lease: Lease) -> list[float]:
    """The summed log-probability of each option."""
    body = {"prompt": [PREFIX + option for option in OPTIONS], "echo": True, "logprobs": 1, "max_tokens": 0}
    reply = await post(lease, "completions", body)
    return [sum(filter(None, choice["logprobs"]["token_logprobs"])) for choice in reply["choices"]]


def summed(model: loading.Loaded, option: str) -> float:
    """The same, computed here."""
    tokens = model.tokenizer(PREFIX + option)["input_ids"]
    return sum(filter(None, score_alone(model.model, tokens).logprobs))


def test_the_real_model_answers_sensibly_and_says_the_same_twice(smollm2: InstalledModel) -> None:
    params = {"model": "smollm2", "engine": "transformers", "params": GREEDY, "slots": 4}

    async def run() -> None:
        async with PoolTarget(PoolTarget.Params.model_validate(params)) as target:
            asked = [Generate((Message("user", question),)) for question in QUESTIONS]
            first = await asyncio.gather(*(target.ask(request) for request in asked))
            second = await asyncio.gather(*(target.ask(request) for request in asked))
        assert "Paris" in first[0].text
        assert [reply.text for reply in first] == [reply.text for reply in second]
        assert (first[0].model, first[0].finish_reason) == ("smollm2", "stop")
        assert not first[0].usage.is_estimated

    asyncio.run(run())


def test_the_real_model_prefers_the_right_option_whatever_was_asked_before(smollm2: InstalledModel) -> None:
    async def run() -> None:
        async with leased("smollm2") as lease:
            first = await scores(lease)
            await post(lease, "chat/completions", {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4})
            assert await scores(lease) == first
        assert first.index(max(first)) == OPTIONS.index(" France")

    asyncio.run(run())


def test_a_killed_engine_is_started_again_and_scores_the_same(tiny: InstalledModel) -> None:
    async def run() -> None:
        async with leased("tiny") as lease:
            before = await scores(lease)
            process = (await lease.served()).process
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            assert await scores(lease) == before
            assert (await lease.served()).process.pid != process.pid

    asyncio.run(run())


def test_two_engines_started_together_import_the_model_once(tiny: InstalledModel, data_folder: Path) -> None:
    async def score(number: int) -> list[float]:
        async with leased("tiny", process=number) as lease:
            return await scores(lease)

    async def run() -> None:
        first, second = await asyncio.gather(score(0), score(1))
        assert first == second

    asyncio.run(run())
    assert [path.name for path in (data_folder / "imported").iterdir() if path.is_dir()] == [tiny.sha256]


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # peft asks for it
def test_an_adapter_is_put_on_the_model_and_a_missing_one_is_named(
    tiny: InstalledModel, tiny_folder: Path, data_folder: Path, loaded: Any
) -> None:
    folder = data_folder / "adapters" / KEY
    tiny_model.write_adapter(tiny_folder, folder)
    tuned = loading.load(tiny_folder, "tiny", context_tokens=512, adapter=folder)

    async def run() -> list[float]:
        async with leased("tiny", adapter=KEY) as lease:
            return await scores(lease)

    served = asyncio.run(run())
    assert served == pytest.approx([summed(tuned, option) for option in OPTIONS], abs=0.01)
    assert served != pytest.approx([summed(loaded, option) for option in OPTIONS], abs=0.1)
    with pytest.raises(ModelMissing, match="train it again"):
        Transformers().command(tiny, EngineOptions(adapter=KEY[::-1]), port=0)


def test_a_context_that_the_model_was_not_made_for_is_refused(tiny_folder: Path) -> None:
    with pytest.raises(PoolError, match=r"^context_tokens is 1024; the model was made for at most 512$"):
        loading.load(tiny_folder, "tiny", context_tokens=1024)


def test_a_file_that_transformers_cannot_read_fails_at_once_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    models.add_file("broken", broken)

    async def run() -> None:
        async with leased("broken"):
            pytest.fail("opened a broken model")

    with pytest.raises(EngineFailed, match=r"ended with exit code 1 \(transformers cannot read .*broken\.gguf"):
        asyncio.run(run())


def test_the_process_gets_one_thread_a_library_no_network_and_the_data_folder(data_folder: Path) -> None:
    environment = Transformers().environment()
    assert {environment[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "HF_HUB_OFFLINE")} == {"1"}
    assert environment["PROBEWRIGHT_HOME"] == str(data_folder)
