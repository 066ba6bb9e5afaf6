-- A worker joins a campaign run; see redis_limits.lua for the keys.
--
-- ARGV: a generation to use where there is none, worker, lease in ms, what the store says is spent: calls, tokens, nanos,
--       unpriced. Redis counts a call before the store does, so the larger number is the right one.
-- Gives: the generation in force.

local WEEK_MS = 604800000
local run, worker = KEYS[1], ARGV[2]
local own = run .. ':worker:' .. worker

redis.call('HSETNX', run, 'generation', ARGV[1])
for i, field in ipairs({'calls', 'tokens', 'nanos', 'unpriced'}) do
  local known = tonumber(redis.call('HGET', run, field) or 0)
  redis.call('HSET', run, field, string.format('%d', math.max(known, tonumber(ARGV[3 + i]))))
end
redis.call('DEL', own)
redis.call('HSET', own, 'calls', 0, 'tokens', 0, 'nanos', 0)
redis.call('PEXPIRE', own, ARGV[3])
redis.call('SADD', run .. ':workers', worker)
redis.call('PEXPIRE', run, WEEK_MS)
redis.call('PEXPIRE', run .. ':workers', WEEK_MS)
return redis.call('HGET', run, 'generation')
