-- The auditor's watermark: the ledger holds every entry up to seq. Never backwards, never for another epoch,
-- and the log is trimmed in the same call, so it is never trimmed past what the ledger holds.
--
-- KEYS  1 state   2 log   3 commands
-- ARGV  1 run_id   2 epoch   3 seq   4 keep: audited entries that stay for those who resume
--
-- Returns {outcome, audited_seq}
--   done | changed (another epoch, frozen, or another run of Redis: nothing was done) | missing
local state, log, commands = KEYS[1], KEYS[2], KEYS[3]
local run_id, epoch, seq, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local values = redis.call('HMGET', state, 'epoch', 'run_id', 'frozen', 'audited_seq', 'seq')
if not values[1] then return { 'missing', '0' } end
if values[1] ~= epoch or values[2] ~= run_id or values[3] ~= '' then return { 'changed', values[4] } end

local audited = math.max(tonumber(values[4]), math.min(seq, tonumber(values[5])))
local text = string.format('%.0f', audited)
-- Trimming first: a Redis that is full refuses a script only if its first write needs memory.
if audited > keep then
  local first_kept = string.format('%.0f', audited - keep + 1)
  redis.call('XTRIM', log, 'MINID', first_kept .. '-0')
  redis.call('ZREMRANGEBYSCORE', commands, '-inf', '(' .. first_kept)
end
redis.call('HSET', state, 'audited_seq', text)
return { 'done', text }
