-- Shared by every script of this folder: it is put in front of each, behind the places of a unit's keys (JOB, IMAGE, ...)
-- and the parts of a job's key (ADDED, PARTS, ...), which Python names.
-- Times are the server's own, so that the clocks of gateways and workers do not matter.

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function is_final(state)
  return state ~= 'queued' and state ~= 'running'
end

-- Keep the image of an answered job for a while: whoever corrects the answer need not send it again. All that is kept
-- stays below a limit; what has been there longest goes first.
local function keep_image(id, bytes, keep)
  local now = now_ms()
  redis.call('PEXPIRE', KEYS[IMAGE], keep.ms)
  redis.call('LPUSH', KEYS[KEPT], id .. ' ' .. bytes .. ' ' .. now)
  local held = redis.call('INCRBY', KEYS[KEPT_BYTES], bytes)
  local prefix = string.sub(KEYS[IMAGE], 1, -#id - 1)
  while true do
    local oldest = redis.call('LINDEX', KEYS[KEPT], -1)
    if not oldest then
      return
    end
    local other, size, since = string.match(oldest, '^(%S+) (%d+) (%d+)$')
    if held <= keep.bytes and tonumber(since) + keep.ms > now then
      return
    end
    redis.call('RPOP', KEYS[KEPT])
    redis.call('DEL', prefix .. other)
    held = redis.call('DECRBY', KEYS[KEPT_BYTES], size)
  end
end

-- Let a batch that waits for further packs or for its seal go once nothing has come of it for as long as an ended one
-- is kept. Whoever opened it may be gone for good.
local function keep_while_it_grows()
  local job = KEYS[JOB]
  local record = redis.call('HMGET', job, 'retention_ms', 'packs', 'source')
  if record[2] or record[3] then
    return
  end
  for _, part in ipairs(PARTS) do
    redis.call('PEXPIRE', job .. part, record[1])
  end
end

-- Put a job into a final state, once: release what it holds, start its retention, tell who waits and whom to call.
local function finalize(unit, id, state, extra, keep)
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
    if keep and keep.ms > 0 and bytes <= keep.bytes then
      keep_image(id, bytes, keep)
    else
      redis.call('DEL', KEYS[IMAGE])
    end
  end
  redis.call('ZREM', KEYS[LEASES], unit)
  redis.call('ZREM', KEYS[WAITING], unit)
  for _, part in ipairs(PARTS) do
    redis.call('PEXPIRE', job .. part, retention)
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

-- Field that says since when a unit is postponed: beside a pack's attempts, or in the job's record.
local function postponed_field(pack)
  return pack and pack .. ':postponed_at' or 'postponed_at'
end

-- Fields beside a pack's attempts, from its second attempt on: the place of the image that is tried alone now; how many
-- processes died over which place; the last attempt that began to try one, and so got somewhere.
local function trial_fields(pack)
  return pack .. ':trying', pack .. ':deaths', pack .. ':forgiven'
end

-- Keep the counts of what the source of a batch holds beside images, in the step that moves the cursor behind it.
local function note_passed_over(counts)
  if counts ~= '' then
    redis.call('HSET', KEYS[JOB], 'passed_over', counts)
  end
end

local function worker_lost(attempts)
  return cjson.encode({
    code = 'worker-lost',
    detail = 'The work was given up after ' .. attempts .. ' attempts: each time its worker died or went silent.',
  })
end
