-- A reader found a page missing, or made for other times: it is given the right to put one there.
--
-- KEYS  1 page   2 lease
-- ARGV  1 token   2 milliseconds for which the right lasts   3 the line with which a page of now begins
--
-- Returns {outcome, body}
--   found    the page was put there meanwhile;  body: the page
--   leased   body: the token, the caller's or that of a reader who came before and is still making the page: nothing
--            was dropped since, so what either of them reads from now on is new enough for both
local page, lease, line = KEYS[1], KEYS[2], ARGV[3]

local found = redis.call('GET', page)
if found and string.sub(found, 1, #line) == line then return { 'found', found } end
local token = redis.call('GET', lease)
if not token then
  token = ARGV[1]
  redis.call('SET', lease, token, 'PX', ARGV[2])
end
return { 'leased', token }
