-- Give somebody a name that no total takes back, whether the board has heard of them or not.
--
-- KEYS  1 standing   2 people   3 about
-- ARGV  1 run_id   2 user_id   3 name
--
-- Returns one word
--   renamed
--   missing  there is no such board: it will have the name when it is built

-- include: board

local board = open_board(KEYS[3], ARGV[1])
if not board then return 'missing' end
local person = person_at(KEYS[2], ARGV[2]) or { version = -1, ms = '0', xp = 0 }
person.given, person.name = '1', ARGV[3]
keep_person(KEYS[2], ARGV[2], person)
redis.call('HINCRBY', KEYS[3], 'version', 1)
expire_board(KEYS, board.expire_at)
return 'renamed'
