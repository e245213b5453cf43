-- A raid as one reader may see it, in one moment.
--
-- KEYS  1 state   2 members   3 xp   4 tasks   5 presence   6 online
-- ARGV  1 run_id   2 least_epoch   3 user_id, empty for nobody, * for an operator who sees all
--       4 known cursor "<epoch>-<seq>", empty for none: if it is still the head, no body is read
--
-- Returns {outcome, epoch, is_member, seq, state, members, xp, tasks, online, mark}; the last six only with `ok`
--   state to tasks are flat pairs, online a list of user ids, mark of those "<life>-<version>"
--   outcome  ok | unchanged | missing | suspect | not_found

-- include: reading

local opened = open_for(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
if opened[1] ~= 'ok' then return opened end
local seq = redis.call('HGET', KEYS[1], 'seq')
opened[4] = seq
if ARGV[4] == opened[2] .. '-' .. seq then
  opened[1] = 'unchanged'
  return opened
end
local all = read_all(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], ARGV[1])
for position = 1, 6 do opened[4 + position] = all[position] end
return opened
