-- Hard limits of one campaign run, shared by all its workers. Whole numbers only; US dollars as nano-dollars.
--
-- KEYS[1]             hash of the run: generation, and what is spent: calls, tokens, nanos, unpriced (calls of unknown price)
-- KEYS[1]:workers     set of the workers that joined
-- KEYS[1]:worker:NAME hash of what one worker has reserved: calls, tokens, nanos, and one field for each open
--                     reservation, so that a command that is sent twice counts once; ends with the worker's lease
--
-- ARGV: generation, worker, lease in ms, limits of calls, tokens and nanos ('' for none), then six values a command:
--       kind (reserve, settle, renew, leave), reservation, calls, tokens, nanos, unpriced.
-- Gives: what is spent (calls, tokens, nanos, unpriced), then one word a command:
--       ok, wait (others' reservations stand in the way), lapsed, lost, or the name of the limit that is used up.

local UNITS = {'calls', 'tokens', 'nanos'}
local WEEK_MS = 604800000
local run, generation, worker, lease_ms = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local workers = run .. ':workers'
local own = run .. ':worker:' .. worker
local limits = {calls = tonumber(ARGV[4]), tokens = tonumber(ARGV[5]), nanos = tonumber(ARGV[6])}

local function amounts(key)
  local found = redis.call('HMGET', key, unpack(UNITS))
  return {calls = tonumber(found[1] or 0), tokens = tonumber(found[2] or 0), nanos = tonumber(found[3] or 0)}
end

local function reserved_by_all()
  local sum = {calls = 0, tokens = 0, nanos = 0}
  for _, name in ipairs(redis.call('SMEMBERS', workers)) do
    local key = run .. ':worker:' .. name
    if redis.call('EXISTS', key) == 0 then
      redis.call('SREM', workers, name)
    end
    for unit, amount in pairs(amounts(key)) do
      sum[unit] = sum[unit] + amount
    end
  end
  return sum
end

local function refusal(cost)
  local spent, reserved = amounts(run), reserved_by_all()
  local word
  for _, unit in ipairs(UNITS) do
    local limit = limits[unit]
    if limit and spent[unit] + cost[unit] > limit then
      return unit
    end
    if limit and spent[unit] + reserved[unit] + cost[unit] > limit then
      word = 'wait'
    end
  end
  return word
end

local function increase(key, cost, sign)
  for _, unit in ipairs(UNITS) do
    redis.call('HINCRBY', key, unit, string.format('%d', sign * cost[unit]))
  end
end

local function reserve(id, cost)
  if redis.call('EXISTS', own) == 0 then
    return 'lapsed'
  end
  if redis.call('HEXISTS', own, id) == 1 then
    return 'ok'
  end
  local word = refusal(cost)
  if word then
    return word
  end
  increase(own, cost, 1)
  redis.call('HSET', own, id, string.format('%d %d %d', cost.calls, cost.tokens, cost.nanos))
  return 'ok'
end

-- What was really used is counted even where the reservation is gone: it was spent.
local function settle(id, cost, unpriced)
  local lives = redis.call('EXISTS', own) == 1
  local held = redis.call('HGET', own, id)
  if lives and not held then
    return 'ok'
  end
  if held then
    local calls, tokens, nanos = string.match(held, '(%d+) (%d+) (%d+)')
    increase(own, {calls = tonumber(calls), tokens = tonumber(tokens), nanos = tonumber(nanos)}, -1)
    redis.call('HDEL', own, id)
  end
  increase(run, cost, 1)
  redis.call('HINCRBY', run, 'unpriced', unpriced)
  return lives and 'ok' or 'lapsed'
end

local function renew()
  return redis.call('PEXPIRE', own, lease_ms) == 1 and 'ok' or 'lapsed'
end

local function leave()
  redis.call('DEL', own)
  redis.call('SREM', workers, worker)
  return 'ok'
end

local function obey(kind, id, cost, unpriced)
  if kind == 'reserve' then
    return reserve(id, cost)
  elseif kind == 'settle' then
    return settle(id, cost, unpriced)
  elseif kind == 'renew' then
    return renew()
  end
  return leave()
end

local is_lost = redis.call('HGET', run, 'generation') ~= generation
local words = {}
for i = 7, #ARGV, 6 do
  local cost = {calls = tonumber(ARGV[i + 2]), tokens = tonumber(ARGV[i + 3]), nanos = tonumber(ARGV[i + 4])}
  words[#words + 1] = is_lost and 'lost' or obey(ARGV[i], ARGV[i + 1], cost, ARGV[i + 5])
end
redis.call('PEXPIRE', run, WEEK_MS)
redis.call('PEXPIRE', workers, WEEK_MS)
local spent = redis.call('HMGET', run, 'calls', 'tokens', 'nanos', 'unpriced')
for i = 1, 4 do
  spent[i] = spent[i] or '0'
end
return {spent, words}
