"""The target `tuned`: a trainer in this process, and a loopback server that plays the trained model."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from probewright.errors import DataError, EngineFailed, ProbewrightError, TrainingFailed
from probewright.plugins import Plugin
from probewright.protocols import Trained
from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.tuned import TunedTarget
from probewright.types import Example, Generate, Message, Reply
from tests.loopback.running import serving

HELLO = Generate((Message("user", "Hello"),))
EXAMPLES = [{"prompt": "Who?", "answer": "Ada"}, {"prompt": "Where?", "answer": "There"}]


class Teacher:
    """Trains in no time, or fails, or waits to be let go; gives the base under another model's name."""

    def __init__(self, failure: ProbewrightError | None = None, waits: bool = False) -> None:
        self._failure = failure
        self._may_end = None if not waits else asyncio.Event()
        self.lessons: list[tuple[Sequence[Example], int]] = []
        self.was_cancelled = False

    def check(self, base: Plugin, examples: Sequence[Example]) -> None:
        if examples[0].answer == "wrong":
            raise DataError("examples: 'wrong' is refused; allowed: anything else")

    async def train(self, base: Plugin, examples: Sequence[Example], seed: int) -> Trained:
        self.lessons.append((examples, seed))
        if self._may_end is not None:
            try:
                await self._may_end.wait()
            except asyncio.CancelledError:
                self.was_cancelled = True
                raise
        if self._failure is not None:
            raise self._failure
        tuned = base.params.model_copy(update={"model": "tuned-model"})
        return Trained(Plugin(base.kind, tuned), {"trainer": "teacher", "epochs": 3})

    def end(self) -> None:
        assert self._may_end is not None
        self._may_end.set()


@contextmanager
def served() -> Iterator[tuple[Any, Callable[..., TunedTarget]]]:
    """A server, and a function that makes a tuned target of it."""
    with serving() as server:
        base = Plugin("openai_chat", OpenAIChat.Params(base_url=server.base_url, model="base-model"))

        def make(teacher: Any, examples: Any = EXAMPLES) -> TunedTarget:
            params = TunedTarget.Params(base=base, examples=examples, seed=5)
            return TunedTarget(params, teacher)

        yield server, make


async def ask(target: TunedTarget, times: int = 1) -> list[Reply | BaseException]:
    async with target:
        return await asyncio.gather(*(target.ask(HELLO) for _ in range(times)), return_exceptions=True)


def test_it_trains_once_and_asks_the_trained_model() -> None:
    teacher = Teacher()
    with served() as (server, make):
        target = make(teacher)
        replies = asyncio.run(ask(target, times=5))
    assert [reply.model for reply in replies if isinstance(reply, Reply)] == ["tuned-model"] * 5
    ((examples, seed),) = teacher.lessons
    assert (len(examples), seed) == (2, 5)
    assert examples[0] == Example((Message("user", "Who?"),), "Ada")
    assert server.log.requests == 5


def test_opening_does_not_wait_for_the_training_and_asking_does() -> None:
    async def go(make: Any) -> tuple[bool, Reply]:
        teacher = Teacher(waits=True)
        async with make(teacher) as target:
            asked = asyncio.create_task(target.ask(HELLO))
            await asyncio.sleep(0.05)
            was_early = asked.done()
            teacher.end()
            return was_early, await asked

    with served() as (_, make):
        was_early, reply = asyncio.run(go(make))
    assert (was_early, reply.model) == (False, "tuned-model")


@pytest.mark.parametrize("failure", [TrainingFailed("no space left"), EngineFailed("no space left")])
def test_a_failed_training_fails_each_request_with_its_reason_and_sends_nothing(failure: ProbewrightError) -> None:
    teacher = Teacher(failure)
    with served() as (server, make):
        target = make(teacher)
        errors = asyncio.run(ask(target, times=3))
    assert [(type(error), str(error)) for error in errors] == [(TrainingFailed, "no space left")] * 3
    assert len(teacher.lessons) == 1
    assert server.log.requests == 0
    assert target.provenance() == {}


def test_closing_early_breaks_the_training_off() -> None:
    async def go(make: Any) -> bool:
        teacher = Teacher(waits=True)
        async with make(teacher):
            await asyncio.sleep(0.01)
        return teacher.was_cancelled

    with served() as (_, make):
        assert asyncio.run(go(make))


def test_a_request_that_is_given_up_does_not_break_the_training_off() -> None:
    async def go(make: Any) -> Reply:
        teacher = Teacher(waits=True)
        async with make(teacher) as target:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(target.ask(HELLO), 0.01)
            teacher.end()
            reply: Reply = await target.ask(HELLO)
            return reply

    with served() as (_, make):
        assert asyncio.run(go(make)).model == "tuned-model"


def test_it_says_how_the_model_was_trained_once_it_is() -> None:
    with served() as (_, make):
        target = make(Teacher())
        assert target.provenance() == {}
        asyncio.run(ask(target))
    assert target.provenance()["training"] == {"trainer": "teacher", "epochs": 3}


def test_examples_that_the_trainer_refuses_are_refused_when_it_is_made() -> None:
    with served() as (_, make), pytest.raises(DataError, match="'wrong' is refused"):
        make(Teacher(), [{"prompt": "Who?", "answer": "wrong"}])


def test_a_request_before_it_is_open_is_a_mistake_of_the_caller() -> None:
    with served() as (_, make), pytest.raises(RuntimeError, match="is not open"):
        asyncio.run(make(Teacher()).ask(HELLO))
