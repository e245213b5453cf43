-- Begin to build a board, or find it building or ready. From here on it takes what is told of it, so that whatever is
-- committed after the totals were read reaches it too.
--
-- KEYS  1 standing   2 people   3 about
-- ARGV  1 run_id   2 life, of the board if it begins now
--       3 final    1: only what is final will do; a board that still moves is thrown away
--       4 build_ms   after which what is built and never finished goes by itself
--
-- Returns {state, life, final}
--   building  fill this life and finish it; others may be doing the same, which is harmless
--   ready     somebody else was quicker

-- include: board
-- include: clock

local run_id, life, final, build_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local board = open_board(KEYS[3], run_id)
if board and (board.final == '1' or final == '0') then return { board.state, board.life, board.final } end
local expire_at = integer(now_ms(0) + build_ms)
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[3], 'run_id', run_id, 'life', life, 'state', 'building', 'final', final,
  'version', '0', 'expire_at', expire_at)
expire_board(KEYS, expire_at)
return { 'building', life, final }
