"""Searches that do not learn: they walk a fixed list of cells, pass after pass."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from probewright.errors import StoreError
from probewright.plugins import PluginParams
from probewright.seeds import generator
from probewright.types import Axes, Cell, Items, Json, Outcome, Space


class SweepParams(PluginParams):
    """Parameters of a search that does not learn."""

    round_size: int = Field(default=200, ge=1, le=10_000, description="cells planned at once")
    order: Literal["given", "random"] = Field(
        default="given", description="of a set: as it is given, or drawn from the seed; axes are always shuffled"
    )


class Sweep:
    """Base of the searches that walk a list: one pass visits every row once, pass p gives its cells the index p."""

    Params: type[SweepParams] = SweepParams
    criterion = ""
    learns = False

    def __init__(self, params: Any, space: Space, seed: int) -> None:
        self.round_size: int = params.round_size
        self._space = space
        self._seed = seed
        self._asked = 0
        self._pass = -1
        self._rows: Sequence[Mapping[str, str]] = ()
        self.is_shuffled: bool = params.order == "random" or not isinstance(space, Items)
        self._ids = list(space.ids) if isinstance(space, Items) else []
        if params.order == "random":
            generator(seed, "order").shuffle(self._ids)
        self.size = len(space.ids) if isinstance(space, Items) else len(self._rows_of(space, 0))

    @abstractmethod
    def rows(self, axes: Axes, pass_number: int) -> Sequence[Mapping[str, str]]:
        """The labels of one pass over a space spanned by axes, in order."""

    def ask(self, n: int) -> Sequence[Cell]:
        """The next ``n`` cells; a set of items ends after one pass, axes go round again."""
        if isinstance(self._space, Items):
            n = min(n, self.size - self._asked)
        cells = [self._cell(number) for number in range(self._asked, self._asked + n)]
        self._asked += len(cells)
        return cells

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Nothing is learned from outcomes."""

    def state(self) -> Json:
        """How many cells were asked."""
        return {"asked": self._asked}

    def resume(self, state: Json) -> None:
        """Goes on after the cells that were asked.

        Raises:
            StoreError: the state is not one that this search gave.
        """
        if not isinstance(state, dict) or not isinstance(asked := state.get("asked"), int):
            raise StoreError(f"search state {state!r} is not one of {type(self).__name__}: expected {{'asked': count}}")
        self._asked = asked

    def _cell(self, number: int) -> Cell:
        pass_number, place = divmod(number, self.size)
        if isinstance(self._space, Items):
            return Cell({"item": self._ids[place]}, pass_number)
        return Cell(self._rows_of(self._space, pass_number)[place], pass_number)

    def _rows_of(self, axes: Axes, pass_number: int) -> Sequence[Mapping[str, str]]:
        """The rows of one pass; those of the current pass are kept."""
        if pass_number != self._pass:
            self._pass, self._rows = pass_number, self.rows(axes, pass_number)
        return self._rows
