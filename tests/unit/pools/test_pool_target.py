import asyncio
import os
import signal
from typing import Any

import pytest
from pydantic import ValidationError

from probewright.errors import EngineFailed, ModelMissing, Unsupported
from probewright.pools.engine import Engine
from probewright.pools.models import InstalledModel
from probewright.pools.pool import Pool
from probewright.pools.supervisor import RestartPolicy
from probewright.targets.pool import PoolTarget
from probewright.types import Generate, Message, Score

QUICK = RestartPolicy(first_wait_s=0.01, factor=1)


def say(text: str) -> Generate:
    return Generate((Message("user", text),))


def target_of(engine: Engine, policy: RestartPolicy = QUICK, **params: Any) -> PoolTarget:
    pool = Pool(policy, engines=lambda name: engine)
    return PoolTarget(PoolTarget.Params(model="tiny", **params), pool)


def test_a_local_answer_costs_nothing_and_says_which_model_gave_it(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with target_of(fake_engine) as target:
            reply = await target.ask(say("hello"))
            assert (reply.text, reply.model, reply.usd, reply.attempts) == ("echo hello", "tiny", 0.0, 1)
            assert target.worst_case(say("hello")).usd == 0.0
        assert target.retries == 0

    asyncio.run(run())


@pytest.mark.parametrize("behaviour", ["good", "moves"])
@pytest.mark.parametrize("retries", [0, 2])
def test_requests_in_flight_survive_kill_9_of_the_engine(
    behaviour: str, retries: int, fake_engine: Any, tiny: InstalledModel
) -> None:
    fake_engine.behaviour = behaviour
    fake_engine.delay_s = 0.5

    async def run() -> None:
        async with target_of(fake_engine, retries=retries, slots=4) as target:
            first = int((await target.ask(say("pid"))).text)
            asked = [asyncio.create_task(target.ask(say(f"q{number}"))) for number in range(8)]
            await asyncio.sleep(0.2)
            os.kill(first, signal.SIGKILL)
            replies = await asyncio.gather(*asked)
            assert [reply.text for reply in replies] == [f"echo q{number}" for number in range(8)]
            assert sum(reply.attempts for reply in replies) > 8
            assert target.retries > 0
            assert int((await target.ask(say("pid"))).text) != first

    asyncio.run(run())


def test_a_hung_engine_is_replaced_and_the_next_request_is_answered(
    fake_engine: Any, tiny: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probewright.pools.process.HEALTH_TIMEOUT_S", 0.3)

    async def run() -> None:
        pool = Pool(QUICK, engines=lambda name: fake_engine)
        params = PoolTarget.Params(model="tiny", retries=0, timeout_s=1)
        async with PoolTarget(params, pool) as target, pool.lease("tiny") as lease:
            process = (await lease.served()).process
            hanging = asyncio.create_task(target.ask(say("hang")))
            while await process.is_healthy():
                await asyncio.sleep(0.01)
            hanging.cancel()
            assert (await target.ask(say("pid"))).text != str(process.pid)

    asyncio.run(run())


def test_an_engine_that_keeps_dying_is_an_error_and_not_an_answer(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with target_of(fake_engine, retries=0, policy=RestartPolicy(limit=0)) as target:
            os.kill(int((await target.ask(say("pid"))).text), signal.SIGKILL)
            with pytest.raises(EngineFailed, match="killed by signal 9"):
                await target.ask(say("hello"))

    asyncio.run(run())


def test_waiting_for_a_slot_does_not_count_as_a_slow_answer(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.delay_s = 0.2

    async def run() -> None:
        # One after the other the eight take 1.6 s; each may take 1 s.
        async with target_of(fake_engine, retries=0, slots=1, timeout_s=1) as target:
            replies = await asyncio.gather(*(target.ask(say(f"q{number}")) for number in range(8)))
            assert [reply.attempts for reply in replies] == [1] * 8
            assert (await target.ask(say("most in flight"))).text == "1"

    asyncio.run(run())


def test_two_targets_of_one_model_share_its_slots(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.delay_s = 0.02

    async def run() -> None:
        pool = Pool(QUICK, engines=lambda name: fake_engine)
        params = PoolTarget.Params(model="tiny", slots=2)
        async with PoolTarget(params, pool) as plain, PoolTarget(params, pool) as cautious:
            await asyncio.gather(*(t.ask(say("hello")) for t in (plain, cautious) * 6))
            assert (await plain.ask(say("most in flight"))).text == "2"

    asyncio.run(run())


def test_several_processes_share_the_requests(fake_engine: Any, tiny: InstalledModel) -> None:
    fake_engine.delay_s = 0.1

    async def run() -> None:
        async with target_of(fake_engine, processes=2, slots=2) as target:
            assert target.recommended_concurrency == 4
            replies = await asyncio.gather(*(target.ask(say("pid")) for _ in range(4)))
            counts = [sum(reply.text == pid for reply in replies) for pid in {reply.text for reply in replies}]
            assert counts == [2, 2]

    asyncio.run(run())


def test_an_engine_that_gives_no_scores_is_told_so(fake_engine: Any, tiny: InstalledModel) -> None:
    async def run() -> None:
        async with target_of(fake_engine) as target:
            with pytest.raises(Unsupported):
                await target.ask(Score("The sky is", ("blue", "green")))

    asyncio.run(run())


def test_a_model_that_is_not_there_fails_when_the_target_opens(fake_engine: Any) -> None:
    async def run() -> None:
        with pytest.raises(ModelMissing, match="unknown model 'tiny'"):
            async with target_of(fake_engine):
                pytest.fail("opened without a model")

    asyncio.run(run())


def test_a_mistyped_engine_is_answered_with_the_near_miss() -> None:
    with pytest.raises(ValidationError, match="did you mean 'llama_cpp'"):
        PoolTarget.Params(model="tiny", engine="lama_cpp")


def test_a_closed_target_says_that_it_is_not_open(fake_engine: Any) -> None:
    with pytest.raises(RuntimeError, match="pool:tiny is not open"):
        asyncio.run(target_of(fake_engine).ask(say("hello")))
