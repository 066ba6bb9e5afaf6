"""Endpoints that stay open for the tests of one process, on an event loop of its own thread; tests ask synchronously.

Every request passes here: a replay answers it from the cassette, else it is counted against the session's budget, sent,
and recorded.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

import orjson

from probewright import registry
from probewright.campaigns.engine.parts import Address
from probewright.campaigns.pytest_plugin.asking.cassette import Cassette
from probewright.campaigns.pytest_plugin.asking.ledger import Ledger
from probewright.campaigns.pytest_plugin.asking.secrecy import Redaction
from probewright.campaigns.pytest_plugin.telling.record import Record
from probewright.plugins import Plugin, PluginParams
from probewright.protocols import Cost, Target
from probewright.types import Json, Reply, Request

T = TypeVar("T")


class Scope:
    """Counts how often the same request was asked in one test, in one trial's order, so that replays fit."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._asked: Counter[str] = Counter()

    def nth(self, key: str) -> int:
        """How often ``key`` was asked before in this scope."""
        self._asked[key] += 1
        return self._asked[key] - 1


class Live:
    """The endpoints of one process.

    Args:
        cassette: Where replies come from or go to, if anywhere.
        redaction: Is told of every target's secrets before a reply of it is kept.
        ledger: The session's budget, if it has one.
    """

    def __init__(self, cassette: Cassette | None, redaction: Redaction, ledger: Ledger | None) -> None:
        self.cassette = cassette
        self.ledger = ledger
        self._redaction = redaction
        self._open: dict[bytes, Target] = {}
        self._stack = AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="probewright-live", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returns, run on the loop of the endpoints; Ctrl-C cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def endpoints(self, plugins: Mapping[Address, Plugin], scope: Scope) -> dict[Address, Target]:
        """The endpoints of a spec by address, counted and recorded for ``scope``.

        Raises:
            ProbewrightError: one of them cannot be opened.
        """
        return {
            address: GuardedTarget(self, plugin, await self._target(plugin), scope)
            for address, plugin in plugins.items()
        }

    def close(self) -> None:
        """Closes all endpoints and ends the thread."""
        self.call(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _target(self, plugin: Plugin) -> Target:
        """An endpoint, opened at its first use; a replay opens none, so it needs neither keys nor a network."""
        key = orjson.dumps(plugin.dump(), option=orjson.OPT_SORT_KEYS)
        if key not in self._open:
            self._redaction.learn(plugin)
            target: Target = registry.create("target", plugin)
            if self.cassette is None or not self.cassette.is_replay:
                target = await self._stack.enter_async_context(target)
            self._open[key] = target
        return self._open[key]


class GuardedTarget:
    """An endpoint behind the cassette and the budget; plays the role `Target`. It is open as long as `Live` is."""

    Params: ClassVar[type[PluginParams]] = PluginParams

    def __init__(self, live: Live, plugin: Plugin, target: Target, scope: Scope) -> None:
        self.name = target.name
        self.retries = 0  # those of the endpoint itself are told nowhere: it serves all tests
        self._live = live
        self._plugin = plugin
        self._target = target
        self._scope = scope

    async def __aenter__(self) -> Self:
        """Nothing: it is open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing: it stays open for the tests to come."""

    async def ask(self, request: Request) -> Reply:
        """The reply of the cassette, or of the endpoint within the session's budget.

        Raises:
            CassetteMiss: a replay has no reply to this request.
            TargetError: the endpoint brought no answer.
            LimitReached: the session's budget allows no further call.
        """
        cassette = self._live.cassette
        if cassette is None:
            return await self._send(request)
        key = cassette.key(self._plugin, request)
        nth = self._scope.nth(key)
        if (kept := cassette.find(key, nth)) is not None:
            self._scope.record.replayed += 1
            return kept
        if cassette.is_replay:
            raise cassette.miss(self.name, request, key, nth)
        reply = await self._send(request)
        cassette.keep(key, nth, self.name, request, reply)
        return reply

    def worst_case(self, request: Request) -> Cost:
        """The most that one answer can cost; a replay costs nothing."""
        if self._live.cassette is not None and self._live.cassette.is_replay:
            return Cost(calls=1, usd=0.0)
        return self._target.worst_case(request)

    def provenance(self) -> Mapping[str, Json]:
        """What was really asked."""
        return self._target.provenance()

    async def _send(self, request: Request) -> Reply:
        ledger = self._live.ledger
        if ledger is None:
            reply = await self._target.ask(request)
            self._count(reply)
            return reply
        reserved = self._target.worst_case(request)
        await ledger.reserve(reserved)
        real = Cost(usd=0.0)
        try:
            reply = await self._target.ask(request)
            real = Cost(1, reply.usage.total, reply.usd)
        finally:
            await ledger.settle(reserved, real)
        self._count(reply)
        return reply

    def _count(self, reply: Reply) -> None:
        self._scope.record.spend(1, reply.usage.total, reply.usd)
