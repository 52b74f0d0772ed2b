-- Give a job its final state. Fenced: an attempt that lost its lease to a later one, or a job that was cancelled
-- meanwhile, changes nothing.
-- KEYS: unit keys
-- ARGV: unit, attempt, state, ms for which the image is kept and bytes of all that are, then fields and values
local record = redis.call('HMGET', KEYS[JOB], 'state', 'attempts', 'id')
if record[1] ~= 'running' or record[2] ~= ARGV[2] then
  return 0
end
finalize(ARGV[1], record[3], ARGV[3], {unpack(ARGV, 6)}, {ms = tonumber(ARGV[4]), bytes = tonumber(ARGV[5])})
return 1
