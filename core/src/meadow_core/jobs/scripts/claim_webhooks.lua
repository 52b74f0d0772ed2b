-- Take webhooks that are due, for a while: whoever asks next does not get them before that is over.
-- KEYS: webhooks
-- ARGV: claim seconds, how many at most
local now = now_ms()
local ends = now + tonumber(ARGV[1]) * 1000
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, id in ipairs(due) do
  redis.call('ZADD', KEYS[1], ends, id)
end
return {redis.call('ZSCORE', KEYS[1], due[1] or '') or '', due}
