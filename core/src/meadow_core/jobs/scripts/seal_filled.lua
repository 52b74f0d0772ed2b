-- Say that a batch is filled: its packs are all in, and the worker that filled it lets go of it.
-- KEYS: unit keys
-- ARGV: batch, attempt, what was passed over or ''
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts', 'packs_added', 'packs_done')
if record[1] ~= 'running' or record[2] ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[JOB], 'packs', record[3], 'attempts', ARGV[2] + 1, 'forgiven', ARGV[2] + 1)
note_passed_over(ARGV[3])
redis.call('ZREM', KEYS[LEASES], ARGV[1])
if record[4] == record[3] then
  finalize(ARGV[1], ARGV[1], 'succeeded')
end
return 1
