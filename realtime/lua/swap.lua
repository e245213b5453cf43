-- Heal, step 4: put a state that was loaded under temporary keys in its place, whole or not at all, and tell
-- subscribers that older cursors mean nothing now.
--
-- KEYS  1..10 the raid's keys   11..20 the temporary ones, in the same order (README.md)
-- ARGV  1 run_id     of the server the caller decided on; another one now means: start over
--       2 token      of the heal that froze the state which may be replaced; empty: only where no state stands
--       3 epoch      of the state that was frozen, empty with an empty token
--       4 counts     JSON list of ten: the number of elements each temporary key must have
--       5 channel    of the raid's events
--       6 this_run   the run id as this connection learnt it
--       7 expire_at  ms; 0 for a state that stays, else the life of a sealed one
--
-- Returns one word
--   placed      done
--   occupied    a state stands that is not the frozen one
--   incomplete  a temporary key lacks elements (it expired, or Redis lost some): load again
--   suspect     Redis is not the one it was
-- include: publish

local LENGTH = { hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN' }
local counts, channel, expire_at = cjson.decode(ARGV[4]), ARGV[5], tonumber(ARGV[7])
if ARGV[1] ~= ARGV[6] then return 'suspect' end

local standing = redis.call('HMGET', KEYS[1], 'epoch', 'frozen')
local token = ARGV[2]
if standing[1] and (token == '' or standing[2] ~= token or standing[1] ~= ARGV[3]) then return 'occupied' end

for position, count in ipairs(counts) do
  local key = KEYS[10 + position]
  local kind = redis.call('TYPE', key).ok
  local found = kind == 'none' and 0 or redis.call(LENGTH[kind], key)
  if found ~= count then return 'incomplete' end
end

for position, count in ipairs(counts) do
  redis.call('DEL', KEYS[position])
  if count > 0 then
    redis.call('RENAME', KEYS[10 + position], KEYS[position])
    if expire_at > 0 then
      redis.call('PEXPIREAT', KEYS[position], ARGV[7])
    else
      redis.call('PERSIST', KEYS[position])
    end
  end
end
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
publish(channel, head[1] .. '-' .. head[2] .. '\nreset\n{}')
return 'placed'
