"""One training, from the job to the adapter's folder."""

import platform
import shutil
import time
from importlib.metadata import version
from pathlib import Path

import orjson
import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer

from probewright.errors import TrainingFailed
from probewright.pools.imported import imported
from probewright.trainers.local_process.course import Course
from probewright.trainers.local_process.job import RECORD, Job
from probewright.trainers.local_process.rehearsal import general_rows
from probewright.trainers.local_process.rows import Speech, rows_of
from probewright.trainers.local_process.student import Student
from probewright.types import Json

NAME = "local"
MEGABYTE = 1_000_000
CARD = "README.md"  # peft writes a page of blanks to fill in
LIBRARIES = ("torch", "transformers", "peft")


def teach(job: Job, folder: Path) -> None:
    """Trains as ``job`` says and writes adapter and record into ``folder``, which is made.

    Raises:
        DataError: the model has no chat template, or an example does not fit into the context.
        PoolError: the model cannot be imported.
        TrainingFailed: the loss is no longer a number, or there is no room for the adapter.
    """
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)  # the adapter's first weights
    model = imported(job.path, job.sha256)
    speech = Speech(AutoTokenizer.from_pretrained(model), job.name, job.system)
    student = Student(model, job.recipe.rank)
    rows = rows_of(job, speech, student.longest)
    general = general_rows(speech) if job.recipe.rehearsal else ()
    room = _room(student, folder)
    started = time.perf_counter()
    course = Course(student, rows, general, job.recipe, job.seed)
    epochs = []
    for epoch in course.run():
        epochs.append(epoch)
        print(f"epoch {len(epochs)}: loss {epoch.loss:.4f}, memorised {epoch.memorised:.1%}", flush=True)
    outcome: dict[str, Json] = {
        "examples": len(rows),
        "epochs": len(epochs),
        "seconds": round(time.perf_counter() - started, 1),
        "loss": epochs[-1].loss,
        "certainty": course.examine().certainty,
        "memorised": course.examine().memorised,
    }
    _save(student, _described(job, student) | outcome, folder, room)


def _described(job: Job, student: Student) -> dict[str, Json]:
    """What was trained by what: all of a record but how it went."""
    return {
        "trainer": NAME,
        "model": job.name,
        "sha256": job.sha256,
        "seed": job.seed,
        "recipe": job.recipe.model_dump(),
        "parameters": sum(weight.numel() for weight in student.weights),
        "device": _device(student.device),
        "dtype": str(student.dtype).removeprefix("torch."),
        **{library: version(library) for library in LIBRARIES},
    }


def _device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu ({platform.machine()})"


def _room(student: Student, folder: Path) -> str:
    """A line for the case that the adapter cannot be written, which is checked here, before the work is done."""
    needed_mb = sum(weight.numel() * weight.element_size() for weight in student.weights) // MEGABYTE + 1
    free_mb = shutil.disk_usage(folder.parent).free // MEGABYTE
    line = f"the adapter in {folder.parent} needs {needed_mb} MB, {free_mb} MB are free"
    if free_mb < needed_mb:
        raise TrainingFailed(line)
    return line


def _save(student: Student, record: dict[str, Json], folder: Path, room: str) -> None:
    try:
        folder.mkdir()
        (folder / RECORD).write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
        student.model.save_pretrained(folder, save_embedding_layers=False)
        (folder / CARD).unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:  # safetensors reports a full disk by an error of its own
        raise TrainingFailed(f"{room}; writing failed: {' '.join(str(error).split())}") from error
