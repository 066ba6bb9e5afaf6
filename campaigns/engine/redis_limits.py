"""Hard limits of one campaign run, shared by all its workers through Redis."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self
from uuid import uuid4

from redis.asyncio import Redis

from probewright.campaigns.engine.limiter import add, used_up
from probewright.errors import LimiterLost, LimitReached
from probewright.protocols import Cost
from probewright.targets.redis_link import LEAVE_S, connect, patiently

PREFIX = "probewright:limits:"
LEASE_S = 60.0  # how long the reservations of a worker that died stand
POLL_S = 0.05  # while others' reservations stand in the way
MOST_AT_ONCE = 256  # commands in one script: Redis does nothing else meanwhile
NANOS = 1_000_000_000
OPEN = Path(__file__).with_name("redis_limits_open.lua").read_text()
OBEY = Path(__file__).with_name("redis_limits.lua").read_text()
INTERRUPTED = "the worker was interrupted before Redis answered"
NOTHING = Cost(usd=0.0)
WORDS = {"ok": "ok", "wait": "wait", "calls": "calls", "tokens": "tokens", "nanos": "usd"}
LOST = {
    "lost": "Redis does not know what this run has spent any more; the worker has to join it anew",
    "lapsed": "what this worker had reserved was given away, since it did not renew its lease in time",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a campaign may spend; None is no limit."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    @property
    def are_none(self) -> bool:
        """Whether there is nothing to hold."""
        return self.calls is self.tokens is self.usd is None


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do for this worker, and who waits for the word that answers it."""

    kind: str
    reservation: int
    cost: Cost
    word: "asyncio.Future[str]"

    def arguments(self) -> list[str | int]:
        """As the script takes it; an unknown price is counted as one."""
        cost = self.cost
        return [self.kind, self.reservation, cost.calls, cost.tokens, _nanos(cost.usd), int(cost.usd is None)]


class RedisLimiter:
    """Holds what all workers of a run have spent and reserved below its limits. Plays the role `Limiter`.

    Belongs to one event loop; `open` makes it. Commands that come together travel together: while one script runs, the
    next ones gather. Where Redis forgot the run, or this worker's lease ran out, every call raises `LimiterLost`: the
    worker has to join anew, since others may have been given what it had reserved.
    """

    def __init__(self, redis: Redis, key: str, limits: Limits, spent: Cost, worker: str) -> None:
        self._redis = redis
        self._key = key
        self._limits = limits
        self._worker = worker
        self._spent = spent
        self._header: list[str | int] = []  # what every script is told first
        self._obey = redis.register_script(OBEY)
        self._numbers = count(1)
        self._open: dict[Cost, list[int]] = {}  # reservations by their cost: equal ones are as good as each other
        self._gathered: list[Command] = []
        self._sent: list[Command] = []
        self._sending: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        redis_url: str,
        name: str,
        *,
        calls: int | None,
        tokens: int | None,
        usd: float | None,
        spent: Cost,
        worker: str,
        lease_s: float = LEASE_S,
    ) -> Self:
        """Joins a run; `close` it in the same event loop.

        Args:
            redis_url: such as ``redis://127.0.0.1:6379/0``.
            name: the run, the same for all its workers and no other: campaign and number of the run.
            calls: the most calls; None is no limit, as for ``tokens`` and ``usd``.
            tokens: the most tokens.
            usd: the most US dollars.
            spent: what the store says is spent. Redis never knows less after this.
            worker: who joins.
            lease_s: how long reservations stand without `renew`.

        Raises:
            LimiterLost: Redis does not answer.
        """
        limits = Limits(calls, tokens, usd)
        limiter = cls(connect(redis_url), f"{PREFIX}{{{name}}}", limits, spent, f"{worker}:{uuid4().hex[:8]}")
        if not limits.are_none:
            try:
                await limiter._join(round(lease_s * 1000))
            except LimiterLost:
                await limiter._redis.aclose()
                raise
        return limiter

    async def close(self) -> None:
        """Gives back what is reserved and leaves the run; where Redis is away, the lease ends it."""
        if self._header:
            with suppress(LimiterLost, TimeoutError):
                await asyncio.wait_for(self._ask("leave"), LEAVE_S)
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._redis.aclose()

    @property
    def spent(self) -> Cost:
        """What the settled calls of all workers cost, as far as is known here; ``usd`` is None if one had no price."""
        total = self._spent
        for command in (*self._sent, *self._gathered):
            if command.kind == "settle":
                total = add(total, command.cost)
        return total

    async def reserve(self, cost: Cost) -> None:
        """Sets ``cost`` aside; where only reservations stand in the way, waits for what they really cost.

        Raises:
            LimitReached: what is spent leaves no room for ``cost``, or dollars are limited and the price is unknown.
            LimiterLost: what is spent is not known any more.
        """
        limits = self._limits
        if limits.are_none:
            return
        if limits.usd is not None and (cost.usd is None or self._spent.usd is None):
            raise LimitReached("usd", f"limits.usd: {limits.usd:g} cannot be held: the price of a call is unknown")
        number = next(self._numbers)
        try:
            while (word := await self._ask("reserve", number, cost)) == "wait":  # noqa: ASYNC110 (Redis tells nobody)
                await asyncio.sleep(POLL_S)
        except asyncio.CancelledError:
            self._gather("settle", number, NOTHING)
            raise
        if word != "ok":
            raise LimitReached(word, used_up(word, getattr(limits, word), getattr(self._spent, word)))
        self._open.setdefault(cost, []).append(number)

    async def settle(self, reserved: Cost, real: Cost) -> None:
        """Replaces a reservation by what the call really cost.

        Raises:
            LimiterLost: the reservation is gone; ``real`` is counted all the same where Redis still knows the run.
        """
        if self._limits.are_none:
            self._spent = add(self._spent, real)
            return
        same = self._open[reserved]
        number = same.pop()
        if not same:
            del self._open[reserved]
        await self._ask("settle", number, real)

    async def renew(self) -> None:
        """Extends the lease of this worker's reservations.

        Raises:
            LimiterLost: it had run out, or Redis forgot the run.
        """
        if not self._limits.are_none:
            await self._ask("renew")

    async def _join(self, lease_ms: int) -> None:
        spent, limits = self._spent, self._limits
        known = [spent.calls, spent.tokens, _nanos(spent.usd), int(spent.usd is None)]
        arguments: list[str | int] = [uuid4().hex, self._worker, lease_ms, *known]
        script = self._redis.register_script(OPEN)
        generation = await patiently(partial(script, [self._key], arguments))
        held = [limits.calls, limits.tokens, None if limits.usd is None else _nanos(limits.usd)]
        self._header = [generation.decode(), self._worker, lease_ms, *("" if most is None else most for most in held)]

    async def _ask(self, kind: str, reservation: int = 0, cost: Cost = NOTHING) -> str:
        """The word that answers a command: ``ok``, ``wait``, or the limit that is used up."""
        word = await self._gather(kind, reservation, cost)
        if word not in WORDS:
            raise LimiterLost(LOST.get(word, word))
        return WORDS[word]

    def _gather(self, kind: str, reservation: int, cost: Cost) -> "asyncio.Future[str]":
        word: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._gathered.append(Command(kind, reservation, cost, word))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return word

    async def _send(self) -> None:
        """Sends what has gathered until nothing is left."""
        try:
            while self._gathered:
                self._sent, self._gathered = self._gathered[:MOST_AT_ONCE], self._gathered[MOST_AT_ONCE:]
                arguments = [*self._header, *(value for command in self._sent for value in command.arguments())]
                try:
                    words = self._take_in(await patiently(partial(self._obey, [self._key], arguments)))
                except LimiterLost as error:
                    words = [str(error)] * len(self._sent)
                self._answer(words)
        finally:
            self._sending = None
            self._sent += self._gathered
            self._gathered = []
            self._answer([INTERRUPTED] * len(self._sent))  # nobody is left where all went well

    def _answer(self, words: Sequence[str]) -> None:
        for command, word in zip(self._sent, words, strict=True):
            if not command.word.done():  # whoever was cancelled waits for nothing
                command.word.set_result(word)
        self._sent = []

    def _take_in(self, answer: tuple[Sequence[bytes], Sequence[bytes]]) -> list[str]:
        calls, tokens, nanos, unpriced = map(int, answer[0])
        self._spent = Cost(calls, tokens, None if unpriced else nanos / NANOS)
        return [word.decode() for word in answer[1]]


def _nanos(usd: float | None) -> int:
    """US dollars as whole nano-dollars; an unknown price adds nothing and is counted apart."""
    return round((usd or 0.0) * NANOS)
