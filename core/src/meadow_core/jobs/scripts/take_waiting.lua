-- Take a process's share of the messages that wait in a queue, oldest first. A unit whose earlier attempt was lost stays
-- there, to be tried alone: should it be what kills its worker, it takes nobody with it.
-- KEYS: queue
-- ARGV: task, prefix of a job's key, at most so many, processes that share the queue
local queue = KEYS[1]
local share = math.min(tonumber(ARGV[3]), math.ceil(redis.call('LLEN', queue) / tonumber(ARGV[4])))
local taken = {}
while #taken < share do
  local message = redis.call('LINDEX', queue, -1)
  if not message then
    break
  end
  local headers = cjson.decode(message).headers
  if headers.task ~= ARGV[1] or tonumber(redis.call('HGET', ARGV[2] .. headers.id, 'attempts') or 0) > 0 then
    break
  end
  redis.call('RPOP', queue)
  taken[#taken + 1] = headers.id
end
return taken
