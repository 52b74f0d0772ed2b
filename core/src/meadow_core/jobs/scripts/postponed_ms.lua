-- Tell for how many milliseconds a unit has been postponed again and again; 0 if it has not been.
-- KEYS: unit keys
-- ARGV: unit
local pack = string.match(ARGV[1], '/(%d+)$')
local since = redis.call('HGET', pack and KEYS[JOB] .. ATTEMPTS or KEYS[JOB], postponed_field(pack))
return since and now_ms() - tonumber(since) or 0
