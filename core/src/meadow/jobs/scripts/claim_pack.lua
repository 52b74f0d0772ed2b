-- Take a pack of a batch for one attempt; the batch's first pack pins the model version for all of them.
-- KEYS: unit keys
-- ARGV: unit, lease seconds, max attempts, pack number, model name, model version, model digest
local unit, number = ARGV[1], ARGV[4]
local state = redis.call('HGET', KEYS[JOB], 'state')
if not state or is_final(state) or redis.call('GETBIT', KEYS[JOB] .. ':done', number) == 1 then
  redis.call('ZREM', KEYS[WAITING], unit)
  return {'finished'}
end
if lease_is_live(unit) then
  return {'held'}
end
local attempt = redis.call('HINCRBY', KEYS[JOB] .. ':attempts', number, 1)
redis.call('HSET', KEYS[JOB], 'state', 'running')
redis.call('HSETNX', KEYS[JOB], 'started_at', now_ms())
if redis.call('HSETNX', KEYS[JOB], 'model_version', ARGV[6]) == 1 then
  redis.call('HSET', KEYS[JOB], 'model_name', ARGV[5], 'model_digest', ARGV[7])
end
keep_while_it_grows()
take_lease(unit, ARGV[2])
local verdict = attempt > tonumber(ARGV[3]) and 'exhausted' or 'claimed'
return {verdict, attempt, redis.call('HGETALL', KEYS[JOB])}
