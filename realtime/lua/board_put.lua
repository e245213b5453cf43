-- Put totals on a board, each only where it is newer than what is known of that person: totals that come late, twice
-- or in another order change nothing.
--
-- KEYS  1 standing   2 people   3 about
-- ARGV  1 run_id
--       2 life       that is being built; empty for what is told of a board, whichever life it has
--       3 totals     JSON: [[user_id, name, xp, version, reached_ms], ...]; with 0 XP somebody is off the board
--
-- Returns {outcome, changed}
--   put      changed: how many totals were newer
--   missing  there is no such board (or life): it will have this when it is built
--   final    what is told no longer counts

-- include: board

local function put_person(standing, people, user_id, total)
  local known = person_at(people, user_id)
  if known and total.version <= known.version then return 0 end
  if known and known.xp > 0 then redis.call('ZREM', standing, member_of(user_id, known.ms)) end
  if known and known.given == '1' then total.given, total.name = '1', known.name end
  if total.xp > 0 then redis.call('ZADD', standing, '-' .. integer(total.xp), member_of(user_id, total.ms)) end
  keep_person(people, user_id, total)
  return 1
end

local run_id, life = ARGV[1], ARGV[2]
local board = open_board(KEYS[3], run_id)
if not board or (life ~= '' and life ~= board.life) then return { 'missing', '0' } end
if life == '' and board.final == '1' then return { 'final', '0' } end
local changed = 0
for _, one in ipairs(cjson.decode(ARGV[3])) do
  changed = changed + put_person(KEYS[1], KEYS[2], integer(one[1]), {
    name = one[2], xp = math.max(one[3], 0), version = one[4], ms = integer(one[5]), given = '0' })
end
if changed > 0 then
  redis.call('HINCRBY', KEYS[3], 'version', changed)
  expire_board(KEYS, board.expire_at)
end
return { 'put', integer(changed) }
