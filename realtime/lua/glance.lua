-- Whether somebody may see a raid, and how it stands, without reading all of it.
--
-- KEYS  1 state   2 members
-- ARGV  1 run_id   2 least_epoch   3 user_id, empty for nobody, * for an operator
--
-- Returns {outcome, epoch, is_member, status}; status only with `ok`
--   outcome  ok | missing | suspect | not_found

-- include: reading

local opened = open_for(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
if opened[1] == 'ok' then opened[4] = redis.call('HGET', KEYS[1], 'status') end
return opened
