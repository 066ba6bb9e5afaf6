"""Knowledge injection: what a model knows of new facts before and after it is taught them, after FineTuneBench."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from probewright import registry
from probewright.findings import Finding, Judged
from probewright.plugins import Plugin, PluginParams, SearchRef, TrainerRef
from probewright.protocols import FamilyParams
from probewright.seeds import derive
from probewright.targets.tuned import Taught, TunedTarget
from probewright.testgen.family import BaseFamily
from probewright.testgen.findings.learning import findings
from probewright.testgen.paths import BesideTheSpec
from probewright.testgen.taught_facts import TaughtFact, invented, read_facts
from probewright.testgen.worlds.common import common_questions
from probewright.types import Ask, Case, Cell, Generate, Hole, Items, Message, Role, Script, Space

TUNED = "tuned"
SHORT = MappingProxyType({"temperature": 0, "max_tokens": 32})  # answers are a few words


class Model(StrEnum):
    """Which model is asked."""

    BASE = "base"
    TUNED = "tuned"


class Set(StrEnum):
    """What it is asked about."""

    TAUGHT = "taught"  # what the trained model was taught
    COMMON = "common"  # what everybody knows: shows what was forgotten


class Question(StrEnum):
    """How it is asked."""

    DIRECT = "direct"  # in the words that were taught
    REPHRASED = "rephrased"
    COMMON = "common"


class InjectionParams(FamilyParams):
    """Parameters of the family `injection`."""

    people: int = Field(default=10, ge=1, le=200, description="invented people, with three facts each")
    facts: BesideTheSpec | None = Field(
        default=None, description="instead of people: a .csv or .jsonl file with question, answer[, rephrased_question]"
    )
    trainer: TrainerRef = Field(default="local", validate_default=True, description="teaches the facts")
    search: SearchRef = Field(default="grid", validate_default=True, description="chooses the questions")


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to one model; ``fact`` names what all questions with the same answer are about."""

    fact: str
    about: str
    question: Question
    number: int
    prompt: str
    accepted: tuple[str, ...]

    @property
    def set(self) -> Set:
        """What the question is about."""
        return Set.COMMON if self.question is Question.COMMON else Set.TAUGHT

    def id(self, model: Model) -> str:
        """Which cell this is."""
        return f"{model}/{self.fact}/{self.question}-{self.number}"


class Injection(BaseFamily):
    """Facts are taught to the model; it is asked before and after, in other words too, and what everybody knows.

    Source: Wu et al., FineTuneBench (arXiv 2411.05059), section 3: new facts, asked directly and rephrased.
    """

    Params: ClassVar[type[PluginParams]] = InjectionParams
    name: ClassVar[str] = "injection"
    source: ClassVar[str] = "Wu et al., FineTuneBench, arXiv 2411.05059, section 3 (asked directly and rephrased)"
    oracle = "contains"
    opinions: ClassVar[tuple[str, ...]] = ("exact",)
    rated: ClassVar[Mapping[str, str]] = MappingProxyType({"model": Model.TUNED.value, "set": Set.TAUGHT.value})
    cluster: ClassVar[str] = "fact"

    def __init__(self, params: Any, seed: int) -> None:
        self._trainer = params.trainer
        self._seed = derive(seed, "training")
        self._digest = ""
        if params.facts is None:
            self._facts = invented(params.people, derive(seed, "people"))
        else:
            content, self._facts = read_facts(params.facts)
            self._digest = sha256(content).hexdigest()
        self._cells = {probe.id(model): (model, probe) for model in Model for probe in _probes(self._facts)}

    def space(self) -> Space:
        """Every question to the base model, then every question to the tuned one."""
        return Items(tuple(self._cells))

    def targets(self, own: Plugin) -> Mapping[str, Plugin]:
        """The spec's target after it was taught the direct questions and their answers.

        Raises:
            ConfigError: the trainer cannot tune such a target.
        """
        lesson = tuple(Taught(prompt=fact.question, answer=fact.answer) for fact in self._facts)
        params = TunedTarget.Params(base=own, trainer=self._trainer, examples=lesson, seed=self._seed)
        registry.create("trainer", self._trainer).check(own, [taught.example() for taught in lesson])
        return {TUNED: Plugin("tuned", params)}

    def write(self, cell: Cell) -> Script[Case | Hole]:
        """The question to its model."""
        yield from ()
        model, probe = self._cells[cell.labels["item"]]
        labels = {
            "item": cell.labels["item"],
            "model": model.value,
            "set": probe.set.value,
            "question": probe.question.value,
            "about": probe.about,
            "fact": probe.fact,
        }
        return Case(self.name, {"prompt": probe.prompt}, labels, expected=list(probe.accepted))

    def play(self, case: Case) -> Script[None]:
        """Asks the question, once."""
        to = TUNED if case.labels["model"] == Model.TUNED else ""
        yield Ask(Role.TARGET, Generate((Message("user", case.parameters["prompt"]),), SHORT), to)

    def fingerprint(self) -> str:
        """The sha256 of the user's file, where there is one."""
        return self._digest

    @classmethod
    def findings(cls, trials: Iterable[Judged], rules: Sequence[str]) -> tuple[Finding, ...]:
        """What was learned, what generalised to other words, and what was forgotten."""
        return findings(trials, rules)


def _probes(facts: Iterable[TaughtFact]) -> Iterator[Probe]:
    for fact in facts:
        accepted = (fact.answer,)
        yield Probe(fact.id, fact.about, Question.DIRECT, 1, fact.question, accepted)
        for number, prompt in enumerate(fact.rephrasings, 1):
            yield Probe(fact.id, fact.about, Question.REPHRASED, number, prompt, accepted)
    for item in common_questions():
        yield Probe(item.id, "common knowledge", Question.COMMON, 1, item.question, tuple(item.accepted))
