-- Note which image of a pack is tried alone from now on, or that none is. Fenced: an attempt that lost the pack to a
-- later one, or whose batch has ended, changes nothing.
-- KEYS: unit keys
-- ARGV: unit, attempt, pack number, the image's place in the pack or ''
local attempts, number = KEYS[JOB] .. ATTEMPTS, ARGV[3]
if redis.call('HGET', KEYS[JOB], 'state') ~= 'running' or redis.call('HGET', attempts, number) ~= ARGV[2] then
  return 0
end
local trying, _, forgiven = trial_fields(number)
if ARGV[4] == '' then
  redis.call('HDEL', attempts, trying)
else
  redis.call('HSET', attempts, trying, ARGV[4], forgiven, ARGV[2])
end
return 1
