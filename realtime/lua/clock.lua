-- What time it is by the clock that the scripts on this node go by.
--
-- KEYS  1 any key: says which node
--
-- Returns {seconds, microseconds}
local time = redis.call('TIME')
return { time[1], time[2] }
