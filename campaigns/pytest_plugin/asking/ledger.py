"""The budget of a test session: one small file that all its processes lock, so that xdist's workers share it."""

import asyncio
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probewright.campaigns.engine.process import is_dead, process_name
from probewright.errors import LimitReached
from probewright.protocols import Cost

WAIT_S = 0.01  # how often a process looks again while only others' reservations stand in its way


class Ledger:
    """Counts live calls and dollars of all processes of the session; plays the role `Limiter`.

    What is spent and reserved together never exceeds a limit. What a process had reserved when it died counts as spent,
    since nobody knows whether it was sent.

    Args:
        path: The file, which exists from the first use on.
        max_calls: Calls of the session, or None.
        max_usd: US dollars of the session, or None. With it, a call of unknown price is refused.
    """

    def __init__(self, path: Path, max_calls: int | None, max_usd: float | None) -> None:
        self._path = path
        self._max_calls = max_calls
        self._max_usd = max_usd
        self._name = process_name()

    async def reserve(self, cost: Cost) -> None:
        """Sets ``cost`` aside; where only other reservations stand in the way, waits for what they really cost.

        Raises:
            LimitReached: what is spent leaves no room for it, or dollars are limited and the price is unknown.
        """
        if self._max_usd is not None and cost.usd is None:
            raise LimitReached("usd", f"--pw-max-usd: {self._max_usd:g} cannot be held: the price of a call is unknown")
        while not self._try(cost):  # noqa: ASYNC110 (other processes settle, which no event of this one tells)
            await asyncio.sleep(WAIT_S)

    async def settle(self, reserved: Cost, real: Cost) -> None:
        """Replaces a reservation by what the call really cost."""
        with self._open() as book:
            own = book["reserved"][self._name]
            own["calls"] -= reserved.calls
            own["usd"] = own["usd"] - (reserved.usd or 0.0) if own["calls"] else 0.0  # no rest of rounding
            book["calls"] += real.calls
            book["usd"] += real.usd or 0.0

    async def renew(self) -> None:
        """Nothing to renew: a reservation lives as long as its process."""

    @property
    def spent(self) -> Cost:
        """What the settled calls of all processes cost."""
        with self._open() as book:
            return Cost(calls=book["calls"], usd=book["usd"])

    def _try(self, cost: Cost) -> bool:
        """Whether ``cost`` could be set aside now.

        Raises:
            LimitReached: it can never be.
        """
        with self._open() as book:
            _bury(book)
            others = book["reserved"].values()
            held_calls, held_usd = sum(o["calls"] for o in others), sum(o["usd"] for o in others)
            for name, limit, used, held, wanted in (
                ("calls", self._max_calls, book["calls"], held_calls, cost.calls),
                ("usd", self._max_usd, book["usd"], held_usd, cost.usd or 0.0),
            ):
                if limit is None or used + held + wanted <= limit:
                    continue
                if used + wanted > limit or not held_calls:
                    said = f"--pw-max-{name}: {used:,.6g} of {limit:,.6g} spent; the next call could exceed it"
                    raise LimitReached(name, said)
                return False
            own = book["reserved"].setdefault(self._name, {"calls": 0, "usd": 0.0})
            own["calls"] += cost.calls
            own["usd"] += cost.usd or 0.0
            return True

    @contextmanager
    def _open(self) -> Iterator[dict[str, Any]]:
        """The book, locked; what the block changes is written."""
        with self._path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            book = json.loads(text) if text else {"calls": 0, "usd": 0.0, "reserved": {}}
            yield book
            file.seek(0)
            file.truncate()
            file.write(json.dumps(book))


def _bury(book: dict[str, Any]) -> None:
    """Counts what dead processes had reserved as spent."""
    for name in [name for name in book["reserved"] if is_dead(name)]:
        lost = book["reserved"].pop(name)
        book["calls"] += lost["calls"]
        book["usd"] += lost["usd"]
