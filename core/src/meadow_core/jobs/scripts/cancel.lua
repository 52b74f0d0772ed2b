-- End a job at once, whether it waits or runs: a worker that still holds it finds its lease gone.
-- KEYS: unit keys
-- ARGV: unit, final state (cancelled, or expired for a job past its deadline)
local record = redis.call('HMGET', KEYS[JOB], 'state', 'id', 'deadline_at')
if not record[1] then
  return 'missing'
end
if is_final(record[1]) then
  return record[1]
end
if ARGV[2] == 'expired' and (record[1] ~= 'queued' or not record[3] or tonumber(record[3]) >= now_ms()) then
  return record[1]
end
finalize(ARGV[1], record[2], ARGV[2])
return 'done'
