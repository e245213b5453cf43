-- What a person missed of their own log, or that it cannot be told.
--
-- KEYS  1 log_state   2 log   3 log_ids
-- ARGV  1 run_id   2 cursor_epoch, empty for a first visit   3 cursor_seq
--
-- Returns {recovered, epoch, seq, (seq, event, data)...}
--   full    every missed event, ascending, without a gap
--   none    a first visit
--   reset   the cursor cannot be served: other epoch, ahead of the head, or older than the log

-- include: own_log

local log = open_own_log({ state = KEYS[1], log = KEYS[2], ids = KEYS[3] }, ARGV[1])
local cursor_epoch, cursor_seq = ARGV[2], ARGV[3]
local head = { log.epoch, string.format('%.0f', log.seq) }

if cursor_epoch == '' then return { 'none', head[1], head[2] } end
local missing = log.seq - tonumber(cursor_seq)
if cursor_epoch ~= log.epoch or missing < 0 then return { 'reset', head[1], head[2] } end
local found = missing > 0 and redis.call('XRANGE', KEYS[2], '(' .. cursor_seq .. '-0', '+') or {}
if #found ~= missing then return { 'reset', head[1], head[2] } end
local answer = { 'full', head[1], head[2] }
for _, entry in ipairs(found) do
  answer[#answer + 1] = string.match(entry[1], '^%d+')
  answer[#answer + 1], answer[#answer + 2] = entry[2][2], entry[2][4]
end
return answer
