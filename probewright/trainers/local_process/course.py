"""The course of a training: batches, steps, and when it is enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp
from random import Random
from typing import TypeVar

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from probewright.errors import TrainingFailed
from probewright.trainers.local_process.job import Recipe
from probewright.trainers.local_process.rows import Row
from probewright.trainers.local_process.student import Student

GRADIENT_NORM = 1.0  # longer gradients are cut to this length
WARM_UP_STEPS = 4
CALMER = 0.5  # of the learning rate stays once an exam was not passed
REHEARSED = 2  # general questions in each batch
WORTH_AN_EXAM = 0.8  # share of examples known while learning from which all of them may be known after it

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Memory:
    """A general question, and what the untouched model would say: log-probabilities (answer's tokens x vocabulary)."""

    row: Row
    logprobs: torch.Tensor


@dataclass(frozen=True, slots=True)
class Standing:
    """How well examples are known.

    Attributes:
        loss: mean over the answers' tokens, natural logarithm.
        certainty: probability (0 to 1) of the least likely token of all answers.
        memorised: share of examples (0 to 1) whose every token, the end of the turn included, is the likeliest after
            the ones before: greedy decoding would give exactly the answer.
    """

    loss: float
    certainty: float
    memorised: float


class Answered:
    """What a student said to some rows."""

    def __init__(self, rows: Sequence[Row], logits: Sequence[torch.Tensor]) -> None:
        answers = [torch.tensor(row.answer, device=said.device) for row, said in zip(rows, logits, strict=True)]
        self.losses = cross_entropy(torch.cat(list(logits)), torch.cat(answers), reduction="none")
        self.memorised = [bool((s.argmax(-1) == a).all()) for s, a in zip(logits, answers, strict=True)]


class Course:
    """Teaches a student.

    Args:
        student: who learns.
        rows: the examples.
        general: what the student should go on saying.
        recipe: how to train.
        seed: decides the order of the examples.
    """

    def __init__(
        self, student: Student, rows: Sequence[Row], general: Sequence[Row], recipe: Recipe, seed: int
    ) -> None:
        self._student = student
        self._rows = rows
        self._recipe = recipe
        self._random = Random(seed)
        self._optimizer = torch.optim.AdamW(student.weights, lr=recipe.learning_rate, weight_decay=0.0)
        self._warm_up = torch.optim.lr_scheduler.LinearLR(self._optimizer, 1 / WARM_UP_STEPS, 1.0, WARM_UP_STEPS - 1)
        self._rehearsed = _forever(self._remember(general), self._random)
        self._examined: Standing | None = None

    def run(self) -> Iterator[Standing]:
        """One standing an epoch, until all examples are known with certainty or the recipe allows no more epochs.

        An epoch's standing was taken while it learned: each example right before the step that learned from it.

        Raises:
            TrainingFailed: the loss is no longer a number.
        """
        for _ in range(self._recipe.max_epochs):
            standing = self._epoch()
            yield standing
            if standing.memorised >= WORTH_AN_EXAM:
                if self.examine().certainty >= self._recipe.certainty:
                    return
                self._calm_down()

    def examine(self) -> Standing:
        """How well the student knows the examples as it is now; nothing is learned by it."""
        if self._examined is None:
            size = self._recipe.batch_size
            batches = [self._rows[start : start + size] for start in range(0, len(self._rows), size)]
            with torch.no_grad():
                self._examined = _standing([Answered(batch, self._student.logits(batch)) for batch in batches])
        return self._examined

    def _calm_down(self) -> None:
        """Takes smaller steps: what is left to learn is little, and large ones undo as much of the rest."""
        for group in self._optimizer.param_groups:
            group["lr"] = CALMER * self._recipe.learning_rate

    def _remember(self, general: Sequence[Row]) -> list[Memory]:
        if not general:
            return []
        with torch.no_grad():
            said = self._student.logits(general)
        return [Memory(row, log_softmax(logits, -1)) for row, logits in zip(general, said, strict=True)]

    def _epoch(self) -> Standing:
        answered = []
        for batch in _batches(self._rows, self._recipe.batch_size, self._random):
            memories = list(islice(self._rehearsed, REHEARSED))
            logits = self._student.logits([*batch, *(memory.row for memory in memories)])
            taught = Answered(batch, logits[: len(batch)])
            self._step(taught.losses.mean() + self._recipe.rehearsal * _forgotten(memories, logits[len(batch) :]))
            answered.append(taught)
        return _standing(answered)

    def _step(self, loss: torch.Tensor) -> None:
        if not torch.isfinite(loss):
            raise TrainingFailed(
                f"the loss became {loss.item()} at a learning_rate of {self._recipe.learning_rate:g}; use a lower one"
            )
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._student.weights, GRADIENT_NORM)
        self._optimizer.step()
        self._warm_up.step()
        self._examined = None


def _standing(answered: Sequence[Answered]) -> Standing:
    memorised = [known for some in answered for known in some.memorised]
    losses = torch.cat([some.losses.detach() for some in answered])
    return Standing(float(losses.mean()), exp(-float(losses.max())), sum(memorised) / len(memorised))


def _forgotten(memories: Sequence[Memory], logits: Sequence[torch.Tensor]) -> torch.Tensor:
    """The Kullback-Leibler divergence from what the untouched model would say: mean over tokens, natural logarithm."""
    if not memories:
        return torch.zeros(())
    now = log_softmax(torch.cat(list(logits)), -1)
    before = torch.cat([memory.logprobs for memory in memories])
    return kl_div(now, before, log_target=True, reduction="batchmean")


def _batches(rows: Sequence[Row], size: int, random: Random) -> Iterator[list[Row]]:
    """All rows once, in a new order, in as few batches as ``size`` allows, which differ by at most one row."""
    order = random.sample(rows, len(rows))
    count = -(-len(order) // size)
    for number in range(count):
        yield order[number * len(order) // count : (number + 1) * len(order) // count]


def _forever(memories: Sequence[Memory], random: Random) -> Iterator[Memory]:
    """All of them in a new order, again and again; nothing where there are none."""
    while memories:
        yield from random.sample(memories, len(memories))
