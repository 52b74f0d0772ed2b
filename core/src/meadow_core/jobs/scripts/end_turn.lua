-- Stop filling a batch for now and go to the end of the queue, so that other work has its turn.
-- The number of attempts goes up, so that a heartbeat of this turn that is still under way finds it over.
-- KEYS: unit keys
-- ARGV: batch, attempt, message, cursor, what was passed over before it or ''
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts')
if record[1] ~= 'running' or record[2] ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[JOB], 'attempts', ARGV[2] + 1, 'forgiven', ARGV[2] + 1, 'cursor', ARGV[4])
note_passed_over(ARGV[5])
redis.call('HDEL', KEYS[JOB], postponed_field())
redis.call('ZREM', KEYS[LEASES], ARGV[1])
enqueue(ARGV[1], ARGV[3])
return 1
