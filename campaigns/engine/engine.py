"""The one loop that runs campaigns: plan, write, send, judge, store, tell. Command line, pytest and workers all use it.

It knows roles only (`Family`, `Oracle`, `Target`, `Store`, `Limiter`) and answers the scripts of families and oracles.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from probewright.campaigns.engine.breaker import Breaker
from probewright.campaigns.engine.dialogue import Dialogue
from probewright.campaigns.engine.early import EarlyEnd, Referee
from probewright.campaigns.engine.feed import Feed
from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.parts import Address, Parts
from probewright.campaigns.engine.planner import Planner
from probewright.campaigns.engine.preflight import Preflight
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.scribe import Scribe
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.engine.turn import play
from probewright.errors import LimiterLost, LimitReached, PoolError, StoreError, TargetError
from probewright.protocols import Cost, Limiter
from probewright.store import Finished, Store
from probewright.types import Ask, Reply, Role

RENEW_S = 20.0  # leases last three times as long
HEED_S = 1.0  # how often the store is asked whether somebody stopped the campaign
GRACE_S = 10.0  # how long requests in flight may still bring their answers after a stop


@dataclass(frozen=True, slots=True)
class Load:
    """How much to do, and how much of it at once."""

    cases: int
    trials: int = 1
    concurrency: int = 16
    seconds_left: float | None = None


@dataclass(slots=True)
class Engine:
    """Runs one campaign to its end or to a stop. Made for one `run`.

    At most ``concurrency`` requests are in flight to the target, and as many to judges and writers together, so a slow
    judge never starves the target. In flight means sent and not yet committed.
    """

    parts: Parts
    store: Store
    limiter: Limiter
    load: Load
    progress: Progress = field(default_factory=Progress)
    referee: Referee | None = None  # ends the run when its word is that nothing more need be asked
    grace_s: float = GRACE_S

    _stopping: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _stop: Stop | None = field(init=False, default=None)
    _failure: StoreError | None = field(init=False, default=None)
    _journal: Journal = field(init=False)
    _feed: Feed = field(init=False)
    _planner: Planner = field(init=False)
    _rooms: dict[bool, asyncio.Semaphore] = field(init=False)
    _breakers: dict[Address, Breaker] = field(init=False)
    _scribe: Scribe = field(init=False)
    _preflight: Preflight = field(init=False)
    _early: EarlyEnd | None = field(init=False, default=None)
    _cut: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    async def run(self) -> Stop | None:
        """Runs until nothing is left to do here; returns why it stopped earlier, or None.

        Where other processes work on the same campaign, their chunks may still be open then.

        Raises:
            StoreError: the store failed; what was committed before stands.
        """
        self._journal = journal = Journal(self.store)
        self._planner = Planner(self.parts.family, self.parts.search, self.store, journal, self.load.cases)
        self._feed = Feed(self.store, journal, self._planner, low=self.load.concurrency)
        self._scribe = Scribe(self.parts.family, self.store, journal, self.answer)
        self._preflight = Preflight(self.parts, journal, self.answer)
        self._rooms = {is_target: asyncio.Semaphore(self.load.concurrency) for is_target in (True, False)}
        self._breakers = {address: Breaker(self.load.concurrency) for address in self.parts.endpoints}
        try:
            standing = await journal.call(self.store.standing)
            counts = await journal.call(self.store.counts)
            self.progress.limiter = self.limiter
            self.progress.begin(self.load.cases * self.load.trials, counts, standing.holes)
            if self.referee is not None:
                self._early = EarlyEnd(self.referee, self.store, journal)
            if not await self._is_decided():
                await self._work()
        finally:
            await journal.close(last=self.store.release)
        if self._failure is not None:
            raise self._failure
        return self._stop

    def stop(self, kind: StopKind, reason: str) -> None:
        """Ends the run early: no new requests; those in flight get ``grace_s`` to bring their answers.

        May come before `run`, which then asks nothing.
        """
        if self._stop is None:
            self._stop = Stop(kind, reason)
            self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether the run was told to end early."""
        return self._stop is not None

    def cut(self) -> None:
        """Ends the grace of a stop at once: requests in flight are dropped."""
        self._cut.set()

    async def answer(self, ask: Ask) -> Reply:
        """Asks an endpoint within the limits.

        Raises:
            TargetError: no answer came, after bounded retries.
            LimitReached: the limits do not allow the call; the run stops.
        """
        address = (ask.role, ask.to)
        endpoint = self.parts.endpoints[address]
        async with self._rooms[ask.role is Role.TARGET]:
            if self._stop is not None:
                raise LimitReached(self._stop.kind, self._stop.reason)
            reserved = endpoint.worst_case(ask.request)
            await self._reserve(reserved)
            cost = Cost(usd=0.0)
            try:
                if self._stop is not None:  # while it waited
                    raise LimitReached(self._stop.kind, self._stop.reason)
                reply = await endpoint.ask(ask.request)
                cost = Cost(1, reply.usage.total, reply.usd)
            except (TargetError, PoolError) as error:
                if (reason := self._breakers[address].failed(error)) is not None and self.parts.is_vital(address):
                    self.stop(StopKind.TARGET, reason)
                raise
            except LimiterLost as lost:
                raise self._give_up(lost) from lost
            finally:
                await self._settle(reserved, cost)
        self._breakers[address].answered()
        return reply

    async def _reserve(self, cost: Cost) -> None:
        try:
            await self.limiter.reserve(cost)
        except LimitReached as limit:
            self.stop(StopKind.LIMIT, str(limit))
            raise
        except LimiterLost as lost:
            raise self._give_up(lost) from lost

    async def _settle(self, reserved: Cost, real: Cost) -> None:
        """Settles a call; where that fails, the answer in hand is stored all the same."""
        try:
            await self.limiter.settle(reserved, real)
        except LimiterLost as lost:
            self._give_up(lost)

    def _give_up(self, lost: LimiterLost) -> LimitReached:
        """Ends the run since nobody knows what may be sent; answers in flight are still stored, and so counted."""
        self._failure = self._failure or lost
        self.stop(StopKind.INTERRUPT, str(lost))
        return LimitReached("shared", str(lost))

    async def _is_decided(self) -> bool:
        """Whether earlier runs brought all that is needed: then nothing is asked."""
        reason = None if self._early is None else await self._early.look()
        if reason is not None:
            self.stop(StopKind.DECIDED, reason)
        return reason is not None

    async def _work(self) -> None:
        planner = asyncio.create_task(self._planner.run())
        hands = self.load.concurrency * (1 if len(self.parts.endpoints) == 1 else 2)
        workers = [asyncio.create_task(self._worker()) for _ in range(hands)]
        clock = asyncio.create_task(self._watch_clock())
        pulse = asyncio.create_task(self._renew())
        ears = asyncio.create_task(self._heed())
        eyes = asyncio.create_task(self._watch_outcomes())
        watched = asyncio.create_task(self._end_after_stop(workers))
        helpers = (planner, pulse, clock, ears, eyes, watched)
        try:
            await _until_gone(workers, [planner, pulse, clock, ears, eyes])
        finally:
            for task in (*helpers, *workers):
                task.cancel()
            await asyncio.gather(*helpers, *workers, return_exceptions=True)
            await self._feed.close()

    async def _worker(self) -> None:
        while (item := await self._feed.next()) is not None:
            chunk, task = item
            dialogue = Dialogue(task.slot.position, task.trial, task.exchanges, self._journal, self.answer)
            finished: tuple[Finished, ...] = ()
            try:
                await self._trust()
                if chunk not in self._journal.lost:  # else another process does it
                    finished = await play(chunk, task, self._scribe, self.parts, dialogue)
            except LimitReached:
                await self._journal.put(dialogue.unsaved())  # an answer that was paid for outlives the stop
                return
            closed = self._feed.finish(chunk)
            await self._journal.put((*dialogue.unsaved(), *finished, *closed))
            self._count(finished)
            if closed:
                self._scribe.forget(chunk)
                await self._journal.flush()  # the planner may wait for these outcomes
                self._planner.wake()

    async def _trust(self) -> None:
        """Makes sure, before anything is sent to the target, that those who will judge can be trusted."""
        passed = await self._preflight.passed()
        if passed.distrust:
            self.stop(StopKind.SETUP, passed.distrust)
            raise LimitReached(StopKind.SETUP, passed.distrust)
        self.parts = passed.parts

    def _count(self, finished: tuple[Finished, ...]) -> None:
        for entry in finished:
            self.progress.finished(entry.outcome)
        self.progress.holes = self._planner.holes
        if self._early is not None:
            self._early.tell()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._journal.call(self.store.renew)
            try:
                await self.limiter.renew()
            except LimiterLost as lost:
                self._give_up(lost)
                return

    async def _heed(self) -> None:
        while not self.is_stopping:
            await asyncio.sleep(HEED_S)
            if (reason := await self._journal.call(self.store.ended)) is not None:
                self.stop(StopKind.CANCEL, reason)

    async def _watch_clock(self) -> None:
        if self.load.seconds_left is not None:
            await asyncio.sleep(max(0.0, self.load.seconds_left))
            self.stop(StopKind.LIMIT, "limits.minutes: the time is used up")

    async def _watch_outcomes(self) -> None:
        if self._early is not None:
            self.stop(StopKind.DECIDED, await self._early.wait())

    async def _end_after_stop(self, workers: list[asyncio.Task[None]]) -> None:
        await self._stopping.wait()
        self._feed.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.grace_s):
                await self._cut.wait()
        for worker in workers:
            worker.cancel()


async def _until_gone(workers: list[asyncio.Task[None]], helpers: list[asyncio.Task[None]]) -> None:
    """Waits until no worker is left; raises the first failure of any task at once. A cancelled worker is no failure."""
    waiting = {*workers, *helpers}
    while not waiting.isdisjoint(workers):
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
