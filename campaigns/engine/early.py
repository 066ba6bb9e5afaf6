"""Ends a run as soon as its gate is certain: looks at what is settled, in the order in which the cases were drawn.

The order is that of the plan, never that in which answers came: refusals are short and come first, so a rule that went
by the clock would see a better model than there is.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from probewright.campaigns.engine.journal import Journal
from probewright.store import Settled, Store

MOST = 2_000  # outcomes looked at in one query
PAUSE_S = 0.02  # between two looks while answers come
PATIENCE_S = 0.5  # how often answers that other processes bring are looked for


class Referee(Protocol):
    """Says when what was seen is enough. Its word depends on the outcomes in their order, on nothing else."""

    def see(self, settled: Sequence[Settled]) -> str | None:
        """Why no further case can change the verdict, in one sentence without its full stop, or None."""
        ...


class EarlyEnd:
    """Shows a referee the outcomes of the cases from the first one on, up to the first that has none yet.

    Every process that works on the campaign looks for itself, and all see the same: the outcomes are the store's.
    """

    def __init__(self, referee: Referee, store: Store, journal: Journal) -> None:
        self._referee = referee
        self._store = store
        self._journal = journal
        self._after = -1  # the position up to which everything was shown
        self._has_news = asyncio.Event()

    def tell(self) -> None:
        """An outcome was handed to the store."""
        self._has_news.set()

    async def look(self) -> str | None:
        """Shows what is new; the referee's word, if that is enough."""
        while settled := await self._journal.call(self._store.settled, self._after, MOST):
            self._after = settled[-1].position
            if (reason := self._referee.see(settled)) is not None:
                return reason
        return None

    async def wait(self) -> str:
        """Returns once what is settled is enough, with the reason."""
        while (reason := await self.look()) is None:
            await asyncio.sleep(PAUSE_S)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._has_news.wait()
            except TimeoutError:
                continue
            self._has_news.clear()
        return reason
