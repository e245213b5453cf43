-- Write down a ticket that opens one stream of a person's. Of more than they may hold the oldest is put out.
--
-- KEYS  1 stream_tickets
-- ARGV  1 run_id   2 name of the ticket   3 what it opens   4 milliseconds for which it lasts   5 how many may be held
--
-- Returns {expires}: when it does, in milliseconds since 1970

-- include: clock

local tickets, run_id, name, opens = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local lasts, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = now_ms(0)
local held, oldest, oldest_expires = 0, nil, nil

local found = redis.call('HGETALL', tickets)
for at = 1, #found, 2 do
  local expires = tonumber(string.match(found[at + 1], '^%d+'))
  if expires <= now then
    redis.call('HDEL', tickets, found[at])
  else
    held = held + 1
    if not oldest or expires < oldest_expires then oldest, oldest_expires = found[at], expires end
  end
end
if held >= most then redis.call('HDEL', tickets, oldest) end
local expires = string.format('%.0f', now + lasts)
redis.call('HSET', tickets, name, expires .. ' ' .. run_id .. ' ' .. opens)
redis.call('PEXPIRE', tickets, lasts)
return { expires }
