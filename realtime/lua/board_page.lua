-- A page of a board and where the caller stands, in one moment.
--
-- KEYS  1 standing   2 people   3 about
-- ARGV  1 run_id   2 final, 1: only what is final will do   3 limit
--       4 user_id of the caller, empty for nobody
--       5 place: empty for the top, `me` for a page with the caller in its midst (the top, where they are not on the
--         board), else "<xp>-<reached_ms>-<user_id>": what stands after that point, wherever it is by now
--
-- Returns {outcome, life, version, final, more, me, rows}
--   ok       more 1: somebody stands after the last row; me: one row or none;
--            me and rows as JSON: [[rank, user_id, name, xp, tied ("1" | "0"), reached_ms], ...], everything as text
--   missing  has to be built first (nothing but the outcome)

-- include: board

-- One text instead of some hundred: that is what reading a reply costs. Integers go in as text, cjson has 14 digits.
local function json_of(rows)
  return #rows > 0 and cjson.encode(rows) or '[]'
end

local standing, people = KEYS[1], KEYS[2]
local limit, user_id, place = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local board = open_board(KEYS[3], ARGV[1])
if not board or board.state ~= 'ready' or (ARGV[2] == '1' and board.final ~= '1') then return { 'missing' } end

local person = user_id ~= '' and person_at(people, user_id)
local own = person and person.xp > 0 and redis.call('ZRANK', standing, member_of(user_id, person.ms))
local count = redis.call('ZCARD', standing)
local first = 0
if place == 'me' and own then
  first = math.max(0, math.min(own - math.floor(limit / 2), count - limit))
elseif place ~= '' and place ~= 'me' then
  local xp, ms, id = string.match(place, '^(%d+)-(%d+)-(%d+)$')
  first = places_up_to(standing, xp, member_of(id, ms))
end
local me = own and places(standing, people, own, own) or {}
local rows = places(standing, people, first, first + limit - 1)
local more = first + #rows < count and '1' or '0'
return { 'ok', board.life, board.version, board.final, more, json_of(me), json_of(rows) }
