-- The last entry of a raid's log.
--
-- KEYS  1 state
-- Returns {epoch, seq}, both empty when there is no state
local values = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
return { values[1] or '', values[2] or '' }
