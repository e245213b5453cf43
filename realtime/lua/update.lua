-- The leader changes how the raid presents itself, or gives it a new invite code (the old one is dead).
-- Allowed after the end too; a raid sealed by then is healed first.
--
-- KEYS, ARGV, reply: README.md. Command:
--   id, actor_id
--   changes   {title?, description?, open_join?, public?, invite_code?}
--
-- Outcomes: done | already (nothing would change) | not_found | not_leader | raid_ended (a new code after the end)

-- include: raid
-- include: ending
-- include: repeats
-- include: membership

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])
local changes = command.changes

local before = repeated(raid, command.id)
if before then return before end

local not_leader = leader_only(raid, command.actor_id)
if not_leader then return reply(raid, not_leader) end
local first_new = raid.seq + 1 -- the end, if the deadline has passed
local ended = has_ended(raid) or fail_if_due(raid, command.id)
if ended and changes.invite_code then return reply(raid, 'raid_ended') end

local texts = redis.call('HMGET', raid.keys.state, 'title', 'description')
local details = {
  title = texts[1], description = texts[2], open_join = raid.open_join == '1', public = raid.public == '1',
  invite_code = raid.invite_code,
}
local PUBLIC_NAMES = { title = 'title', description = 'description', open_join = 'openJoin', public = 'public' }
local shown, changed = {}, false
for name, value in pairs(changes) do
  if details[name] ~= value then
    details[name], changed = value, true
    if PUBLIC_NAMES[name] then shown[PUBLIC_NAMES[name]] = value end
  end
end
if not changed then return reply(raid, 'already') end
local stopped = cannot_append(raid)
if stopped then return stopped end

redis.call('HSET', raid.keys.state, 'title', details.title, 'description', details.description,
  'open_join', details.open_join and '1' or '0', 'public', details.public and '1' or '0',
  'invite_code', details.invite_code)
append(raid, 'raid_update', command.id, shown, details)
remember(raid, command.id, first_new)
save(raid)
return reply(raid, 'done')
