-- Fail a batch because of one of its packs. Fenced: an attempt that lost the pack to a later one changes nothing.
-- KEYS: unit keys
-- ARGV: unit, attempt, pack number, error
local record = redis.call('HMGET', KEYS[JOB], 'state', 'id')
if record[1] ~= 'running' or redis.call('HGET', KEYS[JOB] .. ATTEMPTS, ARGV[3]) ~= ARGV[2] then
  return 0
end
finalize(ARGV[1], record[2], 'failed', {'error', ARGV[4]})
return 1
