"""A family whose prompts a model writes, as a third party would bring it: every third cell it writes nothing for."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from probewright.plugins import Plugin, SearchRef, TargetRef
from probewright.protocols import FamilyParams
from probewright.testgen.family import BaseFamily
from probewright.testgen.turns import ask_prompt
from probewright.types import Ask, Case, Cell, Generate, Hole, HoleKind, Items, Message, Role, Script, Space


class ModelWrittenParams(FamilyParams):
    """Parameters of the family `model_written`."""

    author: TargetRef
    search: SearchRef = Field(default="grid", validate_default=True)
    size: int = 100


class ModelWritten(BaseFamily):
    """Asks its author for each prompt; a cell whose number leaves 2 when divided by 3 is refused."""

    Params = ModelWrittenParams
    name = "model_written"
    source = "tests"
    oracle = "refusal"

    def __init__(self, params: Any, seed: int) -> None:
        self._author: Plugin = params.author
        self._ids = tuple(str(number) for number in range(params.size))

    def space(self) -> Space:
        """Numbered items."""
        return Items(self._ids)

    def endpoints(self) -> Mapping[str, Plugin]:
        """The author."""
        return {"author": self._author}

    def write(self, cell: Cell) -> Script[Case | Hole]:
        """What the author answers, or a hole."""
        number = int(cell.labels["item"])
        reply = yield Ask(Role.WRITER, Generate((Message("user", f"write about {number}"),)), "author")
        if number % 3 == 2:
            return Hole(cell, HoleKind.REFUSED, "the author declined")
        return Case(self.name, {"prompt": reply.text}, dict(cell.labels))

    def play(self, case: Case) -> Script[None]:
        """Asks the prompt, once."""
        return ask_prompt(case)
