-- Send a unit's message again, if its lease has run out or its message is lost.
-- KEYS: unit keys
-- ARGV: unit, message, 'lease' or 'message', for 'message': waiting since (ms) as the sweeper saw it
local unit = ARGV[1]
local state = redis.call('HGET', KEYS[JOB], 'state')
if not state or is_final(state) then
  redis.call('ZREM', KEYS[LEASES], unit)
  redis.call('ZREM', KEYS[WAITING], unit)
  return 0
end
if ARGV[3] == 'lease' then
  if not redis.call('ZSCORE', KEYS[LEASES], unit) or lease_is_live(unit) then
    return 0
  end
  redis.call('ZREM', KEYS[LEASES], unit)
elseif redis.call('ZSCORE', KEYS[WAITING], unit) ~= ARGV[4] then
  return 0
end
enqueue(unit, ARGV[2])
return 1
