-- Stop filling a batch for now and go to the end of the queue, so that other work has its turn. What was done in peace
-- does not count as an attempt.
-- KEYS: unit keys
-- ARGV: batch, attempt, message
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts')
if record[1] ~= 'running' or record[2] ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[JOB], 'attempts', 0)
redis.call('ZREM', KEYS[LEASES], ARGV[1])
enqueue(ARGV[1], ARGV[3])
return 1
