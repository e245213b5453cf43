-- Who is online in a raid, over all servers. `online` holds every watcher, also those who are no members: a public
-- raid is watched by strangers, who are shown to nobody, but may join while they watch.
-- include: clock

-- The score of whoever is being watched from; any lower one is the time (ms) at which somebody who has gone is offline.
local WATCHING = 9007199254740991

local AT_ONCE = 1000

-- The life of what is known here, and how many changes it has told of: both 0 where nothing is known, or where only
-- another run of Redis knew (which may have lost what came after).
local function presence_mark(presence, run_id)
  local values = redis.call('HMGET', presence, 'run_id', 'life', 'version')
  if values[1] ~= run_id then return '0', '0' end
  return values[2], values[3]
end

local function is_online(presence, online, run_id, user)
  if presence_mark(presence, run_id) == '0' then return false end
  local score = redis.call('ZSCORE', online, user)
  return score ~= false and tonumber(score) > now_ms(0)
end

-- Those of these users (texts) who are online, and those who are not.
local function sort_by_presence(online, users, now)
  local here, away = {}, {}
  for first = 1, #users, AT_ONCE do
    local last = math.min(first + AT_ONCE - 1, #users)
    local scores = redis.call('ZMSCORE', online, unpack(users, first, last))
    for position, score in ipairs(scores) do
      local list = score and tonumber(score) > now and here or away
      list[#list + 1] = users[first + position - 1]
    end
  end
  return here, away
end

-- Whoever a snapshot has to show online, and perhaps some strangers: never more than there are members.
local function online_for_snapshot(presence, online, members, run_id)
  if presence_mark(presence, run_id) == '0' then return {} end
  local now = now_ms(0)
  if redis.call('ZCARD', online) <= redis.call('HLEN', members) then
    return redis.call('ZRANGEBYSCORE', online, string.format('(%.0f', now), '+inf')
  end
  return (sort_by_presence(online, redis.call('HKEYS', members), now))
end
