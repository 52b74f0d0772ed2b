-- Say that a batch is whole: all its packs, 0 to n-1, are in.
-- KEYS: unit keys
-- ARGV: id, number of packs
local packs = tonumber(ARGV[2])
local record = redis.call('HMGET', KEYS[JOB], 'state', 'packs', 'packs_added', 'packs_done', 'source')
if not record[1] then
  return {'missing'}
end
if record[5] then
  return {'sourced'}
end
if record[2] then
  return {tonumber(record[2]) == packs and 'sealed' or 'conflict', record[2]}
end
if is_final(record[1]) then
  return {'finished'}
end
local added = tonumber(record[3] or 0)
local first_missing = redis.call('BITPOS', KEYS[JOB] .. ADDED, 0)
if added == 0 then
  first_missing = 0
end
if added < packs or first_missing < packs then
  return {'incomplete', tostring(first_missing)}
end
if added > packs then
  return {'conflict', tostring(added)}
end
redis.call('HSET', KEYS[JOB], 'packs', packs)
for _, part in ipairs(PARTS) do
  redis.call('PERSIST', KEYS[JOB] .. part)
end
if tonumber(record[4] or 0) == packs then
  finalize(ARGV[1], ARGV[1], 'succeeded')
end
return {'sealed', tostring(packs)}
