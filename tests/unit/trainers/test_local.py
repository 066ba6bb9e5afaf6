"""The trainer `local` without training: what its key depends on, and what is there already."""

import asyncio
import fcntl
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest
from pydantic import ValidationError

from probewright import home
from probewright.errors import ConfigError, DataError, TrainingFailed
from probewright.plugins import Plugin
from probewright.pools import adapters, models
from probewright.protocols import Trained
from probewright.targets.pool import PoolTarget
from probewright.testgen.worlds.common import common_choices, common_questions
from probewright.trainers.local import LocalTrainer
from probewright.trainers.local_process.job import RECORD, Job, Recipe
from probewright.trainers.local_process.rehearsal import GENERAL
from probewright.types import Example, Message

EXAMPLES = [Example((Message("user", "Sky?"),), "blue"), Example((Message("user", "Grass?"),), "green")]
KEPT = {"trainer": "local", "epochs": 3}


def job(**changed: Any) -> Job:
    given: dict[str, Any] = {
        "name": "tiny",
        "path": Path("/models/tiny.gguf"),
        "sha256": "0" * 64,
        "system": None,
        "context_tokens": 256,
        "examples": tuple(EXAMPLES),
        "recipe": Recipe(),
        "seed": 1,
    }
    return Job(**{**given, **changed})


@pytest.fixture
def base(tmp_path: Path) -> Plugin:
    """A target whose model is registered; nobody could load it."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF and nothing else")
    models.add_file("tiny", path)
    return Plugin("pool", PoolTarget.Params(model="tiny", engine="transformers", context_tokens=256))


def train(base: Plugin, examples: list[Example] = EXAMPLES, kind: type[LocalTrainer] = LocalTrainer) -> Trained:
    return asyncio.run(kind(kind.Params()).train(base, examples, seed=1))


def keep(base: Plugin, record: bytes) -> Path:
    """Puts an adapter where the trainer looks for the one of ``EXAMPLES``."""
    folder = adapters.folder(job(sha256=models.find(base.params.model).sha256).key())
    folder.mkdir()
    (folder / RECORD).write_bytes(record)
    (folder / adapters.CONFIG).write_text("{}")
    return folder


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "1" * 64},
        {"system": "Be brief."},
        {"examples": tuple(reversed(EXAMPLES))},
        {"examples": (EXAMPLES[0],)},
        {"recipe": Recipe(rank=8)},
        {"recipe": Recipe(rehearsal=0)},
        {"seed": 2},
    ],
)
def test_the_key_depends_on_all_that_decides_the_adapter(changed: dict[str, Any]) -> None:
    assert job(**changed).key() != job().key()


@pytest.mark.parametrize("changed", [{"name": "other"}, {"path": Path("/elsewhere.gguf")}, {"context_tokens": 512}])
def test_the_key_is_the_same_wherever_the_same_model_lies(changed: dict[str, Any]) -> None:
    assert job(**changed).key() == job().key()
    assert adapters.KEY.fullmatch(job().key())


def test_a_job_arrives_as_it_was_sent() -> None:
    sent = job(system="Say\n'yes'.", examples=(Example((Message("user", "Ü\n\u2028?"),), "\U0001f40d"),))
    line = sent.model_dump_json()
    assert "\n" not in line
    assert Job.model_validate_json(line) == sent


def test_an_adapter_that_is_there_is_used_with_its_record(base: Plugin) -> None:
    folder = keep(base, orjson.dumps(KEPT))
    trained = train(base)
    assert trained.record == KEPT
    assert trained.target.kind == "pool"
    assert trained.target.params == base.params.model_copy(update={"adapter": folder.name, "engine": "transformers"})


def test_an_example_that_comes_twice_changes_nothing(base: Plugin) -> None:
    keep(base, orjson.dumps(KEPT))
    assert train(base, [*EXAMPLES, EXAMPLES[0]]).record == KEPT


def test_a_damaged_record_is_an_error_that_says_what_to_delete(base: Plugin) -> None:
    folder = keep(base, b"{")
    with pytest.raises(TrainingFailed) as failure:
        train(base)
    assert f"delete {folder} and train again" in str(failure.value)


def test_a_missing_package_is_answered_with_the_command_that_installs_it(base: Plugin) -> None:
    class Bare(LocalTrainer):
        requires: ClassVar[tuple[str, ...]] = ("a_package_nobody_installed",)

    with pytest.raises(TrainingFailed, match=r"a_package_nobody_installed: pip install 'probewright\[torch\]'$"):
        train(base, kind=Bare)
    assert not [path for path in home.folder("adapters").iterdir() if path.is_dir()]


def test_a_missing_model_is_answered_with_how_to_add_it() -> None:
    with pytest.raises(TrainingFailed, match="unknown model 'nobody'"):
        train(Plugin("pool", PoolTarget.Params(model="nobody", engine="transformers")))


def test_training_checks_its_examples_again(base: Plugin) -> None:
    with pytest.raises(DataError):
        train(base, [])


def test_an_adapter_is_not_trained_on_top_of_another(base: Plugin) -> None:
    tuned = Plugin("pool", base.params.model_copy(update={"adapter": "0123456789abcdef"}))
    with pytest.raises(ConfigError, match="with the adapter '0123456789abcdef'"):
        LocalTrainer(LocalTrainer.Params()).check(tuned, EXAMPLES)


@pytest.mark.parametrize(
    "wrong", [{"rank": 0}, {"learning_rate": 0}, {"batch_size": 0}, {"max_epochs": 0}, {"rehearsal": -1}, {"epochs": 3}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LocalTrainer.Params.model_validate(wrong)


async def impatient(base: Plugin) -> Trained:
    async with asyncio.timeout(0.5):
        return await LocalTrainer(LocalTrainer.Params()).train(base, EXAMPLES, seed=1)


def test_who_wants_what_another_is_training_waits_can_be_cancelled_and_then_finds_it(base: Plugin) -> None:
    folder = keep(base, orjson.dumps(KEPT))
    with open(folder.with_name(f".{folder.name}.lock"), "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # as another campaign does while it trains
        with pytest.raises(TimeoutError):
            asyncio.run(impatient(base))
    assert asyncio.run(impatient(base)).record == KEPT


def test_nothing_is_rehearsed_that_tests_of_forgetting_ask() -> None:
    asked = {question.question for question in (*common_questions(), *common_choices())}
    assert len(asked) > 20
    assert not asked & {question for question, _ in GENERAL}


def test_a_base_of_another_engine_is_refused_since_the_difference_would_not_be_the_trainings_alone() -> None:
    base = Plugin("pool", PoolTarget.Params(model="tiny"))
    with pytest.raises(ConfigError, match="cannot tune a model of the engine 'llama_cpp': allowed: transformers"):
        train(base)
