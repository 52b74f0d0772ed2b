-- Accept a job whole or not at all: idempotency, admission, record, image and message in one step.
-- KEYS: unit keys, job index, idempotency record
-- ARGV: id, message, image (empty when it was sent ahead), its bytes, max queue depth, max in-flight bytes, fingerprint,
-- idempotency ms, then fields and values
local INDEX, IDEMPOTENCY = UNIT_KEYS + 1, UNIT_KEYS + 2
local id, message, image, bytes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local fingerprint = ARGV[7]

local function refuse(verdict, value)
  redis.call('DEL', KEYS[IMAGE])
  return {verdict, value}
end

-- The client sends this again when the connection broke before the answer came.
if redis.call('EXISTS', KEYS[JOB]) == 1 then
  return {'accepted', id}
end

if fingerprint ~= '' then
  local seen = redis.call('HMGET', KEYS[IDEMPOTENCY], 'fingerprint', 'job')
  if seen[1] then
    return refuse(seen[1] == fingerprint and 'replayed' or 'conflict', seen[2])
  end
end

if message ~= '' then
  local depth = redis.call('LLEN', KEYS[QUEUE])
  if depth >= tonumber(ARGV[5]) then
    return refuse('queue-full', tostring(depth))
  end
end
if bytes > 0 then
  local held = tonumber(redis.call('GET', KEYS[INFLIGHT]) or 0)
  if held + bytes > tonumber(ARGV[6]) then
    return refuse('bytes-full', tostring(held))
  end
  if #image > 0 then
    redis.call('SET', KEYS[IMAGE], image)
  elseif redis.call('PERSIST', KEYS[IMAGE]) == 0 then
    return {'image-gone', ''}
  end
  redis.call('INCRBY', KEYS[INFLIGHT], bytes)
end

local now = now_ms()
redis.call('HSET', KEYS[JOB], 'id', id, 'state', 'queued', 'created_at', now, 'bytes', bytes, unpack(ARGV, 9))
local patience = redis.call('HGET', KEYS[JOB], 'deadline_ms')
if patience then
  redis.call('HSET', KEYS[JOB], 'deadline_at', now + tonumber(patience))
end
redis.call('ZADD', KEYS[INDEX], now, id)
if fingerprint ~= '' then
  redis.call('HSET', KEYS[IDEMPOTENCY], 'fingerprint', fingerprint, 'job', id)
  redis.call('PEXPIRE', KEYS[IDEMPOTENCY], ARGV[8])
end
if message ~= '' then
  enqueue(id, message)
else
  keep_while_it_grows()
end
return {'accepted', id}
