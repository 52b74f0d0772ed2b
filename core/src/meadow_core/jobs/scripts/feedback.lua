-- Note what a person said of an answer, and count it once: of several words the last one.
-- KEYS: job, the answers of this hour
-- ARGV: feedback, whether the answer is right (1 or 0), seconds for which counts are kept
local record = redis.call('HMGET', KEYS[1], 'state', 'feedback_hour', 'feedback_right')
if not record[1] then
  return 'missing'
end
if record[1] ~= 'succeeded' then
  return 'unanswered'
end
-- Counts that are gone already must not come back as a negative number.
if record[2] and redis.call('EXISTS', record[2]) == 1 then
  redis.call('HINCRBY', record[2], 'labelled', -1)
  redis.call('HINCRBY', record[2], 'right', -tonumber(record[3]))
end
redis.call('HINCRBY', KEYS[2], 'labelled', 1)
redis.call('HINCRBY', KEYS[2], 'right', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'feedback', ARGV[1], 'feedback_hour', KEYS[2], 'feedback_right', ARGV[2])
return 'noted'
