-- Give a unit back for a while, without counting the attempt: the sweeper sends it again when the time is over.
-- Since when that is so is kept until the unit has come further.
-- KEYS: unit keys
-- ARGV: unit, attempt, seconds
local pack = string.match(ARGV[1], '/(%d+)$')
local holder = pack and KEYS[JOB] .. ATTEMPTS or KEYS[JOB]
local field = pack or 'attempts'
if redis.call('HGET', KEYS[JOB], 'state') ~= 'running' or redis.call('HGET', holder, field) ~= ARGV[2] then
  return 0
end
redis.call('HINCRBY', holder, field, -1)
redis.call('HSETNX', holder, postponed_field(pack), now_ms())
if pack then
  redis.call('HDEL', holder, (trial_fields(pack)))
end
take_lease(ARGV[1], ARGV[3])
return 1
