-- A command that comes twice has its first answer again.

-- Remember the seq of the first entry a command made.
local function remember(raid, command_id, seq)
  redis.call('ZADD', raid.keys.commands, text_of(seq), command_id)
end

-- The reply to a command that was carried out before (with its entries, while the log has them), or nil.
-- A command makes at most three entries (a leader's leaving: member_leave, raid_cancelled), one after the other.
local function repeated(raid, command_id)
  local seq = redis.call('ZSCORE', raid.keys.commands, command_id)
  if not seq then return nil end
  seq = tonumber(seq)
  for _, entry in ipairs(redis.call('XRANGE', raid.keys.log, text_of(seq) .. '-0', text_of(seq + 2) .. '-0')) do
    local fields, entries = entry[2], raid.entries
    if fields[4] == command_id then
      entries[#entries + 1] = string.match(entry[1], '^%d+')
      entries[#entries + 1], entries[#entries + 2] = fields[2], fields[8]
    end
  end
  return reply(raid, 'done')
end
