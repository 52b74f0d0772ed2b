-- Shared by every script of this folder: it is put in front of each.
-- Times are the server's own, so that the clocks of gateways and workers do not matter.

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function is_final(state)
  return state ~= 'queued' and state ~= 'running'
end

-- Keys of a unit of work, the first eight of every script that takes them.
local JOB, IMAGE, LEASES, WAITING, INFLIGHT, QUEUE, CHANNEL, WEBHOOKS = 1, 2, 3, 4, 5, 6, 7, 8

-- Put a job into a final state, once: release what it holds, start its retention, tell who waits and whom to call.
local function finalize(unit, id, state, extra)
  local job = KEYS[JOB]
  local now = now_ms()
  local retention = tonumber(redis.call('HGET', job, 'retention_ms'))
  redis.call('HSET', job, 'state', state, 'finished_at', now, 'expires_at', now + retention)
  if extra and #extra > 0 then
    redis.call('HSET', job, unpack(extra))
  end
  local bytes = tonumber(redis.call('HGET', job, 'bytes') or 0)
  if bytes > 0 then
    redis.call('DECRBY', KEYS[INFLIGHT], bytes)
    redis.call('DEL', KEYS[IMAGE])
  end
  redis.call('ZREM', KEYS[LEASES], unit)
  redis.call('ZREM', KEYS[WAITING], unit)
  for _, suffix in ipairs({'', ':classes', ':added', ':done', ':attempts'}) do
    redis.call('PEXPIRE', job .. suffix, retention)
  end
  if redis.call('HEXISTS', job, 'webhook_url') == 1 then
    redis.call('ZADD', KEYS[WEBHOOKS], now, id)
  end
  redis.call('PUBLISH', KEYS[CHANNEL], id)
end

local function enqueue(unit, message)
  redis.call('ZADD', KEYS[WAITING], now_ms(), unit)
  redis.call('LPUSH', KEYS[QUEUE], message)
end

local function lease_is_live(unit)
  local ends = redis.call('ZSCORE', KEYS[LEASES], unit)
  return ends and tonumber(ends) * 1000 > now_ms()
end

local function take_lease(unit, seconds)
  redis.call('ZADD', KEYS[LEASES], now_ms() / 1000 + tonumber(seconds), unit)
  redis.call('ZREM', KEYS[WAITING], unit)
end

local function worker_lost(attempts)
  return cjson.encode({
    code = 'worker-lost',
    detail = 'The work was given up after ' .. attempts .. ' attempts: each time its worker died or went silent.',
  })
end
