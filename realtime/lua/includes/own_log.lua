-- A person's own log as a script finds it, or a new life of it.
-- include: clock

local LOG_LIFE_MS = 7 * 24 * 3600 * 1000
local LOG_ENTRIES_MAX = 1000

local EPOCHS_SINCE_MS = 1767225600000 -- 2026-01-01, as with raids

local function keep_own_log(keys)
  redis.call('PEXPIRE', keys.state, LOG_LIFE_MS)
  redis.call('PEXPIRE', keys.log, LOG_LIFE_MS)
  redis.call('PEXPIRE', keys.ids, LOG_LIFE_MS)
end

-- {epoch (text), seq, now}. A log whose keys are gone, or that was left by another run of Redis (which may have
-- lost what was published), begins anew and empty. Its epoch is the time in milliseconds, so that it rises also
-- where nothing remembers the one before; a clock set back cannot lower one that is remembered.
local function open_own_log(keys, run_id)
  local values = redis.call('HMGET', keys.state, 'epoch', 'seq', 'run_id')
  local now = now_ms(0)
  if values[1] and values[3] == run_id then return { epoch = values[1], seq = tonumber(values[2]), now = now } end
  local least = tonumber(values[1] or '0') + 1
  local epoch = string.format('%.0f', math.max(now - EPOCHS_SINCE_MS, least))
  redis.call('DEL', keys.log)
  redis.call('HSET', keys.state, 'epoch', epoch, 'seq', '0', 'run_id', run_id)
  keep_own_log(keys)
  return { epoch = epoch, seq = 0, now = now }
end
