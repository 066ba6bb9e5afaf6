"""Rates shared by all processes through Redis, whose clock is the only one that counts."""

import asyncio
from contextlib import suppress
from functools import partial

from redis.asyncio import Redis

from probewright.errors import LimiterLost
from probewright.targets.pace import Flow, Pace, RateLimits
from probewright.targets.rates import Queues
from probewright.targets.redis_link import LEAVE_S, PATIENCE_S, connect, patiently

PREFIX = "probewright:rate:"
KEPT_MS = 60_000  # beyond the last due time; a key that expired means that nothing is due
UNLIMITED = Flow(0.0, 1)

# The algorithm of LocalMeter, in microseconds. Both units pass, or neither does.
# ARGV: interval, burst and units of the requests, then of the tokens; how long the key is kept in milliseconds.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due, wait = {}, 0
for i, field in ipairs({'requests', 'tokens'}) do
  local interval, burst, units = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local before = math.max(tonumber(redis.call('HGET', KEYS[1], field) or '0'), now)
  if units > 0 then
    wait = math.max(wait, before - now - interval * (burst - math.min(units, burst)))
  end
  due[i] = math.ceil(before + interval * units)
end
if wait > 0 then
  return math.ceil(wait)
end
redis.call('HSET', KEYS[1], 'requests', string.format('%d', due[1]), 'tokens', string.format('%d', due[2]))
redis.call('PEXPIRE', KEYS[1], math.ceil((math.max(due[1], due[2]) - now) / 1000) + tonumber(ARGV[7]))
return 0
"""
GIVE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'requests', -tonumber(ARGV[1]))
  redis.call('HINCRBY', KEYS[1], 'tokens', -tonumber(ARGV[2]))
end
"""


class RedisRates:
    """Rates shared by all processes that use the same Redis. Plays `Rates`.

    Belongs to one event loop; close it there.

    Args:
        url: such as ``redis://127.0.0.1:6379/0``.
        patience_s: how long Redis may be away before a waiting request fails with `LimiterLost`.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self._redis = connect(url)
        self._patience_s = patience_s
        self._queues = Queues()
        self._undoing: set[asyncio.Task[None]] = set()

    def pace(self, account: str, limits: RateLimits) -> Pace:
        """See `Rates`."""
        meter = RedisMeter(self._redis, account, self._patience_s, self._undoing)
        return Pace(limits, meter, self._queues.of(account))

    async def close(self) -> None:
        """Closes the connections, once what cancelled callers took is given back; where Redis is away, it drains."""
        undoing = list(self._undoing)
        if undoing:
            await asyncio.wait(undoing, timeout=LEAVE_S)
        for task in undoing:
            task.cancel()
        await asyncio.gather(*undoing, return_exceptions=True)
        await self._redis.aclose()


class RedisMeter:
    """What passed in all processes. Plays `Meter`; while Redis is away, nothing passes.

    Args:
        redis: where it is kept.
        account: whose rate it is.
        patience_s: how long Redis may be away.
        undoing: holds the tasks that give back what cancelled callers took, as long as they run.
    """

    def __init__(self, redis: Redis, account: str, patience_s: float, undoing: set[asyncio.Task[None]]) -> None:
        self._keys = [PREFIX + account]
        self._take = redis.register_script(TAKE)
        self._give_back = redis.register_script(GIVE_BACK)
        self._patience_s = patience_s
        self._undoing = undoing

    async def take(self, limits: RateLimits, tokens: int) -> float:
        """See `Meter`.

        Raises:
            LimiterLost: Redis stayed away.
        """
        taking = asyncio.create_task(self._send_take(limits, tokens))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:  # the command is on its way already
            undoing = asyncio.create_task(self._undo(taking, limits, tokens))
            self._undoing.add(undoing)
            undoing.add_done_callback(self._undoing.discard)
            raise

    async def give_back(self, limits: RateLimits, requests: int, tokens: int) -> None:
        """See `Meter`.

        Raises:
            LimiterLost: Redis stayed away.
        """
        units = [round(_interval_us(limits.requests) * requests), round(_interval_us(limits.tokens) * tokens)]
        await patiently(partial(self._give_back, self._keys, units), self._patience_s)

    async def _send_take(self, limits: RateLimits, tokens: int) -> float:
        requests, token_flow = limits.requests or UNLIMITED, limits.tokens or UNLIMITED
        arguments = [
            *(requests.interval_s * 1e6, requests.burst, 1),
            *(token_flow.interval_s * 1e6, token_flow.burst, tokens),
            KEPT_MS,
        ]
        return int(await patiently(partial(self._take, self._keys, arguments), self._patience_s)) / 1e6

    async def _undo(self, taking: "asyncio.Task[float]", limits: RateLimits, tokens: int) -> None:
        with suppress(LimiterLost):  # the turn is then lost, which is the safe side
            if await taking == 0:
                await self.give_back(limits, 1, tokens)


def _interval_us(flow: Flow | None) -> float:
    return flow.interval_s * 1e6 if flow else 0.0
