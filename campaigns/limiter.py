"""Hard limits of one campaign within one process."""

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

    @property
    def spent(self) -> Cost:
        """What the settled calls cost; ``usd`` is None once one of them had no known price."""
        return self._spent

    def reserve(self, cost: Cost) -> None:
        """Sets ``cost`` aside.

        Raises:
            LimitReached: spent, reserved and ``cost`` together exceed a limit, or dollars are limited and the price is
                unknown.
        """
        if not self._limits:
            return
        reserved = add(self._reserved, cost)
        wanted = add(self._spent, reserved)
        for name, limit in self._limits.items():
            value = getattr(wanted, name)
            if value is None:
                raise LimitReached(name, f"limits.usd: {limit:g} cannot be held: the price of a call is unknown")
            if value > limit:
                used = getattr(self._spent, name)
                raise LimitReached(
                    name, f"limits.{name}: {used:,.6g} of {limit:,.6g} spent; the next call could exceed it"
                )
        self._reserved = reserved

    def settle(self, reserved: Cost, real: Cost) -> None:
        """Replaces a reservation by what the call really cost; `Cost()` with usd 0.0 gives it back unspent."""
        if self._limits:
            self._reserved = _less(self._reserved, reserved)
        self._spent = add(self._spent, real)


def _less(a: Cost, b: Cost) -> Cost:
    usd = None if a.usd is None or b.usd is None else a.usd - b.usd
    return Cost(a.calls - b.calls, a.tokens - b.tokens, usd)


def add(a: Cost, b: Cost) -> Cost:
    """Both together; dollars are unknown where either is."""
    usd = None if a.usd is None or b.usd is None else a.usd + b.usd
    return Cost(a.calls + b.calls, a.tokens + b.tokens, usd)
