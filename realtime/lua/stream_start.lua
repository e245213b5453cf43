-- Where a subscriber begins, decided in one moment: what it missed, or the raid as it stands.
--
-- KEYS  1 state   2 members   3 xp   4 tasks   5 log   6 presence   7 online
-- ARGV  1 run_id   2 least_epoch   3 user_id, empty for nobody, * for an operator
--       4 cursor_epoch, empty for a first visit   5 cursor_seq   6 most entries that are handed over
--
-- Returns {outcome, epoch, is_member, public, seq, recovered, body...}
--   outcome    ok | missing | suspect | not_found (only the first three elements)
--   recovered  full    body: (seq, event, data) for each missed entry, ascending, without a gap
--              none    a first visit;  body: state, members, xp, tasks as flat lists of pairs, online as a list of
--                      user ids, mark of those as "<life>-<version>"
--              reset   the cursor cannot be served: other epoch, ahead of the head, older than the log, or more
--                      behind than is handed over;  body as with none

-- include: reading

local opened = open_for(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
if opened[1] ~= 'ok' then return opened end
local cursor_epoch, cursor_seq, most = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local head = redis.call('HMGET', KEYS[1], 'seq', 'public')
local seq = tonumber(head[1])
opened[4], opened[5] = head[2], head[1]

-- The entries above the cursor, or nil when some of them are not to be had.
local function missed()
  if cursor_epoch ~= opened[2] or cursor_seq > seq or seq - cursor_seq > most then return nil end
  if cursor_seq == seq then return {} end
  local found = redis.call('XRANGE', KEYS[5], '(' .. ARGV[5] .. '-0', '+')
  return #found == seq - cursor_seq and found or nil
end

local entries = cursor_epoch ~= '' and missed() or nil
if not entries then
  opened[6] = cursor_epoch == '' and 'none' or 'reset'
  local all = read_all(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6], KEYS[7], ARGV[1])
  for position = 1, 6 do opened[6 + position] = all[position] end
  return opened
end
opened[6] = 'full'
for _, entry in ipairs(entries) do
  opened[#opened + 1] = string.match(entry[1], '^%d+')
  opened[#opened + 1], opened[#opened + 2] = entry[2][2], entry[2][6]
end
return opened
