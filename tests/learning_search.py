"""A search that learns, as a third party would bring it: any change in what it hears changes what it asks next."""

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

from pydantic import Field

from probewright.errors import StoreError
from probewright.plugins import PluginParams
from probewright.seeds import derive
from probewright.types import Cell, Items, Json, Outcome, Space


class LearningParams(PluginParams):
    """Parameters of the search `learning`."""

    round_size: int = Field(default=12, ge=1)


class Learning:
    """Asks each cell once, in an order that depends on every outcome it was told and on their order.

    An outcome that is told twice, late, changed or in another order leads to other cells, so a campaign that went wrong
    anywhere ends with another report.
    """

    Params: type[PluginParams] = LearningParams
    criterion = "per-cell"
    learns = True
    is_shuffled = False

    def __init__(self, params: Any, space: Space, seed: int) -> None:
        self.round_size: int = params.round_size
        self._cells = _cells(space)
        self.size = len(self._cells)
        self._heard = seed
        self._left = list(range(self.size))

    def ask(self, n: int) -> Sequence[Cell]:
        """The next cells, drawn from all it heard so far."""
        Random(self._heard).shuffle(self._left)
        taken, self._left = self._left[:n], self._left[n:]
        return [Cell(self._cells[number]) for number in taken]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Takes each outcome in."""
        for outcome in outcomes:
            self._heard = derive(self._heard, outcome.key, outcome.status, outcome.trial)

    def state(self) -> Json:
        """What it heard, and what it has not asked yet."""
        return {"heard": self._heard, "left": list(self._left)}

    def resume(self, state: Json) -> None:
        """Goes on where ``state`` was taken."""
        match state:
            case {"heard": int(heard), "left": [*left]}:
                self._heard, self._left = heard, [int(str(number)) for number in left]
            case _:
                raise StoreError(f"search state {state!r} is not one of {type(self).__name__}")


def _cells(space: Space) -> list[Mapping[str, str]]:
    if isinstance(space, Items):
        return [{"item": item} for item in space.ids]
    names = list(space.values)
    return [dict(zip(names, row, strict=True)) for row in product(*space.values.values())]
