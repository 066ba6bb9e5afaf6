"""One conversation of the engine with endpoints: replayed as far as it is stored, committed as it goes."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.parts import Address
from probewright.campaigns.engine.script import drive
from probewright.store import Answered, Entry
from probewright.types import Ask, Exchange, Reply, Role, Script

T = TypeVar("T")
Answer = Callable[[Ask], Awaitable[Reply]]


class Withheld(Exception):
    """The provider's filter withheld the target's answer."""


class Dialogue:
    """Answers scripts, one exchange after the other.

    Exchanges that an earlier run stored are replayed, those of each endpoint in their order: the script gets the same
    replies without a new call, also where a call to another endpoint had failed in between. A new answer is handed to
    the journal before the next request is sent. ``trial`` is None while a case is being written.
    """

    def __init__(
        self, position: int, trial: int | None, stored: Sequence[Exchange], journal: Journal, answer: Answer
    ) -> None:
        self._position = position
        self._trial = trial
        self._stored: dict[Address, deque[Exchange]] = defaultdict(deque)
        for exchange in stored:
            self._stored[exchange.ask.role, exchange.ask.to].append(exchange)
        self._ordinal = len(stored)  # of the next new exchange
        self._journal = journal
        self._answer = answer
        self._unsaved: list[Entry] = []
        self.exchanges: list[Exchange] = []

    def unsaved(self) -> tuple[Entry, ...]:
        """Entries to commit, once: a second call gives none of them again."""
        entries, self._unsaved = tuple(self._unsaved), []
        return entries

    async def run(self, script: Script[T]) -> T:
        """The result of ``script``.

        Raises:
            Withheld: the target's answer was withheld by a filter.
            TargetError: an endpoint brought no answer.
            LimitReached: the run stops.
        """
        return await drive(script, self._reply)

    async def _reply(self, ask: Ask) -> Reply:
        if stored := self._stored[ask.role, ask.to]:
            exchange = stored.popleft()
        else:
            if self._unsaved:
                await self._journal.put(self.unsaved())
            exchange = Exchange(ask, await self._answer(ask))
            self._unsaved.append(Answered(self._position, self._trial, self._ordinal, exchange))
            self._ordinal += 1
        self.exchanges.append(exchange)
        if ask.role is Role.TARGET and exchange.reply.blocked:
            raise Withheld(exchange.reply.blocked)
        return exchange.reply
