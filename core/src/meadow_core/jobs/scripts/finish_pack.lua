-- Count a pack's results, once, and finish the batch with its last pack.
-- KEYS: unit keys
-- ARGV: unit, attempt, pack number, images succeeded, images failed, then classes and their counts
local job, number = KEYS[JOB], ARGV[3]
local record = redis.call('HMGET', job, 'state', 'packs', 'id')
if record[1] ~= 'running' or redis.call('HGET', job .. ATTEMPTS, number) ~= ARGV[2] then
  return 0
end
redis.call('SETBIT', job .. DONE, number, 1)
redis.call('HDEL', job .. ATTEMPTS, number, postponed_field(number), trial_fields(number))
redis.call('HINCRBY', job, 'done', tonumber(ARGV[4]) + tonumber(ARGV[5]))
redis.call('HINCRBY', job, 'failed', ARGV[5])
for index = 6, #ARGV, 2 do
  redis.call('HINCRBY', job .. CLASSES, ARGV[index], ARGV[index + 1])
end
keep_while_it_grows()
redis.call('ZREM', KEYS[LEASES], ARGV[1])
local packs_done = redis.call('HINCRBY', job, 'packs_done', 1)
if record[2] and tonumber(record[2]) == packs_done then
  finalize(ARGV[1], record[3], 'succeeded')
end
return 1
