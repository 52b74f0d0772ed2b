-- Add a pack to a batch and enqueue it, once by its number.
-- KEYS: unit keys
-- ARGV: unit, message, pack number, number of images, max queue depth
local number = tonumber(ARGV[3])
local record = redis.call('HMGET', KEYS[JOB], 'state', 'packs', 'source')
if not record[1] then
  return 'missing'
end
if record[3] then
  return 'sourced'
end
local added = KEYS[JOB] .. ADDED
if redis.call('GETBIT', added, number) == 1 then
  return 'repeated'
end
if is_final(record[1]) then
  return 'finished'
end
if record[2] then
  return 'sealed'
end
if redis.call('LLEN', KEYS[QUEUE]) >= tonumber(ARGV[5]) then
  return 'queue-full'
end
redis.call('SETBIT', added, number, 1)
redis.call('HINCRBY', KEYS[JOB], 'total', ARGV[4])
redis.call('HINCRBY', KEYS[JOB], 'packs_added', 1)
keep_while_it_grows()
enqueue(ARGV[1], ARGV[2])
return 'added'
