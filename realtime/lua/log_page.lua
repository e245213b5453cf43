-- A page of the log for those who poll, and for a listener that has to make up for what pub/sub forgot.
--
-- KEYS  1 state   2 members   3 log
-- ARGV  1 run_id   2 least_epoch   3 user_id, empty for nobody, * for an operator and for the server itself
--       4 cursor_epoch   5 cursor_seq   6 limit
--
-- Returns {outcome, epoch, is_member, seq, (seq, event, data)...}
--   ok      up to limit entries above the cursor, ascending, without a gap
--   reset   the cursor cannot be served: other epoch, ahead of the head, or older than the log
--   missing | suspect | not_found

-- include: reading

local opened = open_for(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
if opened[1] ~= 'ok' then return opened end
local cursor_seq, limit = tonumber(ARGV[5]), tonumber(ARGV[6])
opened[4] = redis.call('HGET', KEYS[1], 'seq')
local seq = tonumber(opened[4])
if ARGV[4] ~= opened[2] or cursor_seq > seq then
  opened[1] = 'reset'
  return opened
end
local found = redis.call('XRANGE', KEYS[3], '(' .. ARGV[5] .. '-0', '+', 'COUNT', ARGV[6])
-- The count alone would not show that the log was trimmed above the cursor: the page may be full all the same.
local begins_at = found[1] and tonumber(string.match(found[1][1], '^%d+')) or cursor_seq + 1
if begins_at ~= cursor_seq + 1 or #found ~= math.min(seq - cursor_seq, limit) then
  opened[1] = 'reset'
  return opened
end
for _, entry in ipairs(found) do
  opened[#opened + 1] = string.match(entry[1], '^%d+')
  opened[#opened + 1], opened[#opened + 2] = entry[2][2], entry[2][6]
end
return opened
