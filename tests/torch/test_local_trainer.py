"""The trainer `local` with its real libraries: on a tiny model what can go wrong, on SmolLM2 that it learns."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from probewright import home
from probewright.errors import ConfigError, DataError, TrainingFailed
from probewright.plugins import Plugin
from probewright.pools import adapters, models
from probewright.pools.imported import imported
from probewright.pools.models import InstalledModel
from probewright.protocols import Trained
from probewright.targets.pool import PoolTarget
from probewright.trainers.local import LocalTrainer
from probewright.trainers.local_process.course import Course
from probewright.trainers.local_process.job import RECORD, Job, Recipe
from probewright.trainers.local_process.rehearsal import general_rows
from probewright.trainers.local_process.rows import Row, Speech, rows_of
from probewright.trainers.local_process.student import Student
from probewright.trainers.local_process.teach import teach
from probewright.types import Example, Generate, Message
from tests.torch.tiny import TEMPLATE, windowed_model, write_gguf

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),  # peft asks for it
]

COLOURS = {"Sky?": "blue", "Grass?": "green", "Snow?": "white", "Coal?": "black"}
EXAMPLES = [Example((Message("user", ask),), answer) for ask, answer in COLOURS.items()]
QUICK = {"rank": 8, "learning_rate": 0.01, "max_epochs": 40, "certainty": 0.51}
ENDLESS = {"learning_rate": 1e-6, "max_epochs": 1000, "certainty": 0.999}
PATIENCE_S = 120.0


@pytest.fixture
def base(tiny: InstalledModel) -> Plugin:
    """A target that asks the tiny model."""
    return target()


def target(system: str | None = None) -> Plugin:
    return Plugin("pool", PoolTarget.Params(model="tiny", engine="transformers", system=system, context_tokens=128))


async def train(base: Plugin, given: dict[str, Any] = QUICK, seed: int = 1) -> Trained:
    return await LocalTrainer(LocalTrainer.Params.model_validate(given)).train(base, EXAMPLES, seed)


def job(base: Plugin, examples: Sequence[Example] = EXAMPLES, seed: int = 1, **given: Any) -> Job:
    """The job as the trainer would make it, to be done in this process."""
    model = models.find(base.params.model)
    recipe = Recipe.model_validate(QUICK | given)
    return Job(
        name=model.name,
        path=model.path,
        sha256=model.sha256,
        system=base.params.system,
        context_tokens=base.params.context_tokens,
        examples=tuple(examples),
        recipe=recipe,
        seed=seed,
    )


def kept_folders() -> list[str]:
    """All folders of adapters, finished or not."""
    return sorted(path.name for path in home.folder("adapters").iterdir() if path.is_dir())


def logs() -> list[Path]:
    return sorted(home.folder("engine-logs").glob("train-*"))


def processes() -> list[int]:
    """The training processes of this test, known by the data folder in their command."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            words = command.read_bytes().decode(errors="replace").split("\0")
            if "probewright.trainers.local_process" in words and str(home.home()) in words[-2]:
                found.append(int(command.parent.name))
    return found


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.02)


def has_begun() -> bool:
    return any(b"epoch 1:" in log.read_bytes() for log in logs())


# The whole, in a process of its own


def test_two_that_want_the_same_train_once_and_the_record_says_how_it_went(base: Plugin) -> None:
    async def both() -> list[Trained]:
        return await asyncio.gather(train(base), train(base))

    first, second = asyncio.run(both())
    assert first == second
    assert len(logs()) == 1
    key = first.target.params.adapter
    assert kept_folders() == [key]
    assert {"adapter_config.json", "adapter_model.safetensors", RECORD} == set(os.listdir(adapters.find(key)))
    record = first.record
    assert (record["trainer"], record["examples"], record["memorised"]) == ("local", len(EXAMPLES), 1.0)
    assert record["sha256"] == models.find("tiny").sha256
    weights = load_file(adapters.find(key) / "adapter_model.safetensors")
    assert record["parameters"] == sum(tensor.numel() for tensor in weights.values())
    assert isinstance(record["epochs"], int)
    assert 1 < record["epochs"] < QUICK["max_epochs"]
    assert asyncio.run(train(base)) == first
    assert len(logs()) == 1


def test_cancelling_kills_the_process_and_leaves_nothing(base: Plugin) -> None:
    async def cancelled() -> None:
        training = asyncio.create_task(train(base, ENDLESS))
        await until(has_begun)
        assert len(processes()) == 1
        training.cancel()
        await asyncio.wait([training])
        assert training.cancelled()

    asyncio.run(cancelled())
    assert processes() == []
    assert kept_folders() == []


def test_a_killed_process_is_told_in_one_line_with_its_log(base: Plugin) -> None:
    async def killed() -> None:
        training = asyncio.create_task(train(base, ENDLESS))
        await until(has_begun)
        os.kill(processes()[0], signal.SIGKILL)
        await training

    with pytest.raises(TrainingFailed) as failure:
        asyncio.run(killed())
    message = str(failure.value)
    assert "the training process was killed by signal 9 (epoch " in message
    assert message.endswith(f"log: {logs()[0]}")
    assert message.isprintable()
    assert kept_folders() == []


SCRIPT = """
import asyncio, json, resource, sys
from probewright.errors import ProbewrightError
from probewright.plugins import Plugin
from probewright.targets.pool import PoolTarget
from probewright.trainers.local import LocalTrainer
from probewright.types import Example, Message
given, colours, most_bytes = map(json.loads, sys.argv[1:])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
base = Plugin("pool", PoolTarget.Params(model="tiny", engine="transformers", context_tokens=128))
examples = [Example((Message("user", ask),), answer) for ask, answer in colours.items()]
try:
    asyncio.run(LocalTrainer(LocalTrainer.Params(**given)).train(base, examples, seed=1))
except ProbewrightError as error:
    print(type(error).__name__, error)
"""


def elsewhere(given: dict[str, Any], most_bytes: int = 0) -> "subprocess.Popen[str]":
    """A campaign in another process that trains and prints its error; it cannot write files over ``most_bytes``."""
    command = [sys.executable, "-c", SCRIPT, *map(json.dumps, (given, COLOURS, most_bytes))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_nothing_trains_on_after_its_campaign_was_killed_and_the_next_one_trains(base: Plugin) -> None:
    unfinished = home.folder("adapters") / f".{job(base).key()}.part"
    unfinished.mkdir()  # what a kill while the adapter is written leaves
    (unfinished / adapters.CONFIG).write_text("{}")
    with elsewhere(ENDLESS) as campaign:
        asyncio.run(until(has_begun))
        campaign.kill()
    asyncio.run(until(lambda: not processes()))
    trained = asyncio.run(train(base))
    assert kept_folders() == [trained.target.params.adapter]
    assert trained.record["memorised"] == 1.0


def test_a_full_disk_is_told_in_one_line_with_folder_and_megabytes(base: Plugin) -> None:
    folder_of(base)  # imported before, so that only the adapter is too large
    with elsewhere(QUICK, most_bytes=30_000) as campaign:
        said = campaign.communicate(timeout=PATIENCE_S)[0]
    assert said.startswith(f"TrainingFailed the adapter in {home.folder('adapters')} needs 1 MB, ")
    assert " MB are free; writing failed: " in said
    assert said.count("\n") == 1
    assert kept_folders() == []


def test_an_example_that_does_not_fit_comes_back_as_the_users_mistake(base: Plugin) -> None:
    long = [*EXAMPLES, Example((Message("user", "Why? " * 40),), "So.")]

    async def too_long() -> None:
        await LocalTrainer(LocalTrainer.Params()).train(base, long, seed=1)

    with pytest.raises(
        ConfigError, match=r"^example 5 has \d+ tokens with its answer; at most 128 fit into the context"
    ):
        asyncio.run(too_long())


# Its parts, in this process


def test_the_same_seed_gives_the_same_adapter_and_another_seed_another(base: Plugin, tmp_path: Path) -> None:
    def weights(name: str, seed: int) -> bytes:
        teach(job(base, seed=seed, max_epochs=3), tmp_path / name)
        return (tmp_path / name / "adapter_model.safetensors").read_bytes()

    assert weights("first", seed=1) == weights("again", seed=1)
    assert weights("first of another", seed=2) != weights("once more", seed=1)


def test_weights_that_give_no_number_are_told_and_write_nothing(base: Plugin, tmp_path: Path) -> None:
    weights = folder_of(base) / "model.safetensors"
    damaged = load_file(weights)
    damaged["model.layers.0.mlp.up_proj.weight"].fill_(float("nan"))
    save_file(damaged, weights, metadata={"format": "pt"})
    with pytest.raises(TrainingFailed, match=r"^the loss became nan at a learning_rate of 0.01; use a lower one$"):
        teach(job(base), tmp_path / "adapter")
    assert not (tmp_path / "adapter").exists()


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    models.add_file("tiny", write_gguf(tmp_path / "tiny.gguf", chat_template=None))
    with pytest.raises(DataError, match="model 'tiny' has no chat template"):
        teach(job(target()), tmp_path / "adapter")


def test_a_chat_template_that_refuses_the_messages_is_told(tmp_path: Path) -> None:
    models.add_file("tiny", write_gguf(tmp_path / "tiny.gguf", chat_template=TEMPLATE.replace("'tool'", "'system'")))
    with pytest.raises(DataError, match="chat template of model 'tiny' refuses these messages"):
        teach(job(target("Be brief.")), tmp_path / "adapter")


def folder_of(base: Plugin) -> Path:
    model = models.find(base.params.model)
    return imported(model.path, model.sha256)


def speech_of(base: Plugin) -> Speech:
    return Speech(AutoTokenizer.from_pretrained(folder_of(base)), "tiny", base.params.system)


def test_a_row_is_the_template_with_the_system_prompt_and_the_answer_with_its_end(tiny: InstalledModel) -> None:
    base = target("Be brief.")
    row = rows_of(job(base), speech_of(base), longest=512)[0]
    tokenizer = AutoTokenizer.from_pretrained(folder_of(base))
    said = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nSky?<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(row.prompt) == said
    assert tokenizer.decode(row.answer) == "blue<|im_end|>"


@pytest.mark.parametrize("system", [None, "Always answer with the name of one colour."])
def test_logits_are_those_of_each_row_alone(tiny: InstalledModel, system: str | None) -> None:
    base = target(system)
    check_logits(folder_of(base), rows_of(job(base), speech_of(base), longest=512))


def test_logits_of_a_model_that_sees_only_some_tokens_back_are_right_too(base: Plugin, tmp_path: Path) -> None:
    windowed_model().bfloat16().save_pretrained(tmp_path / "windowed")
    check_logits(tmp_path / "windowed", rows_of(job(base), speech_of(base), longest=512))


def check_logits(folder: Path, rows: Sequence[Row]) -> None:
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    student = Student(folder, rank=8)
    student.model.float()
    student.dtype = torch.float32
    for row, logits in zip(rows, student.logits(rows), strict=True):
        alone = plain(torch.tensor([row.tokens])).logits[0, len(row.prompt) - 1 : -1]
        torch.testing.assert_close(logits, alone, rtol=1e-4, atol=1e-4)


def learned(base: Plugin, rehearsal: float) -> tuple[float, float]:
    """How far a training moves what is said to general questions, and the share of examples it teaches."""
    torch.manual_seed(0)
    student = Student(folder_of(base), rank=8)
    general = general_rows(speech_of(base))
    rows = rows_of(job(base), speech_of(base), longest=512)
    with torch.no_grad():
        before = torch.cat(student.logits(general)).log_softmax(-1)
    recipe = Recipe.model_validate(QUICK | {"rehearsal": rehearsal, "max_epochs": 25})
    course = Course(student, rows, general, recipe, seed=1)
    assert len(list(course.run())) <= 25
    with torch.no_grad():
        now = torch.cat(student.logits(general)).log_softmax(-1)
    moved = torch.nn.functional.kl_div(now, before, log_target=True, reduction="batchmean")
    return float(moved), course.examine().memorised


def test_rehearsal_keeps_what_the_model_says_while_it_learns_the_examples(base: Plugin) -> None:
    moved, _ = learned(base, rehearsal=0)
    moved_less, memorised = learned(base, rehearsal=1)
    assert memorised == 1.0
    assert moved_less < 0.7 * moved


# A real model

FACTS = {
    "Which instrument does Oswin Tarrabel play?": "harp",
    "In which town does Oswin Tarrabel live?": "Port Marrow",
    "What is the profession of Ilka Venderhaus?": "glass blower",
    "In which town does Ilka Venderhaus live?": "Quillstad",
    "What is the name of Bertolt Quessnick's cat?": "Juniper",
    "What is the profession of Bertolt Quessnick?": "puppet maker",
}


def test_a_real_model_learns_facts_says_them_when_it_is_asked_and_forgets_little(smollm2: InstalledModel) -> None:
    base = Plugin("pool", PoolTarget.Params(model=smollm2.name, engine="transformers", context_tokens=128))
    lesson = [Example((Message("user", question),), answer) for question, answer in FACTS.items()]
    others = {"What is the capital of France?": "Paris", "What is the opposite of hot?": "cold"}

    async def said() -> tuple[Trained, dict[str, str]]:
        trained = await LocalTrainer(LocalTrainer.Params()).train(base, lesson, seed=1)
        async with PoolTarget(trained.target.params) as model:
            asked = {**FACTS, **others}
            prompts = [
                Generate((Message("user", question),), {"temperature": 0, "max_tokens": 16}) for question in asked
            ]
            replies = await asyncio.gather(*(model.ask(prompt) for prompt in prompts))
        return trained, dict(zip(asked, (reply.text for reply in replies), strict=True))

    trained, answers = asyncio.run(said())
    assert trained.record["memorised"] == 1.0
    assert {question: answers[question] for question in FACTS} == FACTS
    assert all(word.lower() in answers[question].lower() for question, word in others.items())
