-- The leader hands the lead to another member.
--
-- KEYS, ARGV, reply: README.md. Command: id, actor_id, user_id
--
-- Outcomes: done | already | not_found | not_leader | raid_ended | unknown_member

-- include: raid
-- include: ending
-- include: repeats
-- include: membership

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end

local function refusal()
  local not_leader = leader_only(raid, command.actor_id)
  if not_leader then return not_leader end
  if command.user_id == raid.leader_id then return 'already' end
  if has_ended(raid) or fail_if_due(raid, command.id) then return 'raid_ended' end
  if not is_member(raid, command.user_id) then return 'unknown_member' end
  return nil
end

local refused = refusal()
if refused then return reply(raid, refused) end
local stopped = cannot_append(raid)
if stopped then return stopped end

raid.leader_id = command.user_id
append(raid, 'member_update', command.id,
  { userId = command.user_id, role = 'leader', previousLeaderId = command.actor_id },
  { user_id = command.user_id, role = 'leader' })
remember(raid, command.id, raid.seq)
save(raid)
return reply(raid, 'done')
