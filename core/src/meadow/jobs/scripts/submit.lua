-- Accept a job whole or not at all: idempotency, admission, record, image and message in one step.
-- KEYS: unit keys, job index, idempotency record
-- ARGV: id, message, image, max queue depth, max in-flight bytes, fingerprint, idempotency ms, then fields and values
local INDEX, IDEMPOTENCY = 11, 12
local id, message, image = ARGV[1], ARGV[2], ARGV[3]
local fingerprint = ARGV[6]

if fingerprint ~= '' then
  local seen = redis.call('HMGET', KEYS[IDEMPOTENCY], 'fingerprint', 'job')
  if seen[1] then
    return {seen[1] == fingerprint and 'replayed' or 'conflict', seen[2]}
  end
end

if message ~= '' then
  local depth = redis.call('LLEN', KEYS[QUEUE])
  if depth >= tonumber(ARGV[4]) then
    return {'queue-full', tostring(depth)}
  end
end
if #image > 0 then
  local held = tonumber(redis.call('GET', KEYS[INFLIGHT]) or 0)
  if held + #image > tonumber(ARGV[5]) then
    return {'bytes-full', tostring(held)}
  end
  redis.call('INCRBY', KEYS[INFLIGHT], #image)
  redis.call('SET', KEYS[IMAGE], image)
end

local now = now_ms()
redis.call('HSET', KEYS[JOB], 'id', id, 'state', 'queued', 'created_at', now, 'bytes', #image, unpack(ARGV, 8))
local patience = redis.call('HGET', KEYS[JOB], 'deadline_ms')
if patience then
  redis.call('HSET', KEYS[JOB], 'deadline_at', now + tonumber(patience))
end
redis.call('ZADD', KEYS[INDEX], now, id)
if fingerprint ~= '' then
  redis.call('HSET', KEYS[IDEMPOTENCY], 'fingerprint', fingerprint, 'job', id)
  redis.call('PEXPIRE', KEYS[IDEMPOTENCY], ARGV[7])
end
if message ~= '' then
  enqueue(id, message)
end
return {'accepted', id}
