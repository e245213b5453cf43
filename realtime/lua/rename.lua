-- A member is called something else from now on.
--
-- KEYS, ARGV, reply: README.md. Command: id, user_id, username
--
-- Outcomes: done | already (that is their name) | not_found (no member) | raid_ended (it keeps the names it ended with)

-- include: raid
-- include: ending
-- include: repeats
-- include: membership

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end

local member = read_member(raid, command.user_id)
if not member then return reply(raid, 'not_found') end
if member.name == command.username then return reply(raid, 'already') end
if has_ended(raid) or fail_if_due(raid, command.id) then return reply(raid, 'raid_ended') end
local stopped = cannot_append(raid)
if stopped then return stopped end

member.name = command.username
redis.call('HSET', raid.keys.members, text_of(command.user_id), cjson.encode(member))
append(raid, 'member_update', command.id,
  { userId = command.user_id, username = command.username },
  { user_id = command.user_id, username = command.username })
remember(raid, command.id, raid.seq)
save(raid)
return reply(raid, 'done')
