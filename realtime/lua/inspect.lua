-- Everything of a raid but its log and its contributions, in one moment, for `raidline audit`.
--
-- KEYS  1..10 the raid's keys, in the order of README.md
-- Returns {outcome, state, members, xp, tasks, by_join, past, day_xp, commands}, each as flat pairs
--   outcome  ok | missing (only the outcome)
local state = redis.call('HGETALL', KEYS[1])
if #state == 0 then return { 'missing' } end
return {
  'ok', state,
  redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]), redis.call('HGETALL', KEYS[4]),
  redis.call('ZRANGE', KEYS[5], 0, -1, 'WITHSCORES'),
  redis.call('HGETALL', KEYS[8]), redis.call('HGETALL', KEYS[9]),
  redis.call('ZRANGE', KEYS[10], 0, -1, 'WITHSCORES'),
}
