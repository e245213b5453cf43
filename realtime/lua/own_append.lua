-- Tell a person what happened to them: number each event, write it to their own log and publish it.
-- An event whose id was taken before is dropped, as far back as ids are remembered (the last 1,000 of 7 days).
--
-- KEYS  1 log_state   2 log   3 log_ids
-- ARGV  1 run_id   2 channel, and then for each event its id, its name, its data
--
-- Returns {epoch, seq} of the log's head

-- include: own_log
-- include: publish

local keys, channel = { state = KEYS[1], log = KEYS[2], ids = KEYS[3] }, ARGV[2]
local log = open_own_log(keys, ARGV[1])
local head = log.seq

for at = 3, #ARGV, 3 do
  local id, event, data = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if redis.call('ZADD', keys.ids, 'NX', string.format('%.0f', log.now), id) == 1 then
    head = head + 1
    local seq = string.format('%.0f', head)
    redis.call('XADD', keys.log, 'MAXLEN', LOG_ENTRIES_MAX, seq .. '-0', 'event', event, 'data', data)
    publish(channel, log.epoch .. '-' .. seq .. '\n' .. event .. '\n' .. data)
  end
end
if head > log.seq then
  redis.call('HSET', keys.state, 'seq', string.format('%.0f', head))
  redis.call('ZREMRANGEBYRANK', keys.ids, 0, -LOG_ENTRIES_MAX - 1)
  keep_own_log(keys)
end
return { log.epoch, string.format('%.0f', head) }
