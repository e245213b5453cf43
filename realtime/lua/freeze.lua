-- Heal, step 2: stop every change to a raid whose state is in doubt, so that its log can be read in peace.
-- Freezing again only renews the token: whoever froze it before and is still at work will find, at the
-- swap, that the state is no longer the one it froze, and start over.
--
-- KEYS  1 state
-- ARGV  1 run_id   2 least_epoch   3 token of this heal
--
-- Returns {outcome, epoch, seq}
--   in_order   epoch >= least_epoch, same run id, not frozen: somebody healed it, nothing was done
--   frozen     from now on every command replies `suspect`
--   missing    no state (epoch and seq are "0")
local state, run_id, least_epoch, token = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]

local values = redis.call('HMGET', state, 'epoch', 'seq', 'run_id', 'frozen')
local epoch, seq = values[1], values[2]
if not epoch then return { 'missing', '0', '0' } end
if tonumber(epoch) >= least_epoch and values[3] == run_id and values[4] == '' then
  return { 'in_order', epoch, seq }
end
redis.call('HSET', state, 'frozen', token)
return { 'frozen', epoch, seq }
