-- Put a page where it was found missing, unless it was dropped since its reader began to make it.
--
-- KEYS  1 page   2 lease
-- ARGV  1 token, as ready_made_lease.lua gave it   2 seconds for which the page lasts   3 the page
--
-- Returns {outcome}
--   stored
--   dropped   nothing was stored: the token is gone, or another reader's
local page, lease = KEYS[1], KEYS[2]

if redis.call('GET', lease) ~= ARGV[1] then return { 'dropped' } end
redis.call('SET', page, ARGV[3], 'EX', ARGV[2])
redis.call('DEL', lease)
return { 'stored' }
