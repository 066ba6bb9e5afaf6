"""Hard limits of one campaign within one process."""

import asyncio

from probewright.errors import LimitReached
from probewright.protocols import Cost


class BudgetLimiter:
    """Calls, tokens and US dollars, counted on one event loop: reserved at the worst case, settled at the real cost.

    What is spent and reserved together never exceeds a limit. Plays the role `Limiter`.
    """

    def __init__(
        self, calls: int | None = None, tokens: int | None = None, usd: float | None = None, spent: Cost | None = None
    ) -> None:
        self._limits = {
            name: limit for name, limit in (("calls", calls), ("tokens", tokens), ("usd", usd)) if limit is not None
        }
        self._spent = spent or Cost(usd=0.0)
        self._reserved = Cost(usd=0.0)
        self._reservations = 0
        self._settled = asyncio.Event()

    @property
    def spent(self) -> Cost:
        """What the settled calls cost; ``usd`` is None once one of them had no known price."""
        return self._spent

    async def reserve(self, cost: Cost) -> None:
        """Sets ``cost`` aside; where only other reservations stand in the way, waits for what they really cost.

        Raises:
            LimitReached: what is spent leaves no room for ``cost``, or dollars are limited and the price is unknown.
        """
        if not self._limits:
            return
        while (refusal := self._refusal(cost)) is not None:
            if not self._reservations:
                raise refusal
            self._settled.clear()
            await self._settled.wait()
        self._reserved = add(self._reserved, cost)
        self._reservations += 1

    async def settle(self, reserved: Cost, real: Cost) -> None:
        """Replaces a reservation by what the call really cost; `Cost()` with usd 0.0 gives it back unspent."""
        if self._limits:
            self._reservations -= 1
            self._reserved = _less(self._reserved, reserved) if self._reservations else Cost(usd=0.0)
            self._settled.set()
        self._spent = add(self._spent, real)

    async def renew(self) -> None:
        """Nothing to renew: no other process counts with this one."""

    def _refusal(self, cost: Cost) -> LimitReached | None:
        """Why ``cost`` cannot be set aside now, or None where it can."""
        wanted = add(self._spent, add(self._reserved, cost))
        for name, limit in self._limits.items():
            value = getattr(wanted, name)
            if value is None:
                return LimitReached(name, f"limits.usd: {limit:g} cannot be held: the price of a call is unknown")
            if value > limit:
                return LimitReached(name, used_up(name, limit, getattr(self._spent, name)))
        return None


def used_up(name: str, limit: float, used: float) -> str:
    """What is said of a limit that allows no further call."""
    return f"limits.{name}: {used:,.6g} of {limit:,.6g} spent; the next call could exceed it"


def _less(a: Cost, b: Cost) -> Cost:
    usd = None if a.usd is None or b.usd is None else a.usd - b.usd
    return Cost(a.calls - b.calls, a.tokens - b.tokens, usd)


def add(a: Cost, b: Cost) -> Cost:
    """Both together; dollars are unknown where either is."""
    usd = None if a.usd is None or b.usd is None else a.usd + b.usd
    return Cost(a.calls + b.calls, a.tokens + b.tokens, usd)
