"""The trainer `local`: teaches a model of this machine by LoRA, in a process of its own."""

import asyncio
import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import orjson

from probewright.errors import ConfigError, ModelMissing, PoolError, TrainingFailed
from probewright.plugins import Plugin
from probewright.pools import adapters, models
from probewright.protocols import Trained
from probewright.trainers import lesson
from probewright.trainers.local_process import start
from probewright.trainers.local_process.job import RECORD, Job, Recipe
from probewright.types import Example, Json

BASE = "pool"  # the only kind of target whose weights are here
ENGINE = "transformers"  # the engine that puts an adapter on a model
LOCK_POLL_S = 0.2


class LocalTrainer:
    """Low-rank adaptation of a model that the target `pool` serves, until it gives every example's answer by itself.

    The trained adapter stays in the data folder under a key made of all that was asked for, so training the same again,
    in any campaign, costs nothing; two that want the same at the same time train once.
    """

    name: ClassVar[str] = "local"
    source: ClassVar[str] = (
        "E. Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022, section 4, on every linear layer"
    )

    requires: ClassVar[tuple[str, ...]] = ("torch", "transformers", "peft")  # packages that do the work

    class Params(Recipe):
        """What a spec may say."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def check(self, base: Plugin, examples: Sequence[Example]) -> None:
        """See `Trainer.check`. An example that comes twice is taught once."""
        if base.kind != BASE:
            raise ConfigError(f"trainer {self.name!r} cannot tune a target of kind {base.kind!r}: allowed: {BASE}")
        if base.params.engine != ENGINE:
            raise ConfigError(
                f"trainer {self.name!r} cannot tune a model of the engine {base.params.engine!r}: allowed: {ENGINE}, "
                "which also serves the tuned model, so that the two differ by the training alone"
            )
        if base.params.adapter:
            raise ConfigError(
                f"trainer {self.name!r} cannot tune a model with the adapter {base.params.adapter!r}: leave `adapter` "
                "empty and give all examples at once"
            )
        lesson.check(examples)

    async def train(self, base: Plugin, examples: Sequence[Example], seed: int) -> Trained:
        """See `Trainer.train`.

        Raises:
            ConfigError: as `check` does; or the model has no chat template, or an example is too long for it.
            TrainingFailed: it broke off; one line says why.
        """
        self.check(base, examples)
        job = self._job(base, examples, seed)
        path = adapters.folder(job.key())
        with _lock_of(path) as lock:
            await _take(lock)
            record = _trained_before(path)
            if record is None:
                self._check_installed()
                record = await _train(job, path)
        target = base.params.model_copy(update={"adapter": path.name, "engine": ENGINE})
        return Trained(Plugin(BASE, target), record)

    def _check_installed(self) -> None:
        for package in self.requires:
            if find_spec(package) is None:
                raise TrainingFailed(
                    f"trainer {self.name!r} needs the package {package}: pip install 'probewright[torch]'"
                )

    def _job(self, base: Plugin, examples: Sequence[Example], seed: int) -> Job:
        try:
            model = models.find(base.params.model)
        except PoolError as error:
            raise TrainingFailed(str(error)) from error
        return Job(
            name=model.name,
            path=model.path,
            sha256=model.sha256,
            system=base.params.system,
            context_tokens=base.params.context_tokens,
            examples=lesson.distinct(examples),
            recipe=Recipe(**self._params.model_dump()),
            seed=seed,
        )


async def _train(job: Job, path: Path) -> Mapping[str, Json]:
    """Trains into a folder beside ``path`` and moves it there whole. The lock is held, so what lies there is waste."""
    unfinished = path.with_name(f".{path.name}.part")
    _remove(unfinished)
    try:
        await start.run(job, unfinished)
        _remove(path)
        unfinished.rename(path)
    finally:
        _remove(unfinished)
    return _record(path)


def _trained_before(path: Path) -> Mapping[str, Json] | None:
    try:
        return _record(adapters.find(path.name))
    except ModelMissing:
        return None


def _record(path: Path) -> Mapping[str, Json]:
    try:
        record: dict[str, Json] = orjson.loads((path / RECORD).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise TrainingFailed(f"{path / RECORD} cannot be read ({error}); delete {path} and train again") from error
    return record


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock_of(path: Path) -> Iterator[int]:
    """The descriptor of a file beside ``path``; a lock on it ends with this block, or with this process."""
    with open(path.with_name(f".{path.name}.lock"), "wb") as file:
        yield file.fileno()


async def _take(lock: int) -> None:
    """Waits until nobody else trains the same, in this process or another; a cancel ends the wait."""
    while not _is_taken(lock):  # noqa: ASYNC110 (no event tells what another process does)
        await asyncio.sleep(LOCK_POLL_S)


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
