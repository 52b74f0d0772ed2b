-- Add the next pack of a batch that a worker fills, remember how far the source was read, and enqueue the pack.
-- Fenced: an attempt that lost its lease to a later one changes nothing.
-- KEYS: unit keys
-- ARGV: batch, attempt, pack, message, pack number, number of images, max queue depth, cursor, what was passed
-- over before it or ''
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts', 'packs_added')
if record[1] ~= 'running' or record[2] ~= ARGV[2] or tonumber(record[3] or 0) ~= tonumber(ARGV[5]) then
  return 'lost'
end
if redis.call('LLEN', KEYS[QUEUE]) >= tonumber(ARGV[7]) then
  return 'queue-full'
end
redis.call('SETBIT', KEYS[JOB] .. ADDED, ARGV[5], 1)
redis.call('HINCRBY', KEYS[JOB], 'total', ARGV[6])
redis.call('HSET', KEYS[JOB], 'packs_added', ARGV[5] + 1, 'cursor', ARGV[8], 'forgiven', ARGV[2])
note_passed_over(ARGV[9])
redis.call('HDEL', KEYS[JOB], postponed_field())
enqueue(ARGV[3], ARGV[4])
return 'added'
