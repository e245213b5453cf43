-- A page of the log, as the ledger wants it, from a state that is still the one the caller thinks of.
--
-- KEYS  1 state   2 log
-- ARGV  1 epoch   2 token of the heal that froze it, empty for a state in order   3 after_seq   4 limit
--
-- Returns {outcome, (seq, event, command, ledger)...}
--   ok        up to limit entries above after_seq, ascending
--   changed   other epoch, other token, or no state: nothing is handed out
local state, log = KEYS[1], KEYS[2]
local epoch, token, after_seq, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local values = redis.call('HMGET', state, 'epoch', 'frozen')
if values[1] ~= epoch or values[2] ~= token then return { 'changed' } end
local answer = { 'ok' }
for _, entry in ipairs(redis.call('XRANGE', log, '(' .. after_seq .. '-0', '+', 'COUNT', limit)) do
  local fields = entry[2]
  answer[#answer + 1] = string.match(entry[1], '^%d+')
  answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = fields[2], fields[4], fields[8]
end
return answer
