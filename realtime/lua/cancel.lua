-- The leader calls the raid off, before or while it runs.
--
-- KEYS, ARGV, reply: README.md. Command: id, actor_id
--
-- Outcomes: done | already | not_found | not_leader | raid_ended

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
  if raid.status == 'cancelled' then return 'already' end
  if has_ended(raid) or fail_if_due(raid, command.id) then return 'raid_ended' end
  return nil
end

local refused = refusal()
if refused then return reply(raid, refused) end
local stopped = cannot_append(raid)
if stopped then return stopped end

remember(raid, command.id, raid.seq + 1)
end_raid(raid, 'cancelled', 'raid_cancelled', command.id, 'leader')
save(raid)
return reply(raid, 'done')
