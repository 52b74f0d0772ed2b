-- Take a pack of a batch for one attempt; the batch's first pack pins the model version for all of them.
-- An image that the attempt before was trying when it ended has one more death to its name. Attempts that tried an image
-- do not count against the pack, so how many there are is bounded by its images, each of which is tried a few times.
-- KEYS: unit keys
-- ARGV: unit, lease seconds, max attempts, pack number, model name, model version, model digest
local unit, number = ARGV[1], ARGV[4]
local state = redis.call('HGET', KEYS[JOB], 'state')
if not state or is_final(state) or redis.call('GETBIT', KEYS[JOB] .. DONE, number) == 1 then
  redis.call('ZREM', KEYS[WAITING], unit)
  return {'finished'}
end
if lease_is_live(unit) then
  return {'held'}
end
local attempts = KEYS[JOB] .. ATTEMPTS
local attempt = redis.call('HINCRBY', attempts, number, 1)
local fruitless, deaths = attempt, '{}'
if attempt > 1 then
  local trying, deaths_of, forgiven = trial_fields(number)
  local trial = redis.call('HMGET', attempts, trying, deaths_of, forgiven)
  deaths = trial[2] or deaths
  if trial[1] then
    local counts = cjson.decode(deaths)
    counts[trial[1]] = (counts[trial[1]] or 0) + 1
    deaths = cjson.encode(counts)
    redis.call('HSET', attempts, deaths_of, deaths)
    redis.call('HDEL', attempts, trying)
  end
  fruitless = attempt - tonumber(trial[3] or 0)
end
redis.call('HSET', KEYS[JOB], 'state', 'running')
redis.call('HSETNX', KEYS[JOB], 'started_at', now_ms())
if redis.call('HSETNX', KEYS[JOB], 'model_version', ARGV[6]) == 1 then
  redis.call('HSET', KEYS[JOB], 'model_name', ARGV[5], 'model_digest', ARGV[7])
end
keep_while_it_grows()
take_lease(unit, ARGV[2])
local verdict = fruitless > tonumber(ARGV[3]) and 'exhausted' or 'claimed'
return {verdict, attempt, redis.call('HGETALL', KEYS[JOB]), deaths}
