-- One server tells who came to watch a raid through it and who went, says that it still lives, and gives up those who
-- have been gone for long enough, or whose server has. What changes for members is published, once.
--
-- KEYS  1 presence   2 servers   3 watched   4 online   5 members
-- ARGV  1 run_id   2 server   3 channel of the raid's events
--       4 lease_ms: a server not heard of for so long is gone, and so are its watchers
--       5 grace_ms: so long after somebody's last stream anywhere ended they are still online
--       6 stays: 1 while anybody watches through this server after this call, else 0
--       7 sweeps: 1 to give up those whose time is over; 0 when Redis was away, until all servers have been heard
--       8 came   9 went: user ids with a blank between them; who stands in both came and went at once
--
-- Returns {known, life, version, due_ms}
--   known    1 when this server's lease stood until now; with 0 nothing is known of whoever it told of before
--   life     and version: of what is published; both 0 when nothing is known and there was nothing to tell
--   due_ms   until somebody's time is over, -1 for never
--
-- Published: an aside `<life>-<version>` with the event `presence`. While the raid's state is not loaded nobody can say
-- who is a member: then only the version rises, so that whoever follows it asks once there is a state again.

-- include: presence
-- include: publish

local presence, servers, watched, online, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local server, lease_ms, grace_ms = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
local now = now_ms(0)

local function text_of(number) return string.format('%.0f', number) end

local life, version = presence_mark(presence, ARGV[1])
if life == '0' then
  redis.call('DEL', presence, servers, watched, online)
  if ARGV[8] == '' then return { '0', '0', '0', '-1' } end
  life = text_of(now)
  redis.call('HSET', presence, 'run_id', ARGV[1], 'life', life, 'version', '0')
end

local is_loaded = redis.call('EXISTS', members) == 1
local appeared, vanished, is_unsaid = {}, {}, false

local function note(user, list)
  if not is_loaded then
    is_unsaid = true
  elseif redis.call('HEXISTS', members, user) == 1 then
    list[#list + 1] = user
  end
end

local known = redis.call('ZSCORE', servers, server) and '1' or '0'
redis.call('ZADD', servers, text_of(ARGV[6] == '1' and now + lease_ms or now), server)
local all_servers = redis.call('ZRANGE', servers, 0, -1)

local function is_watched(user)
  for _, one in ipairs(all_servers) do
    if redis.call('ZSCORE', watched, one .. ':' .. user) then return true end
  end
  return false
end

local function went(user, from)
  if redis.call('ZREM', watched, from .. ':' .. user) == 1 and not is_watched(user) then
    redis.call('ZADD', online, text_of(now + grace_ms), user)
  end
end

for user in string.gmatch(ARGV[8], '%d+') do
  redis.call('ZADD', watched, 0, server .. ':' .. user)
  if not redis.call('ZSCORE', online, user) then note(user, appeared) end
  redis.call('ZADD', online, text_of(WATCHING), user)
end
for user in string.gmatch(ARGV[9], '%d+') do went(user, server) end

if ARGV[7] == '1' then
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', servers, '-inf', text_of(now))) do
    local left = redis.call('ZRANGEBYLEX', watched, '[' .. dead .. ':', '(' .. dead .. ';', 'LIMIT', 0, AT_ONCE)
    for _, pair in ipairs(left) do went(string.match(pair, '%d+$'), dead) end
    if #left < AT_ONCE then redis.call('ZREM', servers, dead) end
  end
  for _, user in ipairs(redis.call('ZRANGEBYSCORE', online, '-inf', text_of(now), 'LIMIT', 0, AT_ONCE)) do
    redis.call('ZREM', online, user)
    note(user, vanished)
  end
end

if is_unsaid or #appeared > 0 or #vanished > 0 then
  version = text_of(redis.call('HINCRBY', presence, 'version', 1))
end
if #appeared > 0 or #vanished > 0 then
  publish(ARGV[3], 'aside ' .. life .. '-' .. version .. '\npresence\n{"online":['
    .. table.concat(appeared, ',') .. '],"offline":[' .. table.concat(vanished, ',') .. ']}')
end
for position = 1, 4 do redis.call('PEXPIRE', KEYS[position], lease_ms + grace_ms) end

local due_ms = -1
for _, key in ipairs({ online, servers }) do
  local first = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  if first and first < WATCHING and (due_ms < 0 or first - now < due_ms) then due_ms = math.max(0, first - now) end
end
return { known, life, version, text_of(due_ms) }
