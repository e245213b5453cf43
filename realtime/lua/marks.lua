-- How far a raid's log is audited, for the auditor's sweep.
--
-- KEYS  1 state
-- ARGV  1 run_id
--
-- Returns {epoch, seq, audited_seq, status, sealed, in_order, met}, or {missing}
--   in_order  1 when the state belongs to this run of Redis and no heal has frozen it
--   met       1 when it is active although both targets are met: the heal that found so crashed before the end
local values = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'audited_seq', 'status', 'sealed', 'run_id', 'frozen')
if not values[1] then return { 'missing' } end
local in_order = values[6] == ARGV[1] and values[7] == ''
local sums = redis.call('HMGET', KEYS[1], 'current_xp', 'target_xp', 'current_tasks', 'target_tasks')
local met = values[4] == 'active' and tonumber(sums[1]) >= tonumber(sums[2]) and tonumber(sums[3]) >= tonumber(sums[4])
return { values[1], values[2], values[3], values[4], values[5], in_order and '1' or '0', met and '1' or '0' }
