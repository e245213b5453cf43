-- Let somebody in by invite code, never beyond max_members.
--
-- KEYS, ARGV, reply: README.md; besides 11 presence, 12 online. Command: id, user_id, username, invite_code (upper case)
--
-- Outcomes: done | already | not_found (another code, or this person was removed and is kept out)
--   | raid_ended | raid_not_recruiting (active, and not open to join) | raid_full

-- include: raid
-- include: ending
-- include: repeats
-- include: membership
-- include: presence

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])
local joiner = text_of(command.user_id)

local before = repeated(raid, command.id)
if before then return before end
if is_member(raid, command.user_id) then return reply(raid, 'already') end

local function refusal()
  if command.invite_code ~= raid.invite_code then return 'not_found' end
  if redis.call('HGET', raid.keys.past, joiner) == 'removed' then return 'not_found' end
  if has_ended(raid) or fail_if_due(raid, command.id) then return 'raid_ended' end
  if raid.status == 'active' and raid.open_join ~= '1' then return 'raid_not_recruiting' end
  if raid.member_count >= raid.max_members then return 'raid_full' end
  return nil
end

local refused = refusal()
if refused then return reply(raid, refused) end
local stopped = cannot_append(raid)
if stopped then return stopped end

redis.call('HSET', raid.keys.members, joiner, cjson.encode({ name = command.username, joined_at = raid.now }))
redis.call('ZADD', raid.keys.by_join, text_of(raid.now), joiner)
redis.call('HDEL', raid.keys.past, joiner)
raid.member_count = raid.member_count + 1
append(raid, 'member_join', command.id, {
  userId = command.user_id, username = command.username, role = 'member',
  isOnline = is_online(KEYS[11], KEYS[12], ARGV[1], joiner), -- a public raid is watched before it is joined
  xpContributed = tonumber(redis.call('HGET', raid.keys.xp, joiner) or 0),
  tasksContributed = tonumber(redis.call('HGET', raid.keys.tasks, joiner) or 0),
}, { user_id = command.user_id, username = command.username, joined_at = raid.now })
remember(raid, command.id, raid.seq)
save(raid)
return reply(raid, 'done')
