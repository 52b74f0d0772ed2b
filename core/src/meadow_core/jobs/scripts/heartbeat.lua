-- Keep a lease and report progress. Answers 0 when the work is no longer this attempt's.
-- KEYS: unit keys
-- ARGV: unit, attempt, lease seconds, then fields and values of the job's record
if redis.call('HGET', KEYS[JOB], 'state') ~= 'running' then
  return 0
end
local pack = string.match(ARGV[1], '/(%d+)$')
local attempt
if pack then
  attempt = redis.call('HGET', KEYS[JOB] .. ATTEMPTS, pack)
else
  attempt = redis.call('HGET', KEYS[JOB], 'attempts')
end
if attempt ~= ARGV[2] then
  return 0
end
take_lease(ARGV[1], ARGV[3])
if #ARGV > 3 then
  redis.call('HSET', KEYS[JOB], unpack(ARGV, 4))
end
return 1
