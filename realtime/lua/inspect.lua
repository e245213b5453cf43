-- Everything of a raid but its log and its contributions, in one moment, for `raidline audit`.
--
-- KEYS  1..10 the raid's keys, in the order of README.md
-- ARGV  1 run_id
--
-- Returns {outcome, state, members, xp, tasks, by_join, past, day_xp, commands}, each as flat pairs
--   outcome  ok | missing (only the outcome) | suspect (another run of Redis, or frozen)
local state = redis.call('HGETALL', KEYS[1])
if #state == 0 then return { 'missing' } end
local marks = redis.call('HMGET', KEYS[1], 'run_id', 'frozen')
local in_order = marks[1] == ARGV[1] and marks[2] == ''
return {
  in_order and 'ok' or 'suspect', state,
  redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]), redis.call('HGETALL', KEYS[4]),
  redis.call('ZRANGE', KEYS[5], 0, -1, 'WITHSCORES'),
  redis.call('HGETALL', KEYS[8]), redis.call('HGETALL', KEYS[9]),
  redis.call('ZRANGE', KEYS[10], 0, -1, 'WITHSCORES'),
}
