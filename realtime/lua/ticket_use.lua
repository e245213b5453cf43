-- Use up a ticket. One that another run of Redis wrote down may have been used since: it opens nothing.
--
-- KEYS  1 stream_tickets
-- ARGV  1 run_id   2 name of the ticket
--
-- Returns {outcome, opens}
--   used      opens: as it was issued
--   unknown   never issued, used, put out, or expired

-- include: clock

local tickets, run_id, name = KEYS[1], ARGV[1], ARGV[2]

local found = redis.call('HGET', tickets, name)
if not found then return { 'unknown' } end
redis.call('HDEL', tickets, name)
local expires, written_in, opens = string.match(found, '^(%d+) (%S+) (.*)$')
if tonumber(expires) <= now_ms(0) or written_in ~= run_id then return { 'unknown' } end
return { 'used', opens }
