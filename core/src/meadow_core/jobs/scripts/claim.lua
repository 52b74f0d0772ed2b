-- Take a job for one attempt. Whoever holds a message for a job that is finished or held learns so and drops it.
-- KEYS: unit keys
-- ARGV: unit, lease seconds, max attempts, then fields and values to pin (the model)
local unit = ARGV[1]
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts', 'deadline_at', 'id', 'packs', 'forgiven')
local state, attempts = record[1], tonumber(record[2] or 0)
-- Attempts that got somewhere do not count against a batch that takes many turns to fill.
local fruitless = attempts - tonumber(record[6] or 0)

if not state then
  redis.call('ZREM', KEYS[WAITING], unit)
  return {'gone'}
end
-- A batch with its number of packs is filled; what is left to do has messages of its own.
if is_final(state) or record[5] then
  redis.call('ZREM', KEYS[WAITING], unit)
  return {'finished'}
end
if lease_is_live(unit) then
  return {'held'}
end
if state == 'queued' and record[3] and tonumber(record[3]) < now_ms() then
  finalize(unit, record[4], 'expired')
  return {'finished'}
end
if fruitless >= tonumber(ARGV[3]) then
  finalize(unit, record[4], 'failed', {'error', worker_lost(fruitless)})
  return {'given-up'}
end
redis.call('HSET', KEYS[JOB], 'state', 'running', 'attempts', attempts + 1, unpack(ARGV, 4))
redis.call('HSETNX', KEYS[JOB], 'started_at', now_ms())
take_lease(unit, ARGV[2])
return {'claimed', attempts + 1, redis.call('HGETALL', KEYS[JOB])}
