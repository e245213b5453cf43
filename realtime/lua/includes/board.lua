-- A leaderboard as its scripts work on it.
--
--   standing  zset   score = -xp, member = when it was reached and by whom, so that the order of the set is that of
--                    the board: more XP first, among equals who got there first, in the same millisecond by id
--   people    hash   user id -> what stands of them, also of those without XP: a total that comes late is known by it
--   about     hash   run_id, life, state (building | ready), final (1 | 0), version, expire_at

local MS_DIGITS, ID_DIGITS = 15, 19

local function integer(number)
  return string.format('%.0f', number)
end

local function padded(text, digits)
  return string.rep('0', digits - #text) .. text
end

local function member_of(user_id, reached_ms)
  return padded(reached_ms, MS_DIGITS) .. ':' .. padded(user_id, ID_DIGITS)
end

-- A number without the zeros in front.
local function unpadded(text)
  return (string.gsub(text, '^0+(%d)', '%1'))
end

local function user_of(member)
  return unpadded(string.sub(member, MS_DIGITS + 2))
end

local function reached_ms_of(member)
  return unpadded(string.sub(member, 1, MS_DIGITS))
end

-- {version, ms, xp, given, name}, all but version and xp as text; nil for somebody the board has not heard of.
-- `given` 1: the name was given by a rename, which is newer than what any total says.
local function person_in(kept)
  if not kept then return nil end
  local version, ms, xp, given, name = string.match(kept, '^(-?%d+):(%d+):(%d+):([01]):(.*)$')
  return { version = tonumber(version), ms = ms, xp = tonumber(xp), given = given, name = name }
end

local function person_at(people, user_id)
  return person_in(redis.call('HGET', people, user_id))
end

local function keep_person(people, user_id, person)
  redis.call('HSET', people, user_id, table.concat({
    integer(person.version), person.ms, integer(person.xp), person.given, person.name }, ':'))
end

-- What `about` says, or nil where there is no board that can be trusted: none at all, or one that an earlier run of
-- Redis kept, which may lack what was told between its last dump and its end.
local function open_board(about, run_id)
  local values = redis.call('HMGET', about, 'run_id', 'life', 'state', 'final', 'version', 'expire_at')
  if values[1] ~= run_id then return nil end
  return { life = values[2], state = values[3], final = values[4], version = values[5], expire_at = values[6] }
end

-- All keys of a board end in the same moment.
local function expire_board(keys, expire_at)
  for _, key in ipairs(keys) do redis.call('PEXPIREAT', key, expire_at) end
end

-- The places from `first` to `last`, 0 the best, as {rank, user_id, name, xp, tied, reached_ms}. The one place where
-- ranks are made: "1224", the rank is one more than the number of people with more XP. Somebody of whom nothing else is
-- known keeps their place, without a name.
local function places(standing, people, first, last)
  local before = math.max(first - 1, 0)
  local found = redis.call('ZRANGE', standing, before, last + 1, 'WITHSCORES')
  local rows, rank, ids = {}, nil, {}
  for at = 1, #found, 2 do ids[#ids + 1] = user_of(found[at]) end
  local kept = #ids > 0 and redis.call('HMGET', people, unpack(ids))
  for place = first, math.min(last, before + #ids - 1) do
    local nth = place - before + 1
    local at = nth * 2 - 1
    local score = found[at + 1]
    local as_former = place > before and found[at - 1] == score
    if rank == nil then
      rank = redis.call('ZCOUNT', standing, '-inf', '(' .. score) + 1
    elseif not as_former then
      rank = place + 1
    end
    local person = person_in(kept[nth]) or { name = '', ms = reached_ms_of(found[at]) }
    rows[#rows + 1] = {
      integer(rank), ids[nth], person.name, integer(-tonumber(score)),
      (as_former or found[at + 3] == score) and '1' or '0', person.ms,
    }
  end
  return rows
end

-- How many stand before or at this point of the order, whether or not somebody stands right there now.
local function places_up_to(standing, xp, member)
  local score = '-' .. xp
  local low = redis.call('ZCOUNT', standing, '-inf', '(' .. score)
  local high = redis.call('ZCOUNT', standing, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', standing, middle, middle)[1] <= member then low = middle + 1 else high = middle end
  end
  return low
end
