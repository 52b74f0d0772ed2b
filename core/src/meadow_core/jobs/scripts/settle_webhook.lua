-- Record an attempt at a webhook. Fenced: a claim that ran out, so that another may have taken it, changes nothing.
-- KEYS: job, webhooks
-- ARGV: id, end of the claim, state, attempts, last status or '', seconds until the next attempt or ''
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then
  return 0
end
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], now_ms() + tonumber(ARGV[6]) * 1000, ARGV[1])
end
-- The record may have passed its retention meanwhile; it must not come back as a stump that stays.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'webhook_state', ARGV[3], 'webhook_attempts', ARGV[4], 'webhook_status', ARGV[5])
end
return 1
