-- Which members of a raid are online and which are not, all of them, in one moment: for streams that cannot know what
-- they missed.
--
-- KEYS  1 presence   2 online   3 state   4 members
-- ARGV  1 run_id
--       2 settle_ms: in the first so many of a life, servers may not have told yet who watches through them, for it may
--         have begun because Redis lost the one before
--
-- Returns {wait_ms, life, version, epoch, seq, online, offline}; the last two are lists of user ids
--   wait_ms  ask again after so long, and there is nothing else; 0 when it is told
--   epoch    and seq: of the last entry of the raid's log, which the lists are as new as

-- include: presence

local life, version = presence_mark(KEYS[1], ARGV[1])
if life == '0' then return { ARGV[2] } end
local now = now_ms(0)
local unsettled_ms = tonumber(life) + tonumber(ARGV[2]) - now
if unsettled_ms > 0 then return { string.format('%.0f', unsettled_ms) } end
local state = redis.call('HMGET', KEYS[3], 'epoch', 'seq', 'run_id')
if state[3] ~= ARGV[1] then return { ARGV[2] } end
local here, away = sort_by_presence(KEYS[2], redis.call('HKEYS', KEYS[4]), now)
return { '0', life, version, state[1], state[2], here, away }
