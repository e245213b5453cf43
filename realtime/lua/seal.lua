-- Unload, first half: a raid that has ended and is wholly in the ledger gets one expiry on all its keys. Until
-- then it answers reads and repeats; nothing is appended to it any more.
--
-- KEYS  1..10 the raid's keys, in the order of README.md
-- ARGV  1 run_id   2 epoch   3 expire_at (ms)
--
-- Returns one word
--   sealed       now, or before (the expiry stays as it was)
--   not_ready    it has not ended, or the ledger lacks entries
--   changed      another epoch, frozen, or another run of Redis
--   missing
local values = redis.call('HMGET', KEYS[1], 'epoch', 'run_id', 'frozen', 'status', 'seq', 'audited_seq', 'sealed')
if not values[1] then return 'missing' end
if values[1] ~= ARGV[2] or values[2] ~= ARGV[1] or values[3] ~= '' then return 'changed' end
if values[7] == '1' then return 'sealed' end
local ended = values[4] ~= 'recruiting' and values[4] ~= 'active'
if not ended or values[5] ~= values[6] then return 'not_ready' end

redis.call('HSET', KEYS[1], 'sealed', '1')
for position = 1, 10 do redis.call('PEXPIREAT', KEYS[position], ARGV[3]) end
return 'sealed'
