-- A board holds everything now: it may be read.
--
-- KEYS  1 standing   2 people   3 about
-- ARGV  1 run_id   2 life, that was built   3 expire_at, ms
--
-- Returns one word
--   ready    by this call or by that of somebody who built the same
--   missing  that life is gone (expired, lost with Redis, or a final one took its place): start over

-- include: board

local board = open_board(KEYS[3], ARGV[1])
if not board or board.life ~= ARGV[2] then return 'missing' end
if board.state == 'building' then
  redis.call('HSET', KEYS[3], 'state', 'ready', 'expire_at', ARGV[3])
  expire_board(KEYS, ARGV[3])
end
return 'ready'
