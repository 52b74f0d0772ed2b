-- Give a pack back for a while, without counting the attempt: the sweeper sends it again when the time is over.
-- KEYS: unit keys
-- ARGV: unit, attempt, pack number, seconds
local attempts = KEYS[JOB] .. ':attempts'
if redis.call('HGET', KEYS[JOB], 'state') ~= 'running' or redis.call('HGET', attempts, ARGV[3]) ~= ARGV[2] then
  return 0
end
redis.call('HINCRBY', attempts, ARGV[3], -1)
take_lease(ARGV[1], ARGV[4])
return 1
