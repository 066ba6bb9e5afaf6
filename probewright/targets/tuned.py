"""The target `tuned`: another target's model after it was taught some examples."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from pydantic import Field

from probewright import registry
from probewright.errors import ConfigError, PoolError, TrainingFailed
from probewright.plugins import Plugin, PluginParams, TargetRef, TrainerRef
from probewright.protocols import Cost, Target, Trained, Trainer
from probewright.secrets import Secret
from probewright.types import Example, Json, Message, Reply, Request


class Taught(PluginParams):
    """One example: what the user says, and the answer to learn."""

    prompt: str = Field(min_length=1)
    answer: str = Field(min_length=1)

    def example(self) -> Example:
        """As a trainer takes it."""
        return Example((Message("user", self.prompt),), self.answer)


class TunedTarget:
    """Trains while it is open and answers from the trained model; whoever asks earlier waits.

    Opening it returns at once, so that other endpoints are asked while the training runs. Training that was done
    before, in this or another campaign, is not done again. Where it fails, each request fails with the reason.

    Args:
        params: its part of the spec.
        trainer: who trains; None takes the one that the spec names.

    Raises:
        ConfigError: the trainer cannot tune such a target, or the examples make no sense.
    """

    class Params(PluginParams):
        """What a spec may say: the target to start from, who trains it, and on what."""

        base: TargetRef
        trainer: TrainerRef = Field(default="local", validate_default=True)
        examples: tuple[Taught, ...] = Field(min_length=1)
        seed: int = Field(default=0, ge=0, lt=2**63)

        def secrets(self) -> Mapping[str, Secret]:
            """The secrets of the base."""
            secrets = getattr(self.base.params, "secrets", None)
            return secrets() if secrets else {}

    def __init__(self, params: Params, trainer: Trainer | None = None) -> None:
        self._params = params
        self._trainer: Trainer = trainer or registry.create("trainer", params.trainer)
        self._examples = tuple(taught.example() for taught in params.examples)
        self._trainer.check(params.base, self._examples)
        self._base: Target = registry.create("target", params.base)
        self.name = f"tuned:{self._base.name}"
        self._target: Target | None = None
        self._trained: Trained | None = None
        self._opening: asyncio.Task[Target] | None = None
        self._stack = AsyncExitStack()

    @property
    def retries(self) -> int:
        """Requests sent again to the trained model so far."""
        return self._target.retries if self._target else 0

    async def __aenter__(self) -> Self:
        """Starts the training."""
        self._opening = asyncio.create_task(self._train_and_open())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Breaks the training off if it still runs, and closes the trained model."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        await self._stack.aclose()

    async def ask(self, request: Request) -> Reply:
        """The trained model's answer; waits until it is trained.

        Raises:
            TrainingFailed: it could not be trained, or not be hosted afterwards.
            TargetError: no answer, after bounded retries.
        """
        if self._opening is None:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        target = await asyncio.shield(self._opening)
        return await target.ask(request)

    def worst_case(self, request: Request) -> Cost:
        """As for the base: a trained model is priced like it unless its own target says otherwise."""
        return (self._target or self._base).worst_case(request)

    def provenance(self) -> Mapping[str, Json]:
        """How the model was trained; empty as long as it is not."""
        if self._trained is None or self._target is None:
            return {}
        return {**self._target.provenance(), "training": dict(self._trained.record)}

    async def _train_and_open(self) -> Target:
        params = self._params
        try:
            self._trained = await self._trainer.train(params.base, self._examples, params.seed)
            plugin: Plugin = self._trained.target
            target: Target = registry.create("target", plugin)
            self._target = await self._stack.enter_async_context(target)
        except (PoolError, ConfigError) as error:  # it harms only the cases that ask this model
            raise TrainingFailed(str(error)) from error
        return self._target
